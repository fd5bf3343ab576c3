//! Access to the app (åtkomst till appen): a row of an account for as long as it is switched on.

use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    id::{AccountId, AppAccessId},
};

use crate::{
    Saved,
    core::{
        connection::DatabaseConnection,
        error::Error,
        record::{Record, record},
        tx::Tx,
        types::{Ts, Uid},
        value_row::{self, ValueRow, saved},
    },
    schema::app_accesses,
};

record! {
    /// The row of an account that has switched it on.
    pub(crate) struct AppAccessRow in app_accesses as "app access" {
        account_id: Uid,
    }
}

/// The access of an account, where it is switched on; its owner's alone, and the program's.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    account: AccountId,
) -> Result<Option<Saved<AppAccessId, AccountId>>, Error> {
    if !scope.is_system() && scope.account() != Some(account) {
        return Ok(None);
    }
    let row: Option<AppAccessRow> = app_accesses::table
        .filter(app_accesses::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(app_accesses::account_id.eq(Uid::of(account)))
        .filter(app_accesses::withdrawn_at.is_null())
        .select(AppAccessRow::as_select())
        .first(connection)
        .optional()?;
    row.map(saved).transpose()
}

/// Switches it on. Call [`super::account::lock`] before.
///
/// # Errors
/// A failure of the database.
pub fn switch_on(
    tx: &mut Tx<'_>,
    scope: &Scope,
    account: AccountId,
) -> Result<Saved<AppAccessId, AccountId>, Error> {
    let id = tx.fresh_id();
    value_row::insert::<AppAccessRow>(tx, scope, id, &account)
}

/// Switches it off.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn switch_off(tx: &mut Tx<'_>, before: &Saved<AppAccessId, AccountId>) -> Result<(), Error> {
    let row = (Uid::of(before.id), before.version);
    tx.withdraw_rows(AppAccessRow::TABLE, AppAccessRow::ENTITY, &[row])
}

impl ValueRow for AppAccessRow {
    type Id = AppAccessId;
    type Value = AccountId;

    fn of(organiser_id: Uid, id: Uid, now: Ts, account: &AccountId) -> Self {
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            account_id: Uid::of(*account),
        }
    }

    fn into_value(self) -> Result<AccountId, Error> {
        Ok(self.account_id.to())
    }
}
