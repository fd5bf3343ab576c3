//! Codes that take somebody from the app to the web. They are found by whoever brings one, before it is known whose it is.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    id::{AccountId, OrganiserId, SessionId},
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
    schema::web_handovers as table,
};

/// A code on its way.
#[derive(Clone)]
pub struct WebHandover {
    /// The hash of the code.
    pub code_hash: String,
    /// Whose it is.
    pub organiser: OrganiserId,
    /// The account.
    pub account: AccountId,
    /// The app session that it was made in.
    pub session: SessionId,
    /// Where the web is to open, sealed.
    pub sealed: String,
    /// The instant from which it is worth nothing.
    pub expires_at: DateTime<Utc>,
}

/// Keeps a new code of the calling account.
///
/// # Errors
/// A denial, where it is another's; a failure of the database.
pub fn insert(tx: &mut Tx<'_>, scope: &Scope, handover: &WebHandover) -> Result<(), Error> {
    let WebHandover { code_hash, organiser, account, session, sealed, expires_at } = handover;
    if scope.organiser() != *organiser || scope.account() != Some(*account) {
        return only_the_program(scope);
    }
    let row = vec![
        code_hash.clone().into(),
        Uid::of(*organiser).into(),
        Uid::of(*account).into(),
        Uid::of(*session).into(),
        sealed.clone().into(),
        Ts::of(*expires_at).into(),
    ];
    let columns = ["code_hash", "organiser_id", "account_id", "session_id", "sealed", "expires_at"];
    write_rows(tx.connection(), "web_handovers", &columns, vec![row], OnConflict::Refuse)?;
    Ok(())
}

/// A code that was brought, used or not. Only for the program.
///
/// # Errors
/// A denial; a failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    code_hash: &str,
) -> Result<Option<WebHandover>, Error> {
    only_the_program(scope)?;
    type Row = (Uid, Uid, Uid, String, Ts);
    let row: Option<Row> = table::table
        .find(code_hash)
        .select((table::organiser_id, table::account_id, table::session_id, table::sealed, table::expires_at))
        .first(connection)
        .optional()?;
    Ok(row.map(|(organiser, account, session, sealed, expires_at)| WebHandover {
        code_hash: code_hash.to_owned(),
        organiser: organiser.to(),
        account: account.to(),
        session: session.to(),
        sealed,
        expires_at: expires_at.0,
    }))
}

/// Uses a code up: of any number of parallel uses in time exactly one is the first; false for the others. Only for the
/// program.
///
/// # Errors
/// A denial; a failure of the database.
pub fn use_once(tx: &mut Tx<'_>, scope: &Scope, code_hash: &str) -> Result<bool, Error> {
    only_the_program(scope)?;
    let now = tx.now();
    let unused = table::table
        .filter(table::code_hash.eq(code_hash))
        .filter(table::used_at.is_null())
        .filter(table::expires_at.gt(now));
    Ok(diesel::update(unused).set(table::used_at.eq(Some(now))).execute(tx.connection())? == 1)
}

/// Forgets codes whose time was over before the instant, at most `most` of them; returns how many.
///
/// # Errors
/// A failure of the database.
pub fn forget(tx: &mut Tx<'_>, over_before: DateTime<Utc>, most: u32) -> Result<usize, Error> {
    let cells = vec![Ts::of(over_before).into()];
    housekeeping::forget(tx, "web_handovers", "code_hash", "expires_at < $1", cells, most)
}
