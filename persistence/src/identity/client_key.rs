//! Public keys of integrators' clients, and what they signed: each is used once.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use diesel::{dsl::exists, prelude::*};
use serde_json::{Value, json};
use skolhus_domain::{
    access::{Identity, Permission, Reach, Scope},
    id::{ClientId, ClientKeyId},
    identity::{ClientKey, KeyAlgorithm, KeyMaterial},
};

use super::only_the_program;
use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        housekeeping::forget,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset},
        record::{Record, record},
        rows::{OnConflict, write_rows},
        tx::Tx,
        types::{Json, Ts, Uid},
        value_row::{self, ValueRow, all_saved, saved},
    },
    schema::client_keys,
};

record! {
    /// A client's key. It is public.
    pub(crate) struct ClientKeyRow in client_keys as "client key" {
        client_id: Uid,
        kid: String,
        algorithm: String,
        public_key: Json,
        expires_at: Option<Ts>,
    }
}

/// A key as it is saved.
pub type SavedKey = Saved<ClientKeyId, ClientKey>;

/// What a list of keys is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ClientKeySort {
    /// When it was registered.
    #[default]
    CreatedAt,
    /// When it was changed last.
    ModifiedAt,
}

/// The keys of a client that a scope reaches: all for the program, and for those who manage clients of the whole
/// organiser; none for anybody else.
fn reachable<'a>(scope: &Scope, client: ClientId) -> client_keys::BoxedQuery<'a, MultiBackend> {
    let keys = client_keys::table
        .filter(client_keys::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(client_keys::client_id.eq(Uid::of(client)))
        .filter(client_keys::withdrawn_at.is_null())
        .into_boxed();
    match (scope.identity(), scope.reach()) {
        (Identity::System(_), _) => keys,
        (Identity::Account(..), Reach::Organiser) if scope.permission() == Permission::ManageClients => keys,
        (Identity::Account(..) | Identity::Client(_), _) => {
            keys.filter(client_keys::id.eq_any(Vec::<Uid>::new()))
        }
    }
}

/// One key of a client.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    client: ClientId,
    id: ClientKeyId,
) -> Result<Option<SavedKey>, Error> {
    let row: Option<ClientKeyRow> = reachable(scope, client)
        .filter(client_keys::id.eq(Uid::of(id)))
        .select(ClientKeyRow::as_select())
        .first(connection)
        .optional()?;
    row.map(saved).transpose()
}

/// Every key of a client, by its name: a handful.
///
/// # Errors
/// A failure of the database.
pub fn of_client(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    client: ClientId,
) -> Result<Vec<SavedKey>, Error> {
    let rows: Vec<ClientKeyRow> = reachable(scope, client)
        .order(client_keys::kid.asc())
        .select(ClientKeyRow::as_select())
        .load(connection)?;
    all_saved(rows)
}

/// Whether the id is in use, also by a withdrawn key.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(connection: &mut DatabaseConnection, scope: &Scope, id: ClientKeyId) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(exists(client_keys::table.find(key))).get_result(connection)?)
}

