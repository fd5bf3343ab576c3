//! The caller's scope: the first statement of every transaction.

use diesel::prelude::*;
use skolhus_domain::{
    access::{Assignment, Caller, Denial, Identity, Permission, Role, Scope},
    id::{AccountId, ClientId, PersonId, SchoolUnitId, SessionId},
};

use super::{
    connection::DatabaseConnection,
    error::Error,
    types::{Json, Ts, Uid},
};
use crate::schema::{accounts, clients, role_assignments, sessions};

/// Loads what the register says about the caller now; the token only says who it is.
pub(crate) fn load(connection: &mut DatabaseConnection, caller: &Caller) -> Result<Scope, Error> {
    match caller.identity {
        Identity::System(_) => Ok(Scope::system(caller)),
        Identity::Account(account, session) => of_account(connection, caller, account, session),
        Identity::Client(client) => of_client(connection, caller, client),
    }
}

/// Person, when disabled; the session's end at the latest, and its end; role, and its unit.
type AccountFacts = (Option<Uid>, Option<Ts>, Option<Ts>, Option<Ts>, Option<String>, Option<Uid>);

fn of_account(
    connection: &mut DatabaseConnection,
    caller: &Caller,
    account: AccountId,
    session: Option<SessionId>,
) -> Result<Scope, Error> {
    let today = caller.today();
    let session_key = session.map_or(Uid(uuid::Uuid::nil()), Uid::of);
    let rows: Vec<AccountFacts> = accounts::table
        .left_join(
            role_assignments::table.on(role_assignments::organiser_id
                .eq(accounts::organiser_id)
                .and(role_assignments::account_id.eq(accounts::id))
                .and(role_assignments::withdrawn_at.is_null())
                .and(role_assignments::valid_from.le(today))
                .and(role_assignments::valid_to.is_null().or(role_assignments::valid_to.ge(today)))),
        )
        .left_join(
            sessions::table.on(sessions::organiser_id
                .eq(accounts::organiser_id)
                .and(sessions::account_id.eq(accounts::id))
                .and(sessions::id.eq(session_key))),
        )
        .filter(accounts::organiser_id.eq(Uid::of(caller.organiser)))
        .filter(accounts::id.eq(Uid::of(account)))
        .filter(accounts::withdrawn_at.is_null())
        .select((
            accounts::person_id,
            accounts::disabled_at,
            sessions::expires_at.nullable(),
            sessions::ended_at.nullable(),
            role_assignments::role.nullable(),
            role_assignments::school_unit_id.nullable(),
        ))
        .load(connection)?;

    let Some((person, disabled, expires, ended, ..)) = rows.first().cloned() else {
        return Err(Error::Denied(Denial::Ended));
    };
    let session_over =
        session.is_some() && (ended.is_some() || expires.is_none_or(|expires| expires.0 <= caller.now));
    if disabled.is_some() || session_over {
        return Err(Error::Denied(Denial::Ended));
    }
    let mut assignments = Vec::with_capacity(rows.len());
    for (.., role, unit) in rows {
        let Some(code) = role else { continue };
        let role = Role::from_code(&code).ok_or_else(|| Error::Inconsistent {
            table: "role_assignments",
            id: account.to_string(),
            detail: "an unknown role".to_owned(),
        })?;
        assignments.push(Assignment { role, school_unit: unit.map(Uid::to::<SchoolUnitId>) });
    }
    Scope::of_account(caller, person.map(Uid::to::<PersonId>), &assignments).map_err(Error::Denied)
}

fn of_client(connection: &mut DatabaseConnection, caller: &Caller, client: ClientId) -> Result<Scope, Error> {
    let row: Option<(Json, Json, Option<Ts>, Option<Ts>)> = clients::table
        .filter(clients::organiser_id.eq(Uid::of(caller.organiser)))
        .filter(clients::id.eq(Uid::of(client)))
        .filter(clients::withdrawn_at.is_null())
        .select((clients::scopes, clients::school_units, clients::expires_at, clients::disabled_at))
        .first(connection)
        .optional()?;
    let Some((scopes, units, expires, disabled)) = row else {
        return Err(Error::Denied(Denial::Ended));
    };
    if disabled.is_some() || expires.is_some_and(|expires| expires.0 <= caller.now) {
        return Err(Error::Denied(Denial::Ended));
    }
    let inconsistent = |detail: &str| Error::Inconsistent {
        table: "clients",
        id: client.to_string(),
        detail: detail.to_owned(),
    };
    let scopes: Vec<String> =
        serde_json::from_value(scopes.0).map_err(|_| inconsistent("scopes are not a list"))?;
    let granted: Vec<Permission> = scopes.iter().filter_map(|code| Permission::from_code(code)).collect();
    let units: Vec<uuid::Uuid> =
        serde_json::from_value(units.0).map_err(|_| inconsistent("school units are not a list"))?;
    let units: Vec<SchoolUnitId> = units.into_iter().map(|unit| Uid(unit).to()).collect();
    Scope::of_client(caller, &granted, &units).map_err(Error::Denied)
}
