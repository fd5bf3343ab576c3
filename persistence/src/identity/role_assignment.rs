//! Roles given to accounts.

use chrono::NaiveDate;
use diesel::{
    dsl::{exists, not},
    prelude::*,
};
use skolhus_domain::{
    access::{Reach, Role, RoleAssignment, Scope},
    id::{AccountId, RoleAssignmentId, SchoolUnitId},
    period::Period,
};

use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, date, instant, instant_key, keyset},
        record::record,
        tx::Tx,
        types::{Ts, Uid},
        value_row::{self, ValueRow, all_saved, inconsistent, saved},
    },
    schema::{accounts, persons, role_assignments},
};

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

/// What a list of role assignments is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum RoleAssignmentSort {
    /// The first day.
    #[default]
    ValidFrom,
    /// When it was changed last.
    ModifiedAt,
}

/// Which role assignments are asked for.
#[derive(Clone, Debug, Default)]
pub struct RoleAssignmentFilter {
    /// Of these accounts.
    pub accounts: Vec<AccountId>,
    /// Of these roles.
    pub roles: Vec<Role>,
    /// At these units.
    pub school_units: Vec<SchoolUnitId>,
    /// In force on this day.
    pub valid_on: Option<NaiveDate>,
}

/// The role assignments that a scope reaches: as the accounts they belong to.
fn reachable<'a>(scope: &Scope) -> role_assignments::BoxedQuery<'a, MultiBackend> {
    let assignments = role_assignments::table
        .filter(role_assignments::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(role_assignments::withdrawn_at.is_null())
        .into_boxed();
    match scope.reach() {
        _ if scope.is_system() => assignments,
        Reach::Organiser => {
            let protected = accounts::table
                .inner_join(
                    persons::table.on(persons::organiser_id
                        .eq(accounts::organiser_id)
                        .and(persons::id.nullable().eq(accounts::person_id))),
                )
                .filter(accounts::organiser_id.eq(role_assignments::organiser_id))
                .filter(accounts::id.eq(role_assignments::account_id))
                .filter(persons::is_protected.eq(true));
            assignments.filter(not(exists(protected)))
        }
        Reach::Parts(_) => assignments.filter(role_assignments::id.eq_any(Vec::<Uid>::new())),
    }
}

/// One role assignment.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: RoleAssignmentId,
) -> Result<Option<Saved<RoleAssignmentId, RoleAssignment>>, Error> {
    let row = reachable(scope)
        .filter(role_assignments::id.eq(Uid::of(id)))
        .select(RoleAssignmentRow::as_select())
        .first(connection)
        .optional()?;
    row.map(saved).transpose()
}

/// Whether the id is in use, also by one out of reach or withdrawn.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: RoleAssignmentId,
) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(exists(role_assignments::table.find(key))).get_result(connection)?)
}

