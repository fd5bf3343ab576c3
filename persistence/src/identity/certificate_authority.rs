//! Authorities that issue the certificates of an organiser's clients.

use base64::{Engine, engine::general_purpose::STANDARD};
use diesel::prelude::*;
use skolhus_domain::{
    access::{Identity, Permission, Reach, Scope},
    id::CertificateAuthorityId,
    identity::{AuthorityOrigin, CertificateAuthority},
};

use super::only_the_program;
use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset},
        record::{Record, record},
        tx::Tx,
        types::{Ts, Uid},
    },
    schema::certificate_authorities,
};

record! {
    /// An authority's row. Its key is sealed for this row alone.
    pub(crate) struct CertificateAuthorityRow in certificate_authorities as "certificate authority" {
        origin: String,
        name: String,
        certificate: String,
        #[serde(serialize_with = "crate::core::record::concealed")]
        sealed_key: String,
        valid_from: Ts,
        expires_at: Ts,
    }
}

/// An authority as it is saved.
pub type SavedAuthority = Saved<CertificateAuthorityId, CertificateAuthority>;

/// What a list of authorities is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CertificateAuthoritySort {
    /// When it was entered.
    #[default]
    CreatedAt,
    /// When it was changed last.
    ModifiedAt,
}

/// The authorities that a scope reaches: all for the program, and for those who manage clients of the whole organiser.
fn reachable<'a>(scope: &Scope) -> certificate_authorities::BoxedQuery<'a, MultiBackend> {
    let there = certificate_authorities::table
        .filter(certificate_authorities::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(certificate_authorities::withdrawn_at.is_null())
        .into_boxed();
    match (scope.identity(), scope.reach()) {
        (Identity::System(_), _) => there,
        (Identity::Account(..), Reach::Organiser) if scope.permission() == Permission::ManageClients => there,
        (Identity::Account(..) | Identity::Client(_), _) => {
            there.filter(certificate_authorities::id.eq_any(Vec::<Uid>::new()))
        }
    }
}

/// One authority.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: CertificateAuthorityId,
) -> Result<Option<SavedAuthority>, Error> {
    let row: Option<CertificateAuthorityRow> = reachable(scope)
        .filter(certificate_authorities::id.eq(Uid::of(id)))
        .select(CertificateAuthorityRow::as_select())
        .first(connection)
        .optional()?;
    row.map(CertificateAuthorityRow::into_saved).transpose()
}

/// The authority that issues from now on, the newest, with its sealed key. Only for the program itself.
///
/// # Errors
/// A denial; a failure of the database.
pub fn newest(
    connection: &mut DatabaseConnection,
    scope: &Scope,
) -> Result<Option<(SavedAuthority, String)>, Error> {
    only_the_program(scope)?;
    let row: Option<CertificateAuthorityRow> = reachable(scope)
        .order((certificate_authorities::created_at.desc(), certificate_authorities::id.desc()))
        .select(CertificateAuthorityRow::as_select())
        .first(connection)
        .optional()?;
    row.map(|row| {
        let sealed = row.sealed_key.clone();
        Ok((row.into_saved()?, sealed))
    })
    .transpose()
}

/// Every certificate of an authority, of whatever organiser, in DER: what a server tells callers that it knows. Only for the
/// program itself.
///
/// # Errors
/// A denial; a failure of the database.
pub fn every_certificate(connection: &mut DatabaseConnection, scope: &Scope) -> Result<Vec<Vec<u8>>, Error> {
    only_the_program(scope)?;
    let rows: Vec<CertificateAuthorityRow> = certificate_authorities::table
        .filter(certificate_authorities::withdrawn_at.is_null())
        .filter(certificate_authorities::expires_at.gt(Ts::of(scope.now())))
        .order(certificate_authorities::id.asc())
        .select(CertificateAuthorityRow::as_select())
        .load(connection)?;
    rows.into_iter().map(|row| Ok(row.into_saved()?.value.der)).collect()
}

