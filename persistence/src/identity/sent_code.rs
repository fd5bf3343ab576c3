//! Codes that were sent to a phone or an e-mail address. They are only the program's own: whoever gives one back is not known
//! before, or has shown who they are to the use-case.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    id::{AccountId, OrganiserId, SentCodeId},
    identity::{CodePurpose, TriedCode},
};

use super::only_the_program;
use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        housekeeping,
        rows::{OnConflict, write_rows},
        tx::Tx,
        types::{Ts, Uid},
    },
    schema::sent_codes as table,
};

/// A code that was sent. There is one as well where none was sent, and nobody can tell the two apart.
#[derive(Clone)]
pub struct SentCode {
    /// Its id.
    pub id: SentCodeId,
    /// What it was sent for.
    pub purpose: CodePurpose,
    /// The account that it is of; none where nothing was sent.
    pub account: Option<(OrganiserId, AccountId)>,
    /// The hash of the secret that the device holds which asked for it; empty where an account asked.
    pub secret_hash: String,
    /// The keyed hash of its digits.
    pub code_hash: String,
    /// What follows from giving it back, sealed.
    pub sealed: String,
    /// When it was sent.
    pub sent_at: DateTime<Utc>,
    /// The instant from which it is worth nothing.
    pub expires_at: DateTime<Utc>,
}

/// Whether it is the caller's business: the program's own, or that of the account which asked for it.
fn may(scope: &Scope, of: Option<(OrganiserId, AccountId)>) -> bool {
    scope.is_system()
        || of.is_some_and(|(organiser, account)| {
            organiser == scope.organiser() && scope.account() == Some(account)
        })
}

/// Keeps a new code.
///
/// # Errors
/// A denial; a failure of the database.
pub fn insert(tx: &mut Tx<'_>, scope: &Scope, code: &SentCode) -> Result<(), Error> {
    if !may(scope, code.account) {
        return only_the_program(scope);
    }
    let SentCode { id, purpose, account, secret_hash, code_hash, sealed, sent_at, expires_at } = code;
    let row = vec![
        Uid::of(*id).into(),
        purpose.code().to_owned().into(),
        account.map(|(organiser, _)| Uid::of(organiser)).into(),
        account.map(|(_, account)| Uid::of(account)).into(),
        secret_hash.clone().into(),
        code_hash.clone().into(),
        sealed.clone().into(),
        0_i32.into(),
        Ts::of(*sent_at).into(),
        Ts::of(*expires_at).into(),
    ];
    let columns = [
        "id",
        "purpose",
        "organiser_id",
        "account_id",
        "secret_hash",
        "code_hash",
        "sealed",
        "tries",
        "sent_at",
        "expires_at",
    ];
    write_rows(tx.connection(), "sent_codes", &columns, vec![row], OnConflict::Refuse)?;
    Ok(())
}

/// One code that was sent for something: any for the program, their own for an account.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    purpose: CodePurpose,
    id: SentCodeId,
) -> Result<Option<SentCode>, Error> {
    type Row = (Option<Uid>, Option<Uid>, String, String, String, Ts, Ts);
    let row: Option<Row> = table::table
        .find(Uid::of(id))
        .filter(table::purpose.eq(purpose.code()))
        .select((
            table::organiser_id,
            table::account_id,
            table::secret_hash,
            table::code_hash,
            table::sealed,
            table::sent_at,
            table::expires_at,
        ))
        .first(connection)
        .optional()?;
    let found =
        row.map(|(organiser, account, secret_hash, code_hash, sealed, sent_at, expires_at)| SentCode {
            id,
            purpose,
            account: organiser.zip(account).map(|(organiser, account)| (organiser.to(), account.to())),
            secret_hash,
            code_hash,
            sealed,
            sent_at: sent_at.0,
            expires_at: expires_at.0,
        });
    Ok(found.filter(|found| may(scope, found.account)))
}

/// Counts a try of a code that was found before, and holds it until the transaction ends: of parallel tries each is judged
/// after those before it. None when it has been forgotten meanwhile.
///
/// # Errors
/// A failure of the database.
pub fn count_try(tx: &mut Tx<'_>, id: SentCodeId) -> Result<Option<TriedCode>, Error> {
    let of_id = table::table.find(Uid::of(id));
    diesel::update(of_id).set(table::tries.eq(table::tries + 1)).execute(tx.connection())?;
    let row: Option<(i32, Ts, Option<Ts>)> = table::table
        .find(Uid::of(id))
        .select((table::tries, table::expires_at, table::spent_at))
        .first(tx.connection())
        .optional()?;
    Ok(row.map(|(tries, expires_at, spent_at)| TriedCode {
        tries: u32::try_from(tries).unwrap_or(u32::MAX),
        expires_at: expires_at.0,
        is_spent: spent_at.is_some(),
    }))
}

/// Spends a code, which was counted and judged in this transaction. What followed from giving it back is forgotten.
///
/// # Errors
/// A failure of the database.
pub fn spend(tx: &mut Tx<'_>, id: SentCodeId) -> Result<(), Error> {
    let now = tx.now();
    diesel::update(table::table.find(Uid::of(id)))
        .set((table::spent_at.eq(Some(now)), table::sealed.eq("")))
        .execute(tx.connection())?;
    Ok(())
}

/// Forgets codes whose time was over before the instant, at most `most` of them; returns how many.
///
/// # Errors
/// A failure of the database.
pub fn forget(tx: &mut Tx<'_>, over_before: DateTime<Utc>, most: u32) -> Result<usize, Error> {
    let cells = vec![Ts::of(over_before).into()];
    housekeeping::forget(tx, "sent_codes", "id", "expires_at < $1", cells, most)
}
