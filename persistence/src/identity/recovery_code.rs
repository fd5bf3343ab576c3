//! Recovery codes: each stands in once for a second factor that is not at hand. Only their hashes are kept.

use diesel::prelude::*;
use skolhus_domain::{access::Scope, id::AccountId};

use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        record::{Record, record},
        tx::Tx,
        types::{Ts, Uid},
    },
    schema::recovery_codes,
};

record! {
    /// A recovery code's row. The secret is the hash of a random one.
    pub(crate) struct RecoveryCodeRow in recovery_codes as "recovery code" {
        account_id: Uid,
        #[serde(serialize_with = "crate::core::record::concealed")]
        secret: String,
        used_at: Option<Ts>,
    }
}

/// The codes of an account that can still be used. For the account itself, and for the program.
fn unused(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    account: AccountId,
) -> Result<Vec<RecoveryCodeRow>, Error> {
    if !scope.is_system() && scope.account() != Some(account) {
        return Ok(Vec::new());
    }
    let mut rows = of_account(connection, scope, account)?;
    rows.retain(|row| row.used_at.is_none());
    Ok(rows)
}

/// Used or not: ten at the most.
fn of_account(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    account: AccountId,
) -> Result<Vec<RecoveryCodeRow>, Error> {
    Ok(recovery_codes::table
        .filter(recovery_codes::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(recovery_codes::account_id.eq(Uid::of(account)))
        .filter(recovery_codes::withdrawn_at.is_null())
        .order(recovery_codes::id)
        .select(RecoveryCodeRow::as_select())
        .load(connection)?)
}

/// How many codes of the account can still be used.
///
/// # Errors
/// A failure of the database.
pub fn count_unused(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    account: AccountId,
) -> Result<usize, Error> {
    Ok(unused(connection, scope, account)?.len())
}

/// Gives an account codes, by their hashes, in place of those that it has; no hashes take them away. Call
/// [`super::account::lock`] before.
///
/// # Errors
/// A failure of the database.
pub fn replace(tx: &mut Tx<'_>, scope: &Scope, account: AccountId, hashes: &[String]) -> Result<(), Error> {
    let former = of_account(tx.connection(), scope, account)?;
    let former: Vec<(Uid, i64)> = former.iter().map(|row| (row.id, row.version)).collect();
    tx.withdraw_rows(RecoveryCodeRow::TABLE, RecoveryCodeRow::ENTITY, &former)?;
    let now = tx.now();
    let mut rows = Vec::with_capacity(hashes.len());
    for hash in hashes {
        rows.push(RecoveryCodeRow {
            organiser_id: Uid::of(scope.organiser()),
            id: tx.fresh(),
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            account_id: Uid::of(account),
            secret: hash.clone(),
            used_at: None,
        });
    }
    tx.insert(&rows)
}

/// Uses a code up, named by its hash; false when the account has no such code, or it was used before. Call
/// [`super::account::lock`] before: of parallel uses one is the first.
///
/// # Errors
/// A failure of the database.
pub fn spend(tx: &mut Tx<'_>, scope: &Scope, account: AccountId, hash: &str) -> Result<bool, Error> {
    // A hash of 80 random bits: how long comparing it takes tells nothing of any code.
    let found = unused(tx.connection(), scope, account)?.into_iter().find(|row| row.secret == hash);
    let Some(row) = found else { return Ok(false) };
    let spent = RecoveryCodeRow { used_at: Some(tx.now()), ..row.clone() };
    tx.update(&row, spent)?;
    Ok(true)
}
