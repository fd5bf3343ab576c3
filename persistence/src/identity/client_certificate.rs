//! Certificates of integrators' clients. A revoked one stays: it is the list of what is refused.

use base64::{Engine, engine::general_purpose::STANDARD};
use diesel::{dsl::exists, prelude::*};
use serde_json::json;
use skolhus_domain::{
    access::{Identity, Permission, Reach, Scope},
    id::{CertificateAuthorityId, ClientCertificateId, ClientId, OrganiserId},
    identity::{CertificateKey, ClientCertificate, Fingerprint, NOTICE_DAYS, Revocation, RevocationReason},
};

use super::only_the_program;
use crate::{
    Saved,
    core::{
        client_grant::networks,
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset},
        record::{Record, record},
        tx::Tx,
        types::{Json, Ts, Uid},
        value_row::{self, ValueRow, all_saved, saved},
    },
    schema::{certificate_authorities, client_certificates},
};

record! {
    /// A certificate's row. All of it is public.
    pub(crate) struct ClientCertificateRow in client_certificates as "client certificate" {
        client_id: Uid,
        authority_id: Uid,
        renews_id: Option<Uid>,
        serial: String,
        fingerprint: String,
        key_kind: String,
        certificate: String,
        valid_from: Ts,
        expires_at: Ts,
        allowed_networks: Json,
        noticed_days: Option<i32>,
        revoked_at: Option<Ts>,
        revocation_reason: Option<String>,
    }
}

/// A certificate as it is saved.
pub type SavedCertificate = Saved<ClientCertificateId, ClientCertificate>;

/// A certificate, with that of its authority in DER where that is still believed.
pub type WithAuthority = (SavedCertificate, Option<Vec<u8>>);

/// What a list of certificates is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ClientCertificateSort {
    /// When it expires.
    #[default]
    ExpiresAt,
    /// When it was issued.
    CreatedAt,
    /// When it was changed last.
    ModifiedAt,
}

/// The certificates of a client that a scope reaches: all for the program, and for those who manage certificates of the
/// whole organiser; its own for the client; none for anybody else.
fn reachable<'a>(scope: &Scope, client: ClientId) -> client_certificates::BoxedQuery<'a, MultiBackend> {
    let certificates = client_certificates::table
        .filter(client_certificates::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(client_certificates::client_id.eq(Uid::of(client)))
        .filter(client_certificates::withdrawn_at.is_null())
        .into_boxed();
    let manages = scope.permission() == Permission::ManageClientCertificates;
    match (scope.identity(), scope.reach()) {
        (Identity::System(_), _) => certificates,
        (Identity::Account(..), Reach::Organiser) if manages => certificates,
        (Identity::Client(itself), _) if manages && itself == client => certificates,
        (Identity::Account(..) | Identity::Client(_), _) => {
            certificates.filter(client_certificates::id.eq_any(Vec::<Uid>::new()))
        }
    }
}

/// One certificate of a client.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    client: ClientId,
    id: ClientCertificateId,
) -> Result<Option<SavedCertificate>, Error> {
    let row: Option<ClientCertificateRow> = reachable(scope, client)
        .filter(client_certificates::id.eq(Uid::of(id)))
        .select(ClientCertificateRow::as_select())
        .first(connection)
        .optional()?;
    row.map(saved).transpose()
}

/// A certificate by what it is known by, with the certificate of its authority in DER, where that is still believed. Only
/// for the program itself.
///
/// # Errors
/// A denial; a failure of the database.
pub fn find_by_fingerprint(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    fingerprint: Fingerprint,
) -> Result<Option<WithAuthority>, Error> {
    only_the_program(scope)?;
    let found: Option<(ClientCertificateRow, Option<String>)> = client_certificates::table
        .left_join(
            certificate_authorities::table.on(certificate_authorities::organiser_id
                .eq(client_certificates::organiser_id)
                .and(certificate_authorities::id.eq(client_certificates::authority_id))
                .and(certificate_authorities::withdrawn_at.is_null())),
        )
        .filter(client_certificates::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(client_certificates::fingerprint.eq(fingerprint.to_string()))
        .filter(client_certificates::withdrawn_at.is_null())
        .select((ClientCertificateRow::as_select(), certificate_authorities::certificate.nullable()))
        .first(connection)
        .optional()?;
    let Some((row, authority)) = found else { return Ok(None) };
    let id = row.id;
    let authority = authority.map(|text| STANDARD.decode(text)).transpose();
    let authority = authority.map_err(|_| Error::Inconsistent {
        table: ClientCertificateRow::TABLE,
        id: id.0.to_string(),
        detail: "its authority's certificate cannot be read".to_owned(),
    })?;
    Ok(Some((saved(row)?, authority)))
}

/// How many certificates of a client are in force.
///
/// # Errors
/// A failure of the database.
pub fn count_in_force(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    client: ClientId,
) -> Result<usize, Error> {
    let count: i64 = reachable(scope, client)
        .filter(client_certificates::revoked_at.is_null())
        .filter(client_certificates::expires_at.gt(Ts::of(scope.now())))
        .count()
        .get_result(connection)?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Whether the id is in use.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: ClientCertificateId,
) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(exists(client_certificates::table.find(key))).get_result(connection)?)
}

