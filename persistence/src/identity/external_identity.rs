//! What identity providers call the owners of accounts.

use diesel::{
    dsl::{exists, sql},
    prelude::*,
    sql_types::Bool,
};
use skolhus_domain::{
    access::{Identity, Level, Permission, Reach, Scope},
    id::{AccountId, ExternalIdentityId, IdentityProviderId},
    identity::ExternalIdentity,
};

use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset},
        record::{Record, record},
        tx::Tx,
        types::{Ts, Uid},
        value_row::{self, ValueRow, saved},
    },
    schema::external_identities as table,
};

record! {
    /// The row of a binding.
    pub(crate) struct ExternalIdentityRow in external_identities as "external identity" {
        provider_id: Uid,
        subject: String,
        account_id: Uid,
        level: String,
    }
}

/// A binding as it is saved.
pub type SavedIdentity = Saved<ExternalIdentityId, ExternalIdentity>;

/// What a list of bindings is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ExternalIdentitySort {
    /// When it was bound.
    #[default]
    CreatedAt,
    /// When it was changed last.
    ModifiedAt,
}

/// Which bindings are asked for.
#[derive(Clone, Debug, Default)]
pub struct ExternalIdentityFilter {
    /// Of these accounts.
    pub accounts: Vec<AccountId>,
    /// At these providers.
    pub providers: Vec<IdentityProviderId>,
}

/// Whether the account is nobody's who is protected.
const OF_NOBODY_PROTECTED: &str = "NOT EXISTS (SELECT 1 FROM accounts a \
    JOIN persons p ON p.organiser_id = a.organiser_id AND p.id = a.person_id \
    WHERE a.organiser_id = external_identities.organiser_id AND a.id = external_identities.account_id AND p.is_protected)";

/// The bindings that a scope reaches: one's own; all but those of protected persons for those who decide about providers for
/// the whole organiser; all for the program.
fn reachable<'a>(scope: &Scope) -> table::BoxedQuery<'a, MultiBackend> {
    let bindings = table::table
        .filter(table::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(table::withdrawn_at.is_null())
        .into_boxed();
    let manages = scope.permission() == Permission::ManageIdentityProviders;
    match (scope.identity(), scope.reach()) {
        (Identity::System(_), _) => bindings,
        (Identity::Account(..), Reach::Organiser) if manages => {
            bindings.filter(sql::<Bool>(OF_NOBODY_PROTECTED))
        }
        (Identity::Account(own, _), _) if !manages => bindings.filter(table::account_id.eq(Uid::of(own))),
        (Identity::Account(..) | Identity::Client(_), _) => {
            bindings.filter(table::id.eq_any(Vec::<Uid>::new()))
        }
    }
}

/// One binding.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: ExternalIdentityId,
) -> Result<Option<SavedIdentity>, Error> {
    let row: Option<ExternalIdentityRow> = reachable(scope)
        .filter(table::id.eq(Uid::of(id)))
        .select(ExternalIdentityRow::as_select())
        .first(connection)
        .optional()?;
    row.map(saved).transpose()
}

/// What a provider calls somebody, where that is bound to an account; found by nobody but the program.
///
/// # Errors
/// A failure of the database.
pub fn find_by_subject(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    provider: IdentityProviderId,
    subject: &str,
) -> Result<Option<SavedIdentity>, Error> {
    if !scope.is_system() {
        return Ok(None);
    }
    let row: Option<ExternalIdentityRow> = reachable(scope)
        .filter(table::provider_id.eq(Uid::of(provider)))
        .filter(table::subject.eq(subject.to_owned()))
        .select(ExternalIdentityRow::as_select())
        .first(connection)
        .optional()?;
    row.map(saved).transpose()
}

/// Whether the id is in use, also by a withdrawn binding.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: ExternalIdentityId,
) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(exists(table::table.find(key))).get_result(connection)?)
}

