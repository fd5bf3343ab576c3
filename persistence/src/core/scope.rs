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
    standing(connection, caller)?.scope(caller).map_err(Error::Denied)
}

/// As [`load`], for several permissions with what is loaded once: the operation shows what each of
/// them opens.
pub(crate) fn load_each(
    connection: &mut DatabaseConnection,
    caller: &Caller,
    permissions: impl IntoIterator<Item = Permission>,
) -> Result<Vec<(Permission, Result<Scope, Denial>)>, Error> {
    let standing = standing(connection, caller)?;
    let scopes = permissions.into_iter().map(|permission| {
        let caller = Caller { permission, ..caller.clone() };
        (permission, standing.scope(&caller))
    });
    Ok(scopes.collect())
}

/// What the register says about a caller, whatever they ask for.
enum Standing {
    System,
    Account { person: Option<PersonId>, assignments: Vec<Assignment> },
    Client { granted: Vec<Permission>, units: Vec<SchoolUnitId> },
}

impl Standing {
    fn scope(&self, caller: &Caller) -> Result<Scope, Denial> {
        match self {
            Self::System => Ok(Scope::system(caller)),
            Self::Account { person, assignments } => Scope::of_account(caller, *person, assignments),
            Self::Client { granted, units } => Scope::of_client(caller, granted, units),
        }
    }
}

fn standing(connection: &mut DatabaseConnection, caller: &Caller) -> Result<Standing, Error> {
    match caller.identity {
        Identity::System(_) => Ok(Standing::System),
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
) -> Result<Standing, Error> {
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
    Ok(Standing::Account { person: person.map(Uid::to::<PersonId>), assignments })
}

fn of_client(
    connection: &mut DatabaseConnection,
    caller: &Caller,
    client: ClientId,
) -> Result<Standing, Error> {
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
    Ok(Standing::Client { granted, units })
}
