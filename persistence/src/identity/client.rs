//! Integrators' clients.

use diesel::{dsl::exists, prelude::*};
use serde_json::json;
use skolhus_domain::{
    access::{Identity, Permission, Reach, Scope},
    code::Code,
    id::{ClientId, Id, OrganiserId, SchoolUnitId},
    identity::Client,
    person::{search_key_of_query, search_key_of_text, sort_key_of_text},
    text::Text,
};
use uuid::Uuid;

use super::only_the_program;
use crate::{
    Saved,
    core::{
        client_grant::Granted,
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset, text},
        record::record,
        tx::Tx,
        types::{Json, Ts, Uid},
    },
    schema::clients,
};

record! {
    /// A client's row. The secret is the hash of a random one, and empty until one is made.
    pub(crate) struct ClientRow in clients as "client" {
        name: String,
        #[serde(serialize_with = "crate::core::record::concealed")]
        secret: String,
        scopes: Json,
        school_units: Json,
        expires_at: Option<Ts>,
        disabled_at: Option<Ts>,
        name_sort_key: String,
        name_search_key: String,
        fields: Json,
        school_types: Json,
        allowed_networks: Json,
        keys_only: bool,
    }
}

/// A client with the organiser it belongs to and the hash of its secret.
pub type WithSecret = (OrganiserId, Saved<ClientId, Client>, String);

/// What a list of clients is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ClientSort {
    /// Name, in Swedish order.
    #[default]
    Name,
    /// When it was changed last.
    ModifiedAt,
}

/// Which clients are asked for.
#[derive(Clone, Debug, Default)]
pub struct ClientFilter {
    /// Words of the name, each by its beginning.
    pub name: Option<String>,
    /// Disabled or in use.
    pub disabled: Option<bool>,
}

/// The clients that a scope reaches: itself, or all of the organiser's for those who
/// manage them or their certificates; none for whoever manages less than the whole organiser.
fn reachable<'a>(scope: &Scope) -> clients::BoxedQuery<'a, MultiBackend> {
    let clients = clients::table
        .filter(clients::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(clients::withdrawn_at.is_null())
        .into_boxed();
    match (scope.identity(), scope.reach()) {
        (Identity::System(_), _) => clients,
        (Identity::Client(client), _) => clients.filter(clients::id.eq(Uid::of(client))),
        (Identity::Account(..), Reach::Organiser)
            if matches!(
                scope.permission(),
                Permission::ManageClients | Permission::ManageClientCertificates
            ) =>
        {
            clients
        }
        (Identity::Account(..), _) => clients.filter(clients::id.eq_any(Vec::<Uid>::new())),
    }
}

fn find_row(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: ClientId,
) -> Result<Option<ClientRow>, Error> {
    Ok(reachable(scope)
        .filter(clients::id.eq(Uid::of(id)))
        .select(ClientRow::as_select())
        .first(connection)
        .optional()?)
}

/// One client.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: ClientId,
) -> Result<Option<Saved<ClientId, Client>>, Error> {
    find_row(connection, scope, id)?.map(ClientRow::into_saved).transpose()
}

/// A client with the hash of its secret, whatever its organiser: for logging in. Only for
/// the program itself.
///
/// # Errors
/// A denial; a failure of the database.
pub fn find_with_secret(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: ClientId,
) -> Result<Option<WithSecret>, Error> {
    only_the_program(scope)?;
    let row: Option<ClientRow> = clients::table
        .filter(clients::id.eq(Uid::of(id)))
        .filter(clients::withdrawn_at.is_null())
        .select(ClientRow::as_select())
        .first(connection)
        .optional()?;
    row.map(|row| {
        let (organiser, secret) = (row.organiser_id.to(), row.secret.clone());
        Ok((organiser, row.into_saved()?, secret))
    })
    .transpose()
}

/// Which of these clients the organiser has, for those who decide about the organiser.
///
/// # Errors
/// A failure of the database.
pub fn known(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    wanted: &[ClientId],
) -> Result<Vec<ClientId>, Error> {
    if scope.reach() != &Reach::Organiser {
        return Ok(Vec::new());
    }
    let wanted: Vec<Uid> = wanted.iter().copied().map(Uid::of).collect();
    let found: Vec<Uid> = clients::table
        .filter(clients::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(clients::withdrawn_at.is_null())
        .filter(clients::id.eq_any(wanted))
        .select(clients::id)
        .load(connection)?;
    Ok(found.into_iter().map(Uid::to).collect())
}

/// Whether the id is in use by anybody, also withdrawn.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(connection: &mut DatabaseConnection, id: ClientId) -> Result<bool, Error> {
    let found = clients::table.filter(clients::id.eq(Uid::of(id)));
    Ok(diesel::select(exists(found)).get_result(connection)?)
}