/// One page of a client's keys.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    client: ClientId,
    request: &PageRequest<ClientKeySort>,
) -> Result<Page<SavedKey>, Error> {
    let mut query = reachable(scope, client);
    if let Some(after) = request.modified_after {
        query = query.filter(client_keys::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        ClientKeySort::CreatedAt => {
            keyset!(query, request, client_keys::created_at, client_keys::id, instant)
        }
        ClientKeySort::ModifiedAt => {
            keyset!(query, request, client_keys::modified_at, client_keys::id, instant)
        }
    };
    let rows = query.select(ClientKeyRow::as_select()).load(connection)?;
    let cursor = |row: &ClientKeyRow| Cursor {
        key: instant_key(match request.sort {
            ClientKeySort::CreatedAt => row.created_at,
            ClientKeySort::ModifiedAt => row.modified_at,
        }),
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(saved)
}

/// Holds the client until the end of the transaction: its keys are counted by one at a time.
///
/// # Errors
/// A failure of the database.
pub fn lock_client(tx: &mut Tx<'_>, client: ClientId) -> Result<(), Error> {
    tx.lock_in("clients", &[Uid::of(client)])
}

/// Registers a key.
///
/// # Errors
/// A failure of the database.
pub fn insert(tx: &mut Tx<'_>, scope: &Scope, id: ClientKeyId, key: &ClientKey) -> Result<SavedKey, Error> {
    value_row::insert::<ClientKeyRow>(tx, scope, id, key)
}

/// Withdraws a key: what it signs is worth nothing from then on.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn withdraw(tx: &mut Tx<'_>, scope: &Scope, before: &SavedKey) -> Result<(), Error> {
    value_row::withdraw_many::<ClientKeyRow>(tx, scope, std::slice::from_ref(before))
}

/// Uses what a client has signed, by its hash: of any number of parallel uses exactly one is the first. Only for the
/// program itself.
///
/// # Errors
/// A denial; a failure of the database.
pub fn use_assertion(
    tx: &mut Tx<'_>,
    scope: &Scope,
    assertion_hash: &str,
    expires_at: DateTime<Utc>,
) -> Result<bool, Error> {
    only_the_program(scope)?;
    let row = vec![assertion_hash.to_owned().into(), Ts::of(expires_at).into()];
    let columns = ["assertion_hash", "expires_at"];
    let keep = OnConflict::Keep(&["assertion_hash"]);
    Ok(write_rows(tx.connection(), "used_assertions", &columns, vec![row], keep)? == 1)
}

/// Forgets what expired before the instant, at most `most` of them; returns how many. It is refused by its own expiry
/// then.
///
/// # Errors
/// A failure of the database.
pub fn forget_assertions(tx: &mut Tx<'_>, expired_before: DateTime<Utc>, most: u32) -> Result<usize, Error> {
    let cells = vec![Ts::of(expired_before).into()];
    forget(tx, "used_assertions", "assertion_hash", "expires_at < $1", cells, most)
}

impl ValueRow for ClientKeyRow {
    type Id = ClientKeyId;
    type Value = ClientKey;

    fn of(organiser_id: Uid, id: Uid, now: Ts, key: &ClientKey) -> Self {
        let ClientKey { client, kid, algorithm, material, expires_at } = key;
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let public_key = match material {
            KeyMaterial::Rsa { modulus, exponent } => json!({ "n": text(modulus), "e": text(exponent) }),
            KeyMaterial::P256 { x, y } => json!({ "x": text(x), "y": text(y) }),
            KeyMaterial::Ed25519(x) => json!({ "x": text(x) }),
        };
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            client_id: Uid::of(*client),
            kid: kid.clone(),
            algorithm: algorithm.code().to_owned(),
            public_key: Json(public_key),
            expires_at: expires_at.map(Ts::of),
        }
    }

    fn into_value(self) -> Result<ClientKey, Error> {
        let Self {
            organiser_id: _,
            id,
            version: _,
            created_at: _,
            modified_at: _,
            withdrawn_at: _,
            client_id,
            kid,
            algorithm,
            public_key,
            expires_at,
        } = self;
        let inconsistent = |detail: &str| Error::Inconsistent {
            table: Self::TABLE,
            id: id.0.to_string(),
            detail: detail.to_owned(),
        };
        let algorithm =
            KeyAlgorithm::from_code(&algorithm).ok_or_else(|| inconsistent("an unknown algorithm"))?;
        let material =
            material(algorithm, &public_key.0).ok_or_else(|| inconsistent("the key cannot be read"))?;
        let expires_at = expires_at.map(|instant| instant.0);
        Ok(ClientKey { client: client_id.to(), kid, algorithm, material, expires_at })
    }
}

fn material(algorithm: KeyAlgorithm, members: &Value) -> Option<KeyMaterial> {
    let bytes = |member: &str| URL_SAFE_NO_PAD.decode(members.get(member)?.as_str()?).ok();
    let point = |member: &str| <[u8; 32]>::try_from(bytes(member)?).ok();
    Some(match algorithm {
        KeyAlgorithm::Rs256 | KeyAlgorithm::Ps256 => {
            KeyMaterial::Rsa { modulus: bytes("n")?, exponent: bytes("e")? }
        }
        KeyAlgorithm::Es256 => KeyMaterial::P256 { x: point("x")?, y: point("y")? },
        KeyAlgorithm::EdDsa => KeyMaterial::Ed25519(point("x")?),
    })
}