/// Every role an account was, is or will be given, whatever the scope's reach: for rules,
/// and for the account itself.
///
/// # Errors
/// A failure of the database.
pub fn of_account(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    account: AccountId,
) -> Result<Vec<Saved<RoleAssignmentId, RoleAssignment>>, Error> {
    let rows: Vec<RoleAssignmentRow> = role_assignments::table
        .filter(role_assignments::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(role_assignments::account_id.eq(Uid::of(account)))
        .filter(role_assignments::withdrawn_at.is_null())
        .order((role_assignments::valid_from, role_assignments::id))
        .select(RoleAssignmentRow::as_select())
        .load(connection)?;
    all_saved(rows)
}

/// The assignments that keep the organiser administered: in force today without a last
/// day, of accounts in use. Read after [`lock_administrators`].
///
/// # Errors
/// A failure of the database.
pub fn lasting_administrators(
    connection: &mut DatabaseConnection,
    scope: &Scope,
) -> Result<Vec<(RoleAssignmentId, AccountId)>, Error> {
    let rows: Vec<(Uid, Uid)> = role_assignments::table
        .inner_join(
            accounts::table.on(accounts::organiser_id
                .eq(role_assignments::organiser_id)
                .and(accounts::id.eq(role_assignments::account_id))),
        )
        .filter(role_assignments::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(role_assignments::withdrawn_at.is_null())
        .filter(role_assignments::role.eq(Role::Administrator.code()))
        .filter(role_assignments::school_unit_id.is_null())
        .filter(role_assignments::valid_from.le(scope.today()))
        .filter(role_assignments::valid_to.is_null())
        .filter(accounts::withdrawn_at.is_null())
        .filter(accounts::disabled_at.is_null())
        .select((role_assignments::id, role_assignments::account_id))
        .load(connection)?;
    Ok(rows.into_iter().map(|(id, account)| (id.to(), account.to())).collect())
}

/// Holds off every other change that could leave the organiser without an administrator,
/// until the end of the transaction.
///
/// # Errors
/// A failure of the database.
pub fn lock_administrators(tx: &mut Tx<'_>, scope: &Scope) -> Result<(), Error> {
    tx.lock_in("organisers", &[Uid::of(scope.organiser())])
}

/// One page of the role assignments.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &RoleAssignmentFilter,
    request: &PageRequest<RoleAssignmentSort>,
) -> Result<Page<Saved<RoleAssignmentId, RoleAssignment>>, Error> {
    let RoleAssignmentFilter { accounts, roles, school_units, valid_on } = filter;
    let mut query = reachable(scope);
    if !accounts.is_empty() {
        let accounts: Vec<Uid> = accounts.iter().copied().map(Uid::of).collect();
        query = query.filter(role_assignments::account_id.eq_any(accounts));
    }
    if !roles.is_empty() {
        let codes: Vec<&'static str> = roles.iter().map(|role| role.code()).collect();
        query = query.filter(role_assignments::role.eq_any(codes));
    }
    if !school_units.is_empty() {
        let units: Vec<Option<Uid>> = school_units.iter().map(|unit| Some(Uid::of(*unit))).collect();
        query = query.filter(role_assignments::school_unit_id.eq_any(units));
    }
    if let Some(day) = valid_on {
        query = query
            .filter(role_assignments::valid_from.le(*day))
            .filter(role_assignments::valid_to.is_null().or(role_assignments::valid_to.ge(*day)));
    }
    if let Some(after) = request.modified_after {
        query = query.filter(role_assignments::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        RoleAssignmentSort::ValidFrom => {
            keyset!(query, request, role_assignments::valid_from, role_assignments::id, date)
        }
        RoleAssignmentSort::ModifiedAt => {
            keyset!(query, request, role_assignments::modified_at, role_assignments::id, instant)
        }
    };
    let rows = query.select(RoleAssignmentRow::as_select()).load(connection)?;
    let cursor = |row: &RoleAssignmentRow| Cursor {
        key: match request.sort {
            RoleAssignmentSort::ValidFrom => row.valid_from.to_string(),
            RoleAssignmentSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(saved)
}

/// Gives a role.
///
/// # Errors
/// A failure of the database.
pub fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: RoleAssignmentId,
    given: &RoleAssignment,
) -> Result<Saved<RoleAssignmentId, RoleAssignment>, Error> {
    value_row::insert::<RoleAssignmentRow>(tx, scope, id, given)
}

/// Saves a new state of a role assignment, as the next version after `before`.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<RoleAssignmentId, RoleAssignment>,
    given: &RoleAssignment,
) -> Result<Saved<RoleAssignmentId, RoleAssignment>, Error> {
    value_row::update::<RoleAssignmentRow>(tx, scope, before, given)
}

/// Withdraws a role assignment as a mistaken entry.
///
/// # Errors
/// As [`update`].
pub fn withdraw(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<RoleAssignmentId, RoleAssignment>,
) -> Result<(), Error> {
    value_row::withdraw_many::<RoleAssignmentRow>(tx, scope, std::slice::from_ref(before))
}

impl ValueRow for RoleAssignmentRow {
    type Id = RoleAssignmentId;
    type Value = RoleAssignment;

    fn of(organiser_id: Uid, id: Uid, now: Ts, given: &RoleAssignment) -> Self {
        let RoleAssignment { account, role, school_unit, valid } = given;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            account_id: Uid::of(*account),
            role: role.code().to_owned(),
            school_unit_id: school_unit.map(Uid::of),
            valid_from: valid.from(),
            valid_to: valid.to(),
        }
    }

    fn into_value(self) -> Result<RoleAssignment, Error> {
        let Self {
            organiser_id: _,
            id,
            version: _,
            created_at: _,
            modified_at: _,
            withdrawn_at: _,
            account_id,
            role,
            school_unit_id,
            valid_from,
            valid_to,
        } = self;
        let unknown = || Error::Inconsistent {
            table: "role_assignments",
            id: id.0.to_string(),
            detail: "an unknown role".to_owned(),
        };
        Ok(RoleAssignment {
            account: account_id.to(),
            role: Role::from_code(&role).ok_or_else(unknown)?,
            school_unit: school_unit_id.map(Uid::to),
            valid: Period::new(valid_from, valid_to).map_err(inconsistent::<RoleAssignmentRow>(id))?,
        })
    }
}