/// Whether what a provider calls somebody is bound to an account, whoever may see that.
///
/// # Errors
/// A failure of the database.
pub fn is_bound(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    provider: IdentityProviderId,
    subject: &str,
) -> Result<bool, Error> {
    let found = table::table
        .filter(table::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(table::provider_id.eq(Uid::of(provider)))
        .filter(table::subject.eq(subject.to_owned()))
        .filter(table::withdrawn_at.is_null());
    Ok(diesel::select(exists(found)).get_result(connection)?)
}

/// Whether an account is known at a provider already.
///
/// # Errors
/// A failure of the database.
pub fn is_known_at(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    account: AccountId,
    provider: IdentityProviderId,
) -> Result<bool, Error> {
    let found = table::table
        .filter(table::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(table::account_id.eq(Uid::of(account)))
        .filter(table::provider_id.eq(Uid::of(provider)))
        .filter(table::withdrawn_at.is_null());
    Ok(diesel::select(exists(found)).get_result(connection)?)
}

/// One page of the bindings.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &ExternalIdentityFilter,
    request: &PageRequest<ExternalIdentitySort>,
) -> Result<Page<SavedIdentity>, Error> {
    let ExternalIdentityFilter { accounts, providers } = filter;
    let mut query = reachable(scope);
    if !accounts.is_empty() {
        let accounts: Vec<Uid> = accounts.iter().copied().map(Uid::of).collect();
        query = query.filter(table::account_id.eq_any(accounts));
    }
    if !providers.is_empty() {
        let providers: Vec<Uid> = providers.iter().copied().map(Uid::of).collect();
        query = query.filter(table::provider_id.eq_any(providers));
    }
    if let Some(after) = request.modified_after {
        query = query.filter(table::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        ExternalIdentitySort::CreatedAt => keyset!(query, request, table::created_at, table::id, instant),
        ExternalIdentitySort::ModifiedAt => keyset!(query, request, table::modified_at, table::id, instant),
    };
    let rows: Vec<ExternalIdentityRow> = query.select(ExternalIdentityRow::as_select()).load(connection)?;
    let cursor = |row: &ExternalIdentityRow| Cursor {
        key: instant_key(match request.sort {
            ExternalIdentitySort::CreatedAt => row.created_at,
            ExternalIdentitySort::ModifiedAt => row.modified_at,
        }),
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(saved)
}

/// Binds what a provider calls somebody to an account. Call [`super::account::lock`] before.
///
/// # Errors
/// `external_identities_subject_key` where it is bound already; `external_identities_account_key` where the account is known by
/// another name there; a failure of the database.
pub fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ExternalIdentityId,
    identity: &ExternalIdentity,
) -> Result<SavedIdentity, Error> {
    value_row::insert::<ExternalIdentityRow>(tx, scope, id, identity)
}

/// Takes a binding away.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn withdraw(tx: &mut Tx<'_>, scope: &Scope, before: &SavedIdentity) -> Result<(), Error> {
    value_row::withdraw_many::<ExternalIdentityRow>(tx, scope, std::slice::from_ref(before))
}

impl ValueRow for ExternalIdentityRow {
    type Id = ExternalIdentityId;
    type Value = ExternalIdentity;

    fn of(organiser_id: Uid, id: Uid, now: Ts, identity: &ExternalIdentity) -> Self {
        let ExternalIdentity { provider, subject, account, level } = identity;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            provider_id: Uid::of(*provider),
            subject: subject.clone(),
            account_id: Uid::of(*account),
            level: level.acr().to_owned(),
        }
    }

    fn into_value(self) -> Result<ExternalIdentity, Error> {
        let Self { id, provider_id, subject, account_id, level, .. } = self;
        let level = Level::from_acr(&level).ok_or_else(|| Error::Inconsistent {
            table: Self::TABLE,
            id: id.0.to_string(),
            detail: "an unknown level".to_owned(),
        })?;
        Ok(ExternalIdentity { provider: provider_id.to(), subject, account: account_id.to(), level })
    }
}
