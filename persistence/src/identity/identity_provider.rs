//! Identity providers. The secret that one has given us is sealed, and leaves this module as such for the program alone.

use diesel::{dsl::exists, prelude::*};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;
use skolhus_domain::{
    access::{Identity, Level, Permission, Reach, Scope},
    id::{IdentityProviderId, OrganiserId},
    identity::{AccountClaim, AcrLevel, IdentityProvider},
    text::Text,
};

use super::only_the_program;
use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset},
        record::record,
        tx::Tx,
        types::{Json, Ts, Uid},
    },
    schema::identity_providers,
};

record! {
    /// A provider's row.
    pub(crate) struct IdentityProviderRow in identity_providers as "identity provider" {
        name: String,
        issuer: String,
        client_id: String,
        #[serde(serialize_with = "crate::core::record::concealed_if_any")]
        sealed_secret: Option<String>,
        redirect_addresses: Json,
        scopes: Json,
        account_claim: String,
        email_domains: Json,
        level: String,
        acr_levels: Json,
        protected_persons: bool,
        enabled: bool,
    }
}

/// A provider as it is saved.
#[derive(Clone, Debug)]
pub struct SavedProvider {
    /// The provider.
    pub provider: Saved<IdentityProviderId, IdentityProvider>,
    /// Whether it has given us a secret.
    pub has_secret: bool,
    row: IdentityProviderRow,
}

/// A provider as logins use it.
#[derive(Clone, Debug)]
pub struct ProviderInUse {
    /// The tenant.
    pub organiser: OrganiserId,
    /// The provider.
    pub provider: Saved<IdentityProviderId, IdentityProvider>,
    /// The secret that it has given us, sealed.
    pub sealed_secret: Option<String>,
}

/// What becomes of the secret when a provider is changed.
pub enum SecretChange {
    /// It stays.
    Kept,
    /// There is this one from then on, sealed; or none.
    Replaced(Option<String>),
}

/// What a list of providers is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum IdentityProviderSort {
    /// When it was registered.
    #[default]
    CreatedAt,
    /// When it was changed last.
    ModifiedAt,
}

/// A level of login by a value of `acr`, as it is kept.
#[derive(Serialize, Deserialize)]
struct KeptLevel {
    acr: String,
    level: String,
}

/// The providers that a scope reaches: all for those who decide about them for the whole organiser, and for the program.
fn reachable<'a>(scope: &Scope) -> identity_providers::BoxedQuery<'a, MultiBackend> {
    let providers = identity_providers::table
        .filter(identity_providers::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(identity_providers::withdrawn_at.is_null())
        .into_boxed();
    match (scope.identity(), scope.reach()) {
        (Identity::System(_), _) => providers,
        (Identity::Account(..), Reach::Organiser)
            if scope.permission() == Permission::ManageIdentityProviders =>
        {
            providers
        }
        (Identity::Account(..) | Identity::Client(_), _) => {
            providers.filter(identity_providers::id.eq_any(Vec::<Uid>::new()))
        }
    }
}

/// One provider.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: IdentityProviderId,
) -> Result<Option<SavedProvider>, Error> {
    let row: Option<IdentityProviderRow> = reachable(scope)
        .filter(identity_providers::id.eq(Uid::of(id)))
        .select(IdentityProviderRow::as_select())
        .first(connection)
        .optional()?;
    row.map(IdentityProviderRow::into_saved).transpose()
}

/// A provider by its id, whatever its organiser: for logging in. Only for the program itself.
///
/// # Errors
/// A denial; a failure of the database.
pub fn find_for_login(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: IdentityProviderId,
) -> Result<Option<ProviderInUse>, Error> {
    only_the_program(scope)?;
    let row: Option<IdentityProviderRow> = identity_providers::table
        .filter(identity_providers::id.eq(Uid::of(id)))
        .filter(identity_providers::withdrawn_at.is_null())
        .select(IdentityProviderRow::as_select())
        .first(connection)
        .optional()?;
    row.map(|row| {
        let (organiser, sealed_secret) = (row.organiser_id.to(), row.sealed_secret.clone());
        let SavedProvider { provider, .. } = row.into_saved()?;
        Ok(ProviderInUse { organiser, provider, sealed_secret })
    })
    .transpose()
}

/// Whether the id is in use by anybody, also withdrawn.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(connection: &mut DatabaseConnection, id: IdentityProviderId) -> Result<bool, Error> {
    let found = identity_providers::table.filter(identity_providers::id.eq(Uid::of(id)));
    Ok(diesel::select(exists(found)).get_result(connection)?)
}

