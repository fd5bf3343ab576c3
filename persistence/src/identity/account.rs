//! Accounts.

use diesel::{
    dsl::{exists, not},
    prelude::*,
};
use serde_json::Map;
use skolhus_domain::{
    access::{Level, Permission, Reach, Role, Scope},
    id::{AccountId, OrganiserId, PersonId, RoleAssignmentId, SchoolUnitId},
    identity::Account,
    period::Period,
    person::{EmailAddress, IdentityNumber},
};

use super::{only_the_program, role_assignment};
use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset, text},
        record::record,
        tx::Tx,
        types::{Ts, Uid},
        value_row::{self, ValueRow, inconsistent, saved},
    },
    schema::{accounts, identity_numbers, persons, role_assignments},
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

/// An account with the organiser it belongs to.
pub type OfOrganiser = (OrganiserId, Saved<AccountId, Account>);

/// The most accounts that one person is let choose among.
const MOST_ACCOUNTS: i64 = 50;

/// What a list of accounts is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum AccountSort {
    /// E-mail address.
    #[default]
    Email,
    /// When it was changed last.
    ModifiedAt,
}

/// Which accounts are asked for.
#[derive(Clone, Debug, Default)]
pub struct AccountFilter {
    /// Of these persons.
    pub persons: Vec<PersonId>,
    /// That hold one of these roles today.
    pub roles: Vec<Role>,
    /// That hold a role today at one of these units.
    pub school_units: Vec<SchoolUnitId>,
    /// Disabled or in use.
    pub disabled: Option<bool>,
}

/// The accounts that a scope reaches: one's own; all of the organiser's for those who
/// manage them, except those of protected persons, which only the program itself sees;
/// none for whoever manages less than the whole organiser.
fn reachable<'a>(scope: &Scope) -> accounts::BoxedQuery<'a, MultiBackend> {
    let accounts = accounts::table
        .filter(accounts::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(accounts::withdrawn_at.is_null())
        .into_boxed();
    if scope.is_system() {
        return accounts;
    }
    let own = |scope: &Scope| scope.account().map(Uid::of).into_iter().collect::<Vec<_>>();
    match scope.reach() {
        _ if scope.permission() == Permission::OwnAccount => accounts.filter(accounts::id.eq_any(own(scope))),
        Reach::Organiser => {
            let protected = persons::table
                .filter(persons::organiser_id.eq(accounts::organiser_id))
                .filter(persons::id.nullable().eq(accounts::person_id))
                .filter(persons::is_protected.eq(true));
            accounts.filter(not(exists(protected)))
        }
        Reach::Parts(_) => accounts.filter(accounts::id.eq_any(Vec::<Uid>::new())),
    }
}

/// One account.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: AccountId,
) -> Result<Option<Saved<AccountId, Account>>, Error> {
    let row = reachable(scope)
        .filter(accounts::id.eq(Uid::of(id)))
        .select(AccountRow::as_select())
        .first(connection)
        .optional()?;
    row.map(saved).transpose()
}

/// Whether the id is in use, also by one out of reach or withdrawn.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(connection: &mut DatabaseConnection, scope: &Scope, id: AccountId) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(exists(accounts::table.find(key))).get_result(connection)?)
}

/// Whether there is such a person whom an account may be linked to. A protected person is
/// found by nobody but the program.
///
/// # Errors
/// A failure of the database.
pub fn person_is_known(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    person: PersonId,
) -> Result<bool, Error> {
    let found = persons::table
        .find((Uid::of(scope.organiser()), Uid::of(person)))
        .filter(persons::withdrawn_at.is_null())
        .filter(persons::is_protected.eq(false).or(persons::is_protected.eq(scope.is_system())));
    Ok(diesel::select(exists(found)).get_result(connection)?)
}

/// The account that logs in with an e-mail address, whatever its organiser. Only for the
/// program itself.
///
/// # Errors
/// A denial; a failure of the database.
pub fn find_by_email(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    email_key: &str,
) -> Result<Option<OfOrganiser>, Error> {
    only_the_program(scope)?;
    let row: Option<AccountRow> = accounts::table
        .filter(accounts::email_key.eq(email_key))
        .filter(accounts::withdrawn_at.is_null())
        .select(AccountRow::as_select())
        .first(connection)
        .optional()?;
    row.map(|row| Ok((row.organiser_id.to(), saved(row)?))).transpose()
}

/// The accounts in use, whatever their organisers, of persons who hold an identity number today: who an e-identification
/// lets in. Protected persons are among them. Only for the program itself.
///
/// # Errors
/// A denial; a failure of the database.
pub fn find_by_number(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    number: &IdentityNumber,
) -> Result<Vec<(OrganiserId, AccountId)>, Error> {
    only_the_program(scope)?;
    let today = scope.today();
    let found: Vec<(Uid, Uid)> = identity_numbers::table
        .inner_join(
            persons::table.on(persons::organiser_id
                .eq(identity_numbers::organiser_id)
                .and(persons::id.eq(identity_numbers::person_id))),
        )
        .inner_join(
            accounts::table.on(accounts::organiser_id
                .eq(identity_numbers::organiser_id)
                .and(accounts::person_id.eq(identity_numbers::person_id.nullable()))),
        )
        .filter(identity_numbers::number.eq(number.canonical()))
        .filter(identity_numbers::kind.eq(number.kind().code()))
        .filter(identity_numbers::withdrawn_at.is_null())
        .filter(identity_numbers::valid_from.le(today))
        .filter(identity_numbers::valid_to.is_null().or(identity_numbers::valid_to.ge(today)))
        .filter(persons::withdrawn_at.is_null())
        .filter(accounts::withdrawn_at.is_null())
        .filter(accounts::disabled_at.is_null())
        .order((accounts::organiser_id, accounts::id))
        .limit(MOST_ACCOUNTS)
        .select((accounts::organiser_id, accounts::id))
        .load(connection)?;
    Ok(found.into_iter().map(|(organiser, account)| (organiser.to(), account.to())).collect())
}

