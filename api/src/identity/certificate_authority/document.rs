//! An authority as the interface shows it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::{id::Id, identity::AuthorityOrigin};
use skolhus_persistence::identity::certificate_authority::SavedAuthority;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::client_certificate::document::pem;
use crate::http::words::{codes, words};

words! {
    /// Where an authority's key comes from: `own` where Skolhus has made it, `organiser` where the operator has loaded one of the
    /// organiser's.
    AuthorityOriginWord("CertificateAuthorityOrigin") = codes!(AuthorityOrigin);
}

/// An authority that issues certificates of integrators' clients.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CertificateAuthority)]
pub struct CertificateAuthorityDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f8")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was entered.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub modified_at: DateTime<Utc>,
    /// Where its key comes from.
    #[schema(value_type = AuthorityOriginWord, example = "own")]
    pub origin: &'static str,
    /// What its certificate calls it.
    #[schema(example = "Skolhus klientcertifikat")]
    pub name: String,
    /// Its certificate, in PEM: what a proxy that ends TLS trusts clients by.
    #[schema(
        example = "-----BEGIN CERTIFICATE-----\nMIIBljCCAT2gAwIBAgIQTw5qLZscTV6PemtcTT4vEDAKBggqhkjOPQQDAjAjMSEw\nHwYDVQQDDBhTa29saHVzIGtsaWVudGNlcnRpZmlrYXQwHhcNMjYxMTI4MDkyOTQz\nWhcNMzYxMTI1MDkyOTQzWjAjMSEwHwYDVQQDDBhTa29saHVzIGtsaWVudGNlcnRp\nZmlrYXQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQWQUFQHn/Xa1lgsP0uYofh\nu1iONkCYpMb7+SnmCyPmTlpEk5O19+WuHN2i80YoA6GWdZoQgokKgTIL0m11GlGe\no1MwUTAdBgNVHQ4EFgQUT0Vi6zGjxcvJ/RHoMK4FESNjeIswHwYDVR0jBBgwFoAU\nT0Vi6zGjxcvJ/RHoMK4FESNjeIswDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQD\nAgNHADBEAiB5CBNyNhi9IAQ29IJ8pf6iZiCQvmwCAGM6+qfehYBOcQIgBNEtR7Jw\nlRsugpzotXrJa8o1bQOnQpCdnfj+lR9YqD0=\n-----END CERTIFICATE-----\n"
    )]
    pub certificate: String,
    /// From when on its certificate is valid.
    #[schema(example = "2026-08-17T06:09:00Z")]
    pub valid_from: DateTime<Utc>,
    /// From when on it is not.
    #[schema(example = "2036-08-14T06:10:00Z")]
    pub expires_at: DateTime<Utc>,
}

impl CertificateAuthorityDocument {
    /// The document of what is saved.
    #[must_use]
    pub fn of(saved: SavedAuthority) -> Self {
        let authority = saved.value;
        Self {
            id: saved.id.uuid(),
            version: saved.version,
            created_at: saved.created_at,
            modified_at: saved.modified_at,
            origin: authority.origin.code(),
            name: authority.name,
            certificate: pem(&authority.der),
            valid_from: authority.valid_from,
            expires_at: authority.expires_at,
        }
    }
}
