//! From where somebody logged in with BankID, and how risky BankID found it. Beside the session and not in it, because
//! what changes a session stands in the change log, and these are facts that must be forgotten sooner.

use chrono::{DateTime, Utc};
use skolhus_domain::{
    access::Scope,
    id::{AccountId, SessionId},
    identity::bankid::Risk,
};

use super::only_the_program;
use crate::core::{
    error::Error,
    housekeeping,
    rows::{OnConflict, write_rows},
    tx::Tx,
    types::{Ts, Uid},
};

/// What BankID tells of a login.
#[derive(Clone, PartialEq, Eq)]
pub struct LoginOrigin {
    /// How likely it is that somebody is being deceived; BankID may leave it out.
    pub risk: Option<Risk>,
    /// The address of the device with the app.
    pub ip_address: Option<String>,
    /// What the device is known by (`uhi`).
    pub device: Option<String>,
}

/// Keeps from where a session's login came.
///
/// # Errors
/// A denial; a failure of the database.
pub fn note(
    tx: &mut Tx<'_>,
    scope: &Scope,
    session: SessionId,
    account: AccountId,
    origin: &LoginOrigin,
) -> Result<(), Error> {
    only_the_program(scope)?;
    let LoginOrigin { risk, ip_address, device } = origin;
    let row = vec![
        Uid::of(scope.organiser()).into(),
        Uid::of(session).into(),
        Uid::of(account).into(),
        tx.now().into(),
        risk.map(|risk| risk.code().to_owned()).into(),
        ip_address.clone().into(),
        device.clone().into(),
    ];
    let columns =
        ["organiser_id", "session_id", "account_id", "logged_in_at", "risk", "ip_address", "device"];
    write_rows(tx.connection(), "bankid_logins", &columns, vec![row], OnConflict::Refuse)?;
    Ok(())
}

/// Forgets where logins before the instant came from, at most `most` of them; returns how many.
///
/// # Errors
/// A failure of the database.
pub fn forget(tx: &mut Tx<'_>, before: DateTime<Utc>, most: u32) -> Result<usize, Error> {
    let cells = vec![Ts::of(before).into()];
    housekeeping::forget(tx, "bankid_logins", "organiser_id, session_id", "logged_in_at < $1", cells, most)
}
