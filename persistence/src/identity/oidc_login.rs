//! Logins by OpenID Connect on their way. They are found by whoever begins one, before it is known who that is, and only by the
//! program itself.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    id::{AccountId, IdentityProviderId, OidcLoginId, OrganiserId, SessionId},
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
    schema::oidc_logins as table,
};

/// What may still become of a login.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OidcLoginState {
    /// A code is waited for.
    Pending,
    /// A request has taken it, and asks the provider.
    Taken,
    /// Nothing.
    Over,
}

impl OidcLoginState {
    const ALL: [Self; 3] = [Self::Pending, Self::Taken, Self::Over];

    fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Taken => "taken",
            Self::Over => "over",
        }
    }
}

/// A login on its way.
#[derive(Clone)]
pub struct OidcLogin {
    /// Its id.
    pub id: OidcLoginId,
    /// The tenant.
    pub organiser: OrganiserId,
    /// Where the browser was sent.
    pub provider: IdentityProviderId,
    /// The account that what the provider calls somebody is to be bound to; none for a login.
    pub account: Option<AccountId>,
    /// The hash of the secret that whoever began it holds.
    pub secret_hash: String,
    /// What may still be done with it.
    pub state: OidcLoginState,
    /// What is needed to go on, sealed. Empty when it is over.
    pub sealed: String,
    /// Until when something can become of it.
    pub expires_at: DateTime<Utc>,
}

/// Keeps a new login.
///
/// # Errors
/// A denial; a failure of the database.
pub fn insert(tx: &mut Tx<'_>, scope: &Scope, login: &OidcLogin) -> Result<(), Error> {
    only_the_program(scope)?;
    let OidcLogin { id, organiser, provider, account, secret_hash, state, sealed, expires_at } = login;
    let row = vec![
        Uid::of(*id).into(),
        Uid::of(*organiser).into(),
        Uid::of(*provider).into(),
        account.map(Uid::of).into(),
        secret_hash.clone().into(),
        state.code().to_owned().into(),
        sealed.clone().into(),
        Ts::of(*expires_at).into(),
    ];
    let columns =
        ["id", "organiser_id", "provider_id", "account_id", "secret_hash", "state", "sealed", "expires_at"];
    write_rows(tx.connection(), "oidc_logins", &columns, vec![row], OnConflict::Refuse)?;
    Ok(())
}

/// One login.
///
/// # Errors
/// A denial; a failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: OidcLoginId,
) -> Result<Option<OidcLogin>, Error> {
    only_the_program(scope)?;
    type Row = (Uid, Uid, Option<Uid>, String, String, String, Ts);
    let row: Option<Row> = table::table
        .find(Uid::of(id))
        .select((
            table::organiser_id,
            table::provider_id,
            table::account_id,
            table::secret_hash,
            table::state,
            table::sealed,
            table::expires_at,
        ))
        .first(connection)
        .optional()?;
    let Some((organiser, provider, account, secret_hash, state, sealed, expires_at)) = row else {
        return Ok(None);
    };
    let state = OidcLoginState::ALL.into_iter().find(|known| known.code() == state);
    let state = state.ok_or_else(|| Error::Inconsistent {
        table: "oidc_logins",
        id: id.to_string(),
        detail: "an unknown state".to_owned(),
    })?;
    Ok(Some(OidcLogin {
        id,
        organiser: organiser.to(),
        provider: provider.to(),
        account: account.map(Uid::to),
        secret_hash,
        state,
        sealed,
        expires_at: expires_at.0,
    }))
}

/// Takes a login that waits, to ask the provider: of any number of requests exactly one does; false for the others.
///
/// # Errors
/// A denial; a failure of the database.
pub fn take(tx: &mut Tx<'_>, scope: &Scope, id: OidcLoginId) -> Result<bool, Error> {
    only_the_program(scope)?;
    let now = tx.now();
    let waiting = table::table
        .filter(table::id.eq(Uid::of(id)))
        .filter(table::state.eq(OidcLoginState::Pending.code()))
        .filter(table::expires_at.gt(now));
    let taken = table::state.eq(OidcLoginState::Taken.code());
    Ok(diesel::update(waiting).set(taken).execute(tx.connection())? == 1)
}

/// Lets a login wait again, where the provider did not answer.
///
/// # Errors
/// A denial; a failure of the database.
pub fn put_back(tx: &mut Tx<'_>, scope: &Scope, id: OidcLoginId) -> Result<(), Error> {
    only_the_program(scope)?;
    let pending = table::state.eq(OidcLoginState::Pending.code());
    diesel::update(taken(id)).set(pending).execute(tx.connection())?;
    Ok(())
}

/// Ends a login that was taken, with the session that came of it, if one did. What it needed is forgotten. False where that was
/// done before.
///
/// # Errors
/// A denial; a failure of the database.
pub fn end(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: OidcLoginId,
    session: Option<SessionId>,
) -> Result<bool, Error> {
    only_the_program(scope)?;
    let over = (
        table::state.eq(OidcLoginState::Over.code()),
        table::sealed.eq(""),
        table::session_id.eq(session.map(Uid::of)),
    );
    Ok(diesel::update(taken(id)).set(over).execute(tx.connection())? == 1)
}

#[diesel::dsl::auto_type]
fn taken(id: OidcLoginId) -> _ {
    let id: Uid = Uid::of(id);
    let state: &'static str = OidcLoginState::Taken.code();
    table::table.filter(table::id.eq(id)).filter(table::state.eq(state))
}

/// Forgets logins whose time was over before the instant, at most `most` of them; returns how many.
///
/// # Errors
/// A failure of the database.
pub fn forget(tx: &mut Tx<'_>, over_before: DateTime<Utc>, most: u32) -> Result<usize, Error> {
    let cells = vec![Ts::of(over_before).into()];
    housekeeping::forget(tx, "oidc_logins", "id", "expires_at < $1", cells, most)
}