/// One page of a client's certificates; of those only that expire before an instant, and in force or not, where asked.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    client: ClientId,
    revoked: Option<bool>,
    request: &PageRequest<ClientCertificateSort>,
) -> Result<Page<SavedCertificate>, Error> {
    let mut query = reachable(scope, client);
    query = match revoked {
        Some(true) => query.filter(client_certificates::revoked_at.is_not_null()),
        Some(false) => query.filter(client_certificates::revoked_at.is_null()),
        None => query,
    };
    if let Some(after) = request.modified_after {
        query = query.filter(client_certificates::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        ClientCertificateSort::ExpiresAt => {
            keyset!(query, request, client_certificates::expires_at, client_certificates::id, instant)
        }
        ClientCertificateSort::CreatedAt => {
            keyset!(query, request, client_certificates::created_at, client_certificates::id, instant)
        }
        ClientCertificateSort::ModifiedAt => {
            keyset!(query, request, client_certificates::modified_at, client_certificates::id, instant)
        }
    };
    let rows = query.select(ClientCertificateRow::as_select()).load(connection)?;
    let cursor = |row: &ClientCertificateRow| Cursor {
        key: instant_key(match request.sort {
            ClientCertificateSort::ExpiresAt => row.expires_at,
            ClientCertificateSort::CreatedAt => row.created_at,
            ClientCertificateSort::ModifiedAt => row.modified_at,
        }),
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(saved)
}

/// Holds the client until the end of the transaction: its certificates are counted by one at a time.
///
/// # Errors
/// A failure of the database.
pub fn lock_client(tx: &mut Tx<'_>, client: ClientId) -> Result<(), Error> {
    tx.lock_in("clients", &[Uid::of(client)])
}

/// Enters a certificate.
///
/// # Errors
/// A failure of the database.
pub fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ClientCertificateId,
    certificate: &ClientCertificate,
) -> Result<SavedCertificate, Error> {
    value_row::insert::<ClientCertificateRow>(tx, scope, id, certificate)
}

/// Saves a new state of a certificate: revoked, or a notice given.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &SavedCertificate,
    certificate: &ClientCertificate,
) -> Result<SavedCertificate, Error> {
    value_row::update::<ClientCertificateRow>(tx, scope, before, certificate)
}

/// The lock that lets one server of all give notices at a time.
const LOCK: i64 = 0x736b_6f6c_6875_7310;

/// Whether it is this transaction's turn to give notices; false when another server is at it.
///
/// # Errors
/// A failure of the database.
pub fn is_our_turn(tx: &mut Tx<'_>) -> Result<bool, Error> {
    tx.alone(LOCK)
}

/// The organisers with certificates that expire before the first notice's time has passed. Only for the program itself.
///
/// # Errors
/// A denial; a failure of the database.
pub fn organisers_with_expiring(
    connection: &mut DatabaseConnection,
    scope: &Scope,
) -> Result<Vec<OrganiserId>, Error> {
    only_the_program(scope)?;
    let rows: Vec<Uid> = client_certificates::table
        .filter(client_certificates::revoked_at.is_null())
        .filter(client_certificates::expires_at.gt(Ts::of(scope.now())))
        .filter(client_certificates::expires_at.le(horizon(scope)))
        .select(client_certificates::organiser_id)
        .distinct()
        .load(connection)?;
    Ok(rows.into_iter().map(Uid::to).collect())
}

