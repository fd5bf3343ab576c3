//! All accounts of an installation, for the operator of the machine.

use std::collections::BTreeMap;

use diesel::prelude::*;
use skolhus_domain::{
    access::{Caller, Scope},
    id::{AccountId, OrganiserId},
};

use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        types::{Ts, Uid},
    },
    schema::{accounts, role_assignments},
};

/// An account with the roles it has on the day.
#[derive(Clone, Debug)]
pub struct AccountOverview {
    /// Its tenant.
    pub organiser: OrganiserId,
    /// Its id.
    pub id: AccountId,
    /// The address it logs in with.
    pub email: String,
    /// Whether it may not be used.
    pub disabled: bool,
    /// Its roles' codes, each once.
    pub roles: Vec<String>,
}

type Row = (Uid, Uid, String, Option<Ts>, Option<String>);

/// Every account of every organiser by address. Only a scope of the program itself that works across organisers sees any.
///
/// # Errors
/// A failure of the database.
pub fn every_account(
    connection: &mut DatabaseConnection,
    scope: &Scope,
) -> Result<Vec<AccountOverview>, Error> {
    if !(scope.is_system() && scope.organiser() == Caller::every_organiser()) {
        return Ok(Vec::new());
    }
    let today = scope.today();
    let query = accounts::table
        .left_join(
            role_assignments::table.on(role_assignments::organiser_id
                .eq(accounts::organiser_id)
                .and(role_assignments::account_id.eq(accounts::id))
                .and(role_assignments::withdrawn_at.is_null())
                .and(role_assignments::valid_from.le(today))
                .and(role_assignments::valid_to.is_null().or(role_assignments::valid_to.ge(today)))),
        )
        .filter(accounts::withdrawn_at.is_null());
    let rows: Vec<Row> = query
        .order((accounts::email_key, role_assignments::role))
        .select((
            accounts::organiser_id,
            accounts::id,
            accounts::email,
            accounts::disabled_at,
            role_assignments::role.nullable(),
        ))
        .load(connection)?;
    let mut found: BTreeMap<(String, Uid), AccountOverview> = BTreeMap::new();
    for (organiser, id, email, disabled, role) in rows {
        let account = found.entry((email.to_lowercase(), id)).or_insert_with(|| AccountOverview {
            organiser: organiser.to(),
            id: id.to(),
            email,
            disabled: disabled.is_some(),
            roles: Vec::new(),
        });
        if let Some(role) = role
            && !account.roles.contains(&role)
        {
            account.roles.push(role);
        }
    }
    Ok(found.into_values().collect())
}