/// One page of the clients.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &ClientFilter,
    request: &PageRequest<ClientSort>,
) -> Result<Page<Saved<ClientId, Client>>, Error> {
    let ClientFilter { name, disabled } = filter;
    let mut query = reachable(scope);
    for word in search_key_of_query(name.as_deref().unwrap_or_default()).split_whitespace() {
        query = query.filter(clients::name_search_key.like(format!("% {word}%")));
    }
    match disabled {
        Some(true) => query = query.filter(clients::disabled_at.is_not_null()),
        Some(false) => query = query.filter(clients::disabled_at.is_null()),
        None => {}
    }
    if let Some(after) = request.modified_after {
        query = query.filter(clients::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        ClientSort::Name => keyset!(query, request, clients::name_sort_key, clients::id, text),
        ClientSort::ModifiedAt => keyset!(query, request, clients::modified_at, clients::id, instant),
    };
    let rows = query.select(ClientRow::as_select()).load(connection)?;
    let cursor = |row: &ClientRow| Cursor {
        key: match request.sort {
            ClientSort::Name => row.name_sort_key.clone(),
            ClientSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(ClientRow::into_saved)
}

/// Registers a client, which has no secret yet.
///
/// # Errors
/// A failure of the database.
pub fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ClientId,
    client: &Client,
) -> Result<Saved<ClientId, Client>, Error> {
    let row = ClientRow::of(Uid::of(scope.organiser()), Uid::of(id), tx.now(), client, String::new());
    tx.insert(std::slice::from_ref(&row))?;
    row.into_saved()
}

/// Saves a new state of a client, as the next version after `before`. One that has its keys alone loses its secret.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<ClientId, Client>,
    client: &Client,
) -> Result<Saved<ClientId, Client>, Error> {
    let old = present_row(tx, scope, before)?;
    let secret = if client.keys_only { String::new() } else { old.secret.clone() };
    let mut new = ClientRow::of(old.organiser_id, old.id, old.created_at, client, secret);
    new.withdrawn_at = old.withdrawn_at;
    tx.update(&old, new)?.into_saved()
}

/// Gives a client another secret, by its hash; the old one is worth nothing from then on.
///
/// # Errors
/// As [`update`].
pub fn set_secret(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<ClientId, Client>,
    secret_hash: &str,
) -> Result<Saved<ClientId, Client>, Error> {
    let old = present_row(tx, scope, before)?;
    let new = ClientRow { secret: secret_hash.to_owned(), ..old.clone() };
    tx.update(&old, new)?.into_saved()
}

/// Withdraws a client as a mistaken entry.
///
/// # Errors
/// As [`update`].
pub fn withdraw(tx: &mut Tx<'_>, scope: &Scope, before: &Saved<ClientId, Client>) -> Result<(), Error> {
    let old = present_row(tx, scope, before)?;
    let new = ClientRow { withdrawn_at: Some(tx.now()), ..old.clone() };
    tx.update(&old, new).map(drop)
}

/// The row a change is made from; its secret is never outside this module.
fn present_row(tx: &mut Tx<'_>, scope: &Scope, before: &Saved<ClientId, Client>) -> Result<ClientRow, Error> {
    find_row(tx.connection(), scope, before.id)?
        .filter(|row| row.version == before.version)
        .ok_or(Error::Stale { entity: "client" })
}

impl ClientRow {
    /// The first version of a row.
    fn of(organiser_id: Uid, id: Uid, now: Ts, client: &Client, secret: String) -> Self {
        let Client {
            name,
            scopes,
            fields,
            school_units,
            school_types,
            allowed_networks,
            keys_only,
            expires_at,
            disabled_at,
        } = client;
        let units: Vec<Uuid> = school_units.iter().map(|unit| unit.uuid()).collect();
        let networks: Vec<String> = allowed_networks.iter().map(ToString::to_string).collect();
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            name: name.as_str().to_owned(),
            secret,
            scopes: Json(scopes.iter().map(|scope| scope.code()).collect()),
            school_units: Json(json!(units)),
            expires_at: expires_at.map(Ts::of),
            disabled_at: disabled_at.map(Ts::of),
            name_sort_key: sort_key_of_text(name.as_str()),
            name_search_key: search_key_of_text(name.as_str()),
            fields: Json(fields.iter().map(|field| field.code()).collect()),
            school_types: Json(school_types.iter().map(Code::as_str).collect()),
            allowed_networks: Json(json!(networks)),
            keys_only: *keys_only,
        }
    }

    fn into_saved(self) -> Result<Saved<ClientId, Client>, Error> {
        let Self {
            organiser_id: _,
            id,
            version,
            created_at,
            modified_at,
            withdrawn_at: _,
            name,
            secret: _,
            scopes,
            school_units,
            expires_at,
            disabled_at,
            name_sort_key: _,
            name_search_key: _,
            fields,
            school_types,
            allowed_networks,
            keys_only,
        } = self;
        let inconsistent = |detail: &str| Error::Inconsistent {
            table: "clients",
            id: id.0.to_string(),
            detail: detail.to_owned(),
        };
        let units: Vec<Uuid> = serde_json::from_value(school_units.0)
            .map_err(|_| inconsistent("school units are not a list"))?;
        let granted = Granted { scopes, fields, school_types, allowed_networks };
        let granted = granted.read().map_err(inconsistent)?;
        let value = Client {
            name: Text::line(&name, 200).map_err(|_| inconsistent("the name is not text"))?,
            scopes: granted.scopes,
            fields: granted.fields,
            school_units: units.into_iter().map(SchoolUnitId::from_uuid).collect(),
            school_types: granted.school_types,
            allowed_networks: granted.allowed_networks,
            keys_only,
            expires_at: expires_at.map(|instant| instant.0),
            disabled_at: disabled_at.map(|instant| instant.0),
        };
        Ok(Saved { id: id.to(), version, created_at: created_at.0, modified_at: modified_at.0, value })
    }
}