/// The certificates of an organiser that expire before the first notice's time has passed. Only for the program itself.
///
/// # Errors
/// A denial; a failure of the database.
pub fn expiring(connection: &mut DatabaseConnection, scope: &Scope) -> Result<Vec<SavedCertificate>, Error> {
    only_the_program(scope)?;
    let rows: Vec<ClientCertificateRow> = client_certificates::table
        .filter(client_certificates::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(client_certificates::revoked_at.is_null())
        .filter(client_certificates::withdrawn_at.is_null())
        .filter(client_certificates::expires_at.gt(Ts::of(scope.now())))
        .filter(client_certificates::expires_at.le(horizon(scope)))
        .order(client_certificates::id.asc())
        .select(ClientCertificateRow::as_select())
        .load(connection)?;
    all_saved(rows)
}

/// Until when a certificate may expire for a notice to be due.
fn horizon(scope: &Scope) -> Ts {
    let days = NOTICE_DAYS.into_iter().max().unwrap_or_default();
    Ts::of(scope.now() + chrono::Duration::days(days.into()))
}

impl ValueRow for ClientCertificateRow {
    type Id = ClientCertificateId;
    type Value = ClientCertificate;

    fn of(organiser_id: Uid, id: Uid, now: Ts, certificate: &ClientCertificate) -> Self {
        let ClientCertificate {
            client,
            authority,
            renews,
            serial,
            fingerprint,
            key,
            der,
            valid_from,
            expires_at,
            allowed_networks,
            noticed_days,
            revoked,
        } = certificate;
        let networks: Vec<String> = allowed_networks.iter().map(ToString::to_string).collect();
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            client_id: Uid::of(*client),
            authority_id: Uid::of(*authority),
            renews_id: renews.map(Uid::of),
            serial: serial.clone(),
            fingerprint: fingerprint.to_string(),
            key_kind: key.code().to_owned(),
            certificate: STANDARD.encode(der),
            valid_from: Ts::of(*valid_from),
            expires_at: Ts::of(*expires_at),
            allowed_networks: Json(json!(networks)),
            noticed_days: noticed_days.map(i32::from),
            revoked_at: revoked.map(|revocation| Ts::of(revocation.at)),
            revocation_reason: revoked.map(|revocation| revocation.reason.code().to_owned()),
        }
    }

    fn into_value(self) -> Result<ClientCertificate, Error> {
        let Self {
            organiser_id: _,
            id,
            version: _,
            created_at: _,
            modified_at: _,
            withdrawn_at: _,
            client_id,
            authority_id,
            renews_id,
            serial,
            fingerprint,
            key_kind,
            certificate,
            valid_from,
            expires_at,
            allowed_networks,
            noticed_days,
            revoked_at,
            revocation_reason,
        } = self;
        let inconsistent = |detail: &str| Error::Inconsistent {
            table: Self::TABLE,
            id: id.0.to_string(),
            detail: detail.to_owned(),
        };
        let revoked = match (revoked_at, revocation_reason) {
            (None, None) => None,
            (Some(at), Some(reason)) => {
                let reason = RevocationReason::from_code(&reason);
                let reason = reason.map_err(|_| inconsistent("an unknown reason"))?;
                Some(Revocation { at: at.0, reason })
            }
            (Some(_), None) | (None, Some(_)) => return Err(inconsistent("half a revocation")),
        };
        let noticed_days = noticed_days.map(u16::try_from).transpose();
        Ok(ClientCertificate {
            client: client_id.to(),
            authority: authority_id.to::<CertificateAuthorityId>(),
            renews: renews_id.map(Uid::to),
            serial,
            fingerprint: Fingerprint::parse(&fingerprint)
                .ok_or_else(|| inconsistent("the fingerprint is none"))?,
            key: CertificateKey::from_code(&key_kind)
                .ok_or_else(|| inconsistent("an unknown kind of key"))?,
            der: STANDARD.decode(&certificate).map_err(|_| inconsistent("the certificate cannot be read"))?,
            valid_from: valid_from.0,
            expires_at: expires_at.0,
            allowed_networks: networks(allowed_networks).map_err(inconsistent)?,
            noticed_days: noticed_days.map_err(|_| inconsistent("no number of days"))?,
            revoked,
        })
    }
}
