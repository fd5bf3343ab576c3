//! A client's certificate as the interface shows it.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::{
    id::Id,
    identity::{CertificateKey, RevocationReason},
};
use skolhus_persistence::identity::client_certificate::SavedCertificate;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::words::{codes, words};

words! {
    /// The kind of key in a certificate.
    CertificateKeyWord("CertificateKey") = codes!(CertificateKey);
    /// Why a certificate is revoked, as RFC 5280 names it: somebody else may have its key, another has taken its place, what
    /// used it is used no more, whoever had it shall not have it any more.
    RevocationReasonWord("RevocationReason") = codes!(RevocationReason);
}

/// A certificate of an integrator's client.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ClientCertificate)]
pub struct ClientCertificateDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f7")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was issued.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub modified_at: DateTime<Utc>,
    /// The client that it shows.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f1")]
    pub client_id: Uuid,
    /// The authority that issued it.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f8")]
    pub authority_id: Uuid,
    /// The one whose place it takes; null for none.
    #[schema(required, example = json!(null))]
    pub renews_id: Option<Uuid>,
    /// Its number, in hexadecimal digits.
    #[schema(example = "4f0e6a2d9b1c4d5e8f7a6b5c4d3e2f10")]
    pub serial: String,
    /// What it is known by: `x5t#S256`, the SHA-256 of it in base64url.
    #[schema(example = "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2")]
    pub fingerprint: String,
    /// The kind of its key.
    #[schema(value_type = CertificateKeyWord, example = "p-256")]
    pub key: &'static str,
    /// The certificate, in PEM.
    #[schema(
        example = "-----BEGIN CERTIFICATE-----\nMIIB4jCCAYmgAwIBAgIQTw5qLZscTV6PemtcTT4vEDAKBggqhkjOPQQDAjBJMS0w\nKwYDVQQDDCQwMTk5YTNmMC03YzAwLTcwMDAtODAwMC0wMDAwMDAwMDAwZjExGDAW\nBgNVBAoMD1NjaGVtYWzDpGdnYXJlbjAeFw0yNjExMjgwOTE1MTZaFw0yNzEyMjgw\nOTE1MTZaMEkxLTArBgNVBAMMJDAxOTlhM2YwLTdjMDAtNzAwMC04MDAwLTAwMDAw\nMDAwMDBmMTEYMBYGA1UECgwPU2NoZW1hbMOkZ2dhcmVuMFkwEwYHKoZIzj0CAQYI\nKoZIzj0DAQcDQgAEFkFBUB5/12tZYLD9LmKH4btYjjZAmKTG+/kp5gsj5k5aRJOT\ntfflrhzdovNGKAOhlnWaEIKJCoEyC9JtdRpRnqNTMFEwHQYDVR0OBBYEFE9FYusx\no8XLyf0R6DCuBREjY3iLMB8GA1UdIwQYMBaAFE9FYusxo8XLyf0R6DCuBREjY3iL\nMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgDZXH2VPOj+iXCbJY\nHhcyCXJmHb8u2FNKpDWDK4uJBqoCICgo0bL89EQEX4Rbz2I81R+KwIMCNCFZLwFF\nMsJ7yECc\n-----END CERTIFICATE-----\n"
    )]
    pub certificate: String,
    /// From when on it is valid.
    #[schema(example = "2026-08-17T06:09:00Z")]
    pub valid_from: DateTime<Utc>,
    /// From when on it is not.
    #[schema(example = "2027-09-16T06:10:00Z")]
    pub expires_at: DateTime<Utc>,
    /// The networks that it may be used from, of those that the client may call from; empty for all of them.
    #[schema(example = json!(["192.0.2.128/25"]))]
    pub allowed_networks: Vec<String>,
    /// How many days before it expires somebody was told last, 60, 30 or 7; null before that.
    #[schema(required, example = json!(null))]
    pub noticed_days: Option<u16>,
    /// Whether it was revoked.
    #[schema(example = false)]
    pub revoked: bool,
    /// When; null while it is not.
    #[schema(required, example = json!(null))]
    pub revoked_at: Option<DateTime<Utc>>,
    /// Why; null while it is not.
    #[schema(required, value_type = Option<RevocationReasonWord>, example = json!(null))]
    pub revocation_reason: Option<&'static str>,
}

impl ClientCertificateDocument {
    /// The document of what is saved.
    #[must_use]
    pub fn of(saved: &SavedCertificate) -> Self {
        let certificate = &saved.value;
        Self {
            id: saved.id.uuid(),
            version: saved.version,
            created_at: saved.created_at,
            modified_at: saved.modified_at,
            client_id: certificate.client.uuid(),
            authority_id: certificate.authority.uuid(),
            renews_id: certificate.renews.map(Id::uuid),
            serial: certificate.serial.clone(),
            fingerprint: certificate.fingerprint.to_string(),
            key: certificate.key.code(),
            certificate: pem(&certificate.der),
            valid_from: certificate.valid_from,
            expires_at: certificate.expires_at,
            allowed_networks: certificate.allowed_networks.iter().map(ToString::to_string).collect(),
            noticed_days: certificate.noticed_days,
            revoked: certificate.revoked.is_some(),
            revoked_at: certificate.revoked.map(|revocation| revocation.at),
            revocation_reason: certificate.revoked.map(|revocation| revocation.reason.code()),
        }
    }
}

/// A certificate in PEM: lines of 64 characters.
pub(crate) fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    for (place, character) in text.chars().enumerate() {
        if place > 0 && place % 64 == 0 {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem.push_str("\n-----END CERTIFICATE-----\n");
    pem
}
