//! Accounts and the roles given to them.

use chrono::NaiveDate;
use skolhus_domain::{
    access::{Role, Scope},
    id::{AccountId, PersonId, RoleAssignmentId, SchoolUnitId},
    person::EmailAddress,
};

use crate::core::{
    error::Error,
    record::record,
    tx::Tx,
    types::{Ts, Uid},
};

record! {
    /// An account's row.
    pub(crate) struct AccountRow in accounts as "account" {
        person_id: Option<Uid>,
        email: String,
        email_key: String,
        disabled_at: Option<Ts>,
    }
}

record! {
    /// A role given to an account.
    pub(crate) struct RoleAssignmentRow in role_assignments as "role assignment" {
        account_id: Uid,
        role: String,
        school_unit_id: Option<Uid>,
        valid_from: NaiveDate,
        valid_to: Option<NaiveDate>,
    }
}

/// Opens an account.
///
/// # Errors
/// `accounts_email_key_key` when another account has the address; a failure of the database.
pub fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: AccountId,
    person: Option<PersonId>,
    email: &EmailAddress,
) -> Result<(), Error> {
    let now = tx.now();
    tx.insert(&[AccountRow {
        organiser_id: Uid::of(scope.organiser()),
        id: Uid::of(id),
        version: 1,
        created_at: now,
        modified_at: now,
        withdrawn_at: None,
        person_id: person.map(Uid::of),
        email: email.as_str().to_owned(),
        email_key: email.key(),
        disabled_at: None,
    }])
}

/// Gives an account a role from today on, for the whole organiser or one unit.
///
/// # Errors
/// A failure of the database.
pub fn assign_role(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: RoleAssignmentId,
    account: AccountId,
    role: Role,
    school_unit: Option<SchoolUnitId>,
) -> Result<(), Error> {
    let now = tx.now();
    tx.insert(&[RoleAssignmentRow {
        organiser_id: Uid::of(scope.organiser()),
        id: Uid::of(id),
        version: 1,
        created_at: now,
        modified_at: now,
        withdrawn_at: None,
        account_id: Uid::of(account),
        role: role.code().to_owned(),
        school_unit_id: school_unit.map(Uid::of),
        valid_from: scope.today(),
        valid_to: None,
    }])
}