/// The account within reach that logs in with an e-mail address.
///
/// # Errors
/// A failure of the database.
pub fn find_by_address(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    email: &EmailAddress,
) -> Result<Option<Saved<AccountId, Account>>, Error> {
    let row = reachable(scope)
        .filter(accounts::email_key.eq(email.key()))
        .select(AccountRow::as_select())
        .first(connection)
        .optional()?;
    row.map(saved).transpose()
}

/// One page of the accounts.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &AccountFilter,
    request: &PageRequest<AccountSort>,
) -> Result<Page<Saved<AccountId, Account>>, Error> {
    let AccountFilter { persons, roles, school_units, disabled } = filter;
    let mut query = reachable(scope);
    if !persons.is_empty() {
        let persons: Vec<Option<Uid>> = persons.iter().map(|person| Some(Uid::of(*person))).collect();
        query = query.filter(accounts::person_id.eq_any(persons));
    }
    let today = scope.today();
    let in_force = || {
        role_assignments::table
            .filter(role_assignments::organiser_id.eq(accounts::organiser_id))
            .filter(role_assignments::account_id.eq(accounts::id))
            .filter(role_assignments::withdrawn_at.is_null())
            .filter(role_assignments::valid_from.le(today))
            .filter(role_assignments::valid_to.is_null().or(role_assignments::valid_to.ge(today)))
    };
    if !roles.is_empty() {
        let codes: Vec<&'static str> = roles.iter().map(|role| role.code()).collect();
        query = query.filter(exists(in_force().filter(role_assignments::role.eq_any(codes))));
    }
    if !school_units.is_empty() {
        let units: Vec<Option<Uid>> = school_units.iter().map(|unit| Some(Uid::of(*unit))).collect();
        query = query.filter(exists(in_force().filter(role_assignments::school_unit_id.eq_any(units))));
    }
    match disabled {
        Some(true) => query = query.filter(accounts::disabled_at.is_not_null()),
        Some(false) => query = query.filter(accounts::disabled_at.is_null()),
        None => {}
    }
    if let Some(after) = request.modified_after {
        query = query.filter(accounts::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        AccountSort::Email => keyset!(query, request, accounts::email_key, accounts::id, text),
        AccountSort::ModifiedAt => keyset!(query, request, accounts::modified_at, accounts::id, instant),
    };
    let rows = query.select(AccountRow::as_select()).load(connection)?;
    let cursor = |row: &AccountRow| Cursor {
        key: match request.sort {
            AccountSort::Email => row.email_key.clone(),
            AccountSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(saved)
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
) -> Result<Saved<AccountId, Account>, Error> {
    let account = Account { person, email: email.clone(), disabled_at: None };
    value_row::insert::<AccountRow>(tx, scope, id, &account)
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
    let valid = Period::new(scope.today(), None)
        .map_err(|refusal| Error::Internal(format!("no period from today: {:?}", refusal.rule)))?;
    let given = skolhus_domain::access::RoleAssignment { account, role, school_unit, valid };
    role_assignment::insert(tx, scope, id, &given).map(drop)
}

/// Saves a new state of an account, as the next version after `before`.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; `accounts_email_key_key`; a failure of
/// the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<AccountId, Account>,
    account: &Account,
) -> Result<Saved<AccountId, Account>, Error> {
    value_row::update::<AccountRow>(tx, scope, before, account)
}

/// Withdraws an account as a mistaken entry.
///
/// # Errors
/// As [`update`].
pub fn withdraw(tx: &mut Tx<'_>, scope: &Scope, before: &Saved<AccountId, Account>) -> Result<(), Error> {
    value_row::withdraw_many::<AccountRow>(tx, scope, std::slice::from_ref(before))
}

/// Holds off every other change of an account's credentials and roles until the end of
/// the transaction.
///
/// # Errors
/// A failure of the database.
pub fn lock(tx: &mut Tx<'_>, id: AccountId) -> Result<(), Error> {
    tx.lock_in("accounts", &[Uid::of(id)])
}

/// Notes in the change log that the operator of the machine made an access token for the account.
pub fn note_token(tx: &mut Tx<'_>, scope: &Scope, account: &Saved<AccountId, Account>, level: Level) {
    let mut details = Map::new();
    details.insert("reason".to_owned(), "an access token was made for the account".into());
    details.insert("level".to_owned(), level.number().into());
    tx.note_access("account", Uid::of(scope.organiser()), Uid::of(account.id), account.version, details);
}

impl ValueRow for AccountRow {
    type Id = AccountId;
    type Value = Account;

    fn of(organiser_id: Uid, id: Uid, now: Ts, account: &Account) -> Self {
        let Account { person, email, disabled_at } = account;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            person_id: person.map(Uid::of),
            email: email.as_str().to_owned(),
            email_key: email.key(),
            disabled_at: disabled_at.map(Ts::of),
        }
    }

    fn into_value(self) -> Result<Account, Error> {
        let Self {
            organiser_id: _,
            id,
            version: _,
            created_at: _,
            modified_at: _,
            withdrawn_at: _,
            person_id,
            email,
            email_key: _,
            disabled_at,
        } = self;
        let email = EmailAddress::new(&email).map_err(inconsistent::<AccountRow>(id))?;
        Ok(Account {
            person: person_id.map(Uid::to),
            email,
            disabled_at: disabled_at.map(|instant| instant.0),
        })
    }
}