/// Whether an authority of the organiser has not been withdrawn. For whoever may order a certificate.
///
/// # Errors
/// A failure of the database.
pub fn is_there(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: CertificateAuthorityId,
) -> Result<bool, Error> {
    let there = certificate_authorities::table
        .find((Uid::of(scope.organiser()), Uid::of(id)))
        .filter(certificate_authorities::withdrawn_at.is_null());
    Ok(diesel::select(diesel::dsl::exists(there)).get_result(connection)?)
}

/// One page of the authorities.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    request: &PageRequest<CertificateAuthoritySort>,
) -> Result<Page<SavedAuthority>, Error> {
    let mut query = reachable(scope);
    if let Some(after) = request.modified_after {
        query = query.filter(certificate_authorities::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        CertificateAuthoritySort::CreatedAt => {
            keyset!(query, request, certificate_authorities::created_at, certificate_authorities::id, instant)
        }
        CertificateAuthoritySort::ModifiedAt => {
            keyset!(
                query,
                request,
                certificate_authorities::modified_at,
                certificate_authorities::id,
                instant
            )
        }
    };
    let rows = query.select(CertificateAuthorityRow::as_select()).load(connection)?;
    let cursor = |row: &CertificateAuthorityRow| Cursor {
        key: instant_key(match request.sort {
            CertificateAuthoritySort::CreatedAt => row.created_at,
            CertificateAuthoritySort::ModifiedAt => row.modified_at,
        }),
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(CertificateAuthorityRow::into_saved)
}

/// Holds the organiser until the end of the transaction: one authority is made at a time.
///
/// # Errors
/// A failure of the database.
pub fn lock(tx: &mut Tx<'_>, scope: &Scope) -> Result<(), Error> {
    tx.lock_in("organisers", &[Uid::of(scope.organiser())])
}

/// Enters an authority, with its key sealed.
///
/// # Errors
/// A failure of the database.
pub fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: CertificateAuthorityId,
    authority: &CertificateAuthority,
    sealed_key: String,
) -> Result<SavedAuthority, Error> {
    let CertificateAuthority { origin, name, der, valid_from, expires_at } = authority;
    let now = tx.now();
    let row = CertificateAuthorityRow {
        organiser_id: Uid::of(scope.organiser()),
        id: Uid::of(id),
        version: 1,
        created_at: now,
        modified_at: now,
        withdrawn_at: None,
        origin: origin.code().to_owned(),
        name: name.clone(),
        certificate: STANDARD.encode(der),
        sealed_key,
        valid_from: Ts::of(*valid_from),
        expires_at: Ts::of(*expires_at),
    };
    tx.insert(std::slice::from_ref(&row))?;
    row.into_saved()
}

/// Withdraws an authority: it issues nothing more, and what it has issued is refused. False where there is none of that id.
///
/// # Errors
/// A failure of the database.
pub fn withdraw(tx: &mut Tx<'_>, scope: &Scope, id: CertificateAuthorityId) -> Result<bool, Error> {
    let row: Option<CertificateAuthorityRow> = reachable(scope)
        .filter(certificate_authorities::id.eq(Uid::of(id)))
        .select(CertificateAuthorityRow::as_select())
        .first(tx.connection())
        .optional()?;
    let Some(old) = row else { return Ok(false) };
    let mut new = old.clone();
    new.withdraw(tx.now());
    tx.update(&old, new)?;
    Ok(true)
}

impl CertificateAuthorityRow {
    fn into_saved(self) -> Result<SavedAuthority, Error> {
        let Self {
            organiser_id: _,
            id,
            version,
            created_at,
            modified_at,
            withdrawn_at: _,
            origin,
            name,
            certificate,
            sealed_key: _,
            valid_from,
            expires_at,
        } = self;
        let inconsistent = |detail: &str| Error::Inconsistent {
            table: Self::TABLE,
            id: id.0.to_string(),
            detail: detail.to_owned(),
        };
        let value = CertificateAuthority {
            origin: AuthorityOrigin::from_code(&origin).ok_or_else(|| inconsistent("an unknown origin"))?,
            name,
            der: STANDARD.decode(&certificate).map_err(|_| inconsistent("the certificate cannot be read"))?,
            valid_from: valid_from.0,
            expires_at: expires_at.0,
        };
        Ok(Saved { id: id.to(), version, created_at: created_at.0, modified_at: modified_at.0, value })
    }
}