/// One page of the providers.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    enabled: Option<bool>,
    request: &PageRequest<IdentityProviderSort>,
) -> Result<Page<SavedProvider>, Error> {
    let mut query = reachable(scope);
    if let Some(enabled) = enabled {
        query = query.filter(identity_providers::enabled.eq(enabled));
    }
    if let Some(after) = request.modified_after {
        query = query.filter(identity_providers::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        IdentityProviderSort::CreatedAt => {
            keyset!(query, request, identity_providers::created_at, identity_providers::id, instant)
        }
        IdentityProviderSort::ModifiedAt => {
            keyset!(query, request, identity_providers::modified_at, identity_providers::id, instant)
        }
    };
    let rows: Vec<IdentityProviderRow> = query.select(IdentityProviderRow::as_select()).load(connection)?;
    let cursor = |row: &IdentityProviderRow| Cursor {
        key: instant_key(match request.sort {
            IdentityProviderSort::CreatedAt => row.created_at,
            IdentityProviderSort::ModifiedAt => row.modified_at,
        }),
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(IdentityProviderRow::into_saved)
}

/// Registers a provider, with the secret that it has given us, sealed.
///
/// # Errors
/// `identity_providers_id_key`; a failure of the database.
pub fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: IdentityProviderId,
    provider: &IdentityProvider,
    sealed_secret: Option<String>,
) -> Result<SavedProvider, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    let row = IdentityProviderRow::of(key, tx.now(), provider, sealed_secret);
    tx.insert(std::slice::from_ref(&row))?;
    row.into_saved()
}

/// Saves a new state, as the next version after `before`.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    before: &SavedProvider,
    provider: &IdentityProvider,
    secret: &SecretChange,
) -> Result<SavedProvider, Error> {
    let old = &before.row;
    let sealed_secret = match secret {
        SecretChange::Kept => old.sealed_secret.clone(),
        SecretChange::Replaced(sealed) => sealed.clone(),
    };
    let new = IdentityProviderRow::of((old.organiser_id, old.id), old.created_at, provider, sealed_secret);
    tx.update(old, new)?.into_saved()
}

/// Withdraws a provider as a mistaken entry.
///
/// # Errors
/// As [`update`].
pub fn withdraw(tx: &mut Tx<'_>, before: &SavedProvider) -> Result<(), Error> {
    let new = IdentityProviderRow { withdrawn_at: Some(tx.now()), ..before.row.clone() };
    tx.update(&before.row, new).map(drop)
}

impl IdentityProviderRow {
    /// The first version of a row.
    fn of(
        (organiser_id, id): (Uid, Uid),
        now: Ts,
        provider: &IdentityProvider,
        sealed_secret: Option<String>,
    ) -> Self {
        let IdentityProvider {
            name,
            issuer,
            client_id,
            redirect_addresses,
            scopes,
            account_claim,
            email_domains,
            level,
            acr_levels,
            protected_persons,
            enabled,
        } = provider;
        let kept =
            |named: &AcrLevel| KeptLevel { acr: named.acr.clone(), level: named.level.acr().to_owned() };
        let acr_levels: Vec<KeptLevel> = acr_levels.iter().map(kept).collect();
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            name: name.as_str().to_owned(),
            issuer: issuer.clone(),
            client_id: client_id.clone(),
            sealed_secret,
            redirect_addresses: Json(json!(redirect_addresses)),
            scopes: Json(json!(scopes)),
            account_claim: account_claim.code().to_owned(),
            email_domains: Json(json!(email_domains)),
            level: level.acr().to_owned(),
            acr_levels: Json(json!(acr_levels)),
            protected_persons: *protected_persons,
            enabled: *enabled,
        }
    }

    fn into_saved(self) -> Result<SavedProvider, Error> {
        let row = self.clone();
        let Self { id, version, created_at, modified_at, .. } = self;
        let inconsistent = |detail: &str| Error::Inconsistent {
            table: "identity_providers",
            id: id.0.to_string(),
            detail: detail.to_owned(),
        };
        let kept: Vec<KeptLevel> =
            read(self.acr_levels).ok_or_else(|| inconsistent("its levels cannot be read"))?;
        let acr_levels = kept.into_iter().map(|KeptLevel { acr, level }| {
            Ok::<_, Error>(AcrLevel {
                acr,
                level: Level::from_acr(&level).ok_or_else(|| inconsistent("an unknown level"))?,
            })
        });
        let texts =
            |list: Json| read::<Vec<String>>(list).ok_or_else(|| inconsistent("a list cannot be read"));
        let value = IdentityProvider {
            name: Text::line(&self.name, 200).map_err(|_| inconsistent("the name is not text"))?,
            issuer: self.issuer,
            client_id: self.client_id,
            redirect_addresses: texts(self.redirect_addresses)?,
            scopes: texts(self.scopes)?,
            account_claim: AccountClaim::from_code(&self.account_claim)
                .map_err(|_| inconsistent("an unknown claim"))?,
            email_domains: texts(self.email_domains)?,
            level: Level::from_acr(&self.level).ok_or_else(|| inconsistent("an unknown level"))?,
            acr_levels: acr_levels.collect::<Result<_, _>>()?,
            protected_persons: self.protected_persons,
            enabled: self.enabled,
        };
        let provider =
            Saved { id: id.to(), version, created_at: created_at.0, modified_at: modified_at.0, value };
        Ok(SavedProvider { provider, has_secret: row.sealed_secret.is_some(), row })
    }
}

fn read<T: DeserializeOwned>(document: Json) -> Option<T> {
    serde_json::from_value(document.0).ok()
}
