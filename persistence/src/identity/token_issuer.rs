//! Issuers of tokens that stand for clients.

use diesel::{dsl::exists, prelude::*};
use serde::{Deserialize, Serialize};
use serde_json::json;
use skolhus_domain::{
    access::{Identity, Permission, Reach, Scope},
    id::{ClientId, Id, OrganiserId, TokenIssuerId},
    identity::{IssuedAccess, IssuedClient, TokenIssuer},
    text::Text,
};
use uuid::Uuid;

use super::only_the_program;
use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset},
        record::{Record, record},
        tx::Tx,
        types::{Json, Ts, Uid},
        value_row::{self, ValueRow, saved},
    },
    schema::token_issuers,
};

record! {
    /// An issuer's row.
    pub(crate) struct TokenIssuerRow in token_issuers as "token issuer" {
        name: String,
        issuer: String,
        jwks_address: String,
        audience: String,
        access_type: Option<String>,
        access_location: Option<String>,
        client_claim: String,
        clients: Json,
        enabled: bool,
    }
}

/// An issuer as it is saved.
pub type SavedIssuer = Saved<TokenIssuerId, TokenIssuer>;

/// The most issuers in use of all organisers together.
const MOST_IN_USE: i64 = 2_000;

/// What a list of issuers is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TokenIssuerSort {
    /// When it was registered.
    #[default]
    CreatedAt,
    /// When it was changed last.
    ModifiedAt,
}

/// A client of an issuer, as it is kept.
#[derive(Serialize, Deserialize)]
struct KeptClient {
    value: String,
    client: Uuid,
}

/// The issuers that a scope reaches: all for those who decide about them for the whole organiser, and for the program.
fn reachable<'a>(scope: &Scope) -> token_issuers::BoxedQuery<'a, MultiBackend> {
    let issuers = token_issuers::table
        .filter(token_issuers::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(token_issuers::withdrawn_at.is_null())
        .into_boxed();
    match (scope.identity(), scope.reach()) {
        (Identity::System(_), _) => issuers,
        (Identity::Account(..), Reach::Organiser) if scope.permission() == Permission::ManageTokenIssuers => {
            issuers
        }
        (Identity::Account(..) | Identity::Client(_), _) => {
            issuers.filter(token_issuers::id.eq_any(Vec::<Uid>::new()))
        }
    }
}

/// One issuer.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: TokenIssuerId,
) -> Result<Option<SavedIssuer>, Error> {
    let row: Option<TokenIssuerRow> = reachable(scope)
        .filter(token_issuers::id.eq(Uid::of(id)))
        .select(TokenIssuerRow::as_select())
        .first(connection)
        .optional()?;
    row.map(saved).transpose()
}

/// Every issuer whose tokens are accepted, whatever its organiser. Only for the program itself.
///
/// # Errors
/// A denial; a failure of the database.
pub fn in_use(
    connection: &mut DatabaseConnection,
    scope: &Scope,
) -> Result<Vec<(OrganiserId, TokenIssuer)>, Error> {
    only_the_program(scope)?;
    let rows: Vec<TokenIssuerRow> = token_issuers::table
        .filter(token_issuers::withdrawn_at.is_null())
        .filter(token_issuers::enabled.eq(true))
        .order((token_issuers::organiser_id, token_issuers::id))
        .limit(MOST_IN_USE)
        .select(TokenIssuerRow::as_select())
        .load(connection)?;
    rows.into_iter().map(|row| Ok((row.organiser_id.to(), row.into_value()?))).collect()
}

/// Whether the id is in use, also by a withdrawn one.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: TokenIssuerId,
) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(exists(token_issuers::table.find(key))).get_result(connection)?)
}

/// One page of the issuers.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    enabled: Option<bool>,
    request: &PageRequest<TokenIssuerSort>,
) -> Result<Page<SavedIssuer>, Error> {
    let mut query = reachable(scope);
    if let Some(enabled) = enabled {
        query = query.filter(token_issuers::enabled.eq(enabled));
    }
    if let Some(after) = request.modified_after {
        query = query.filter(token_issuers::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        TokenIssuerSort::CreatedAt => {
            keyset!(query, request, token_issuers::created_at, token_issuers::id, instant)
        }
        TokenIssuerSort::ModifiedAt => {
            keyset!(query, request, token_issuers::modified_at, token_issuers::id, instant)
        }
    };
    let rows: Vec<TokenIssuerRow> = query.select(TokenIssuerRow::as_select()).load(connection)?;
    let cursor = |row: &TokenIssuerRow| Cursor {
        key: instant_key(match request.sort {
            TokenIssuerSort::CreatedAt => row.created_at,
            TokenIssuerSort::ModifiedAt => row.modified_at,
        }),
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(saved)
}

/// Registers an issuer.
///
/// # Errors
/// A failure of the database.
pub fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: TokenIssuerId,
    issuer: &TokenIssuer,
) -> Result<SavedIssuer, Error> {
    value_row::insert::<TokenIssuerRow>(tx, scope, id, issuer)
}

/// Saves a new state, as the next version after `before`.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &SavedIssuer,
    issuer: &TokenIssuer,
) -> Result<SavedIssuer, Error> {
    value_row::update::<TokenIssuerRow>(tx, scope, before, issuer)
}

/// Withdraws an issuer as a mistaken entry.
///
/// # Errors
/// As [`update`].
pub fn withdraw(tx: &mut Tx<'_>, scope: &Scope, before: &SavedIssuer) -> Result<(), Error> {
    value_row::withdraw_many::<TokenIssuerRow>(tx, scope, std::slice::from_ref(before))
}

impl ValueRow for TokenIssuerRow {
    type Id = TokenIssuerId;
    type Value = TokenIssuer;

    fn of(organiser_id: Uid, id: Uid, now: Ts, value: &TokenIssuer) -> Self {
        let TokenIssuer { name, issuer, jwks_address, audience, access, client_claim, clients, enabled } =
            value;
        let kept =
            |issued: &IssuedClient| KeptClient { value: issued.value.clone(), client: issued.client.uuid() };
        let clients: Vec<KeptClient> = clients.iter().map(kept).collect();
        let access = access.as_ref().map(|access| (access.kind.clone(), access.location.clone()));
        let (access_type, access_location) = access.unzip();
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            name: name.as_str().to_owned(),
            issuer: issuer.clone(),
            jwks_address: jwks_address.clone(),
            audience: audience.clone(),
            access_type,
            access_location,
            client_claim: client_claim.clone(),
            clients: Json(json!(clients)),
            enabled: *enabled,
        }
    }

    fn into_value(self) -> Result<TokenIssuer, Error> {
        let id = self.id;
        let inconsistent = |detail: &str| Error::Inconsistent {
            table: Self::TABLE,
            id: id.0.to_string(),
            detail: detail.to_owned(),
        };
        let kept: Vec<KeptClient> =
            serde_json::from_value(self.clients.0).map_err(|_| inconsistent("its clients cannot be read"))?;
        let issued =
            |KeptClient { value, client }| IssuedClient { value, client: ClientId::from_uuid(client) };
        let access = self.access_type.zip(self.access_location);
        Ok(TokenIssuer {
            name: Text::line(&self.name, 200).map_err(|_| inconsistent("the name is not text"))?,
            issuer: self.issuer,
            jwks_address: self.jwks_address,
            audience: self.audience,
            access: access.map(|(kind, location)| IssuedAccess { kind, location }),
            client_claim: self.client_claim,
            clients: kept.into_iter().map(issued).collect(),
            enabled: self.enabled,
        })
    }
}
