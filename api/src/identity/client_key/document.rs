//! A client's key as the interface shows it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    id::Id,
    identity::{ClientKey, KeyAlgorithm, KeyMaterial},
};
use skolhus_persistence::identity::client_key::SavedKey;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::words::{codes, words};

words! {
    /// How a key signs.
    KeyAlgorithmWord("KeyAlgorithm") = codes!(KeyAlgorithm);
    /// The kind of key: `RSA` for RS256 and PS256, `EC` for ES256, `OKP` for EdDSA.
    KeyKindWord("KeyKind") = vec!["RSA", "EC", "OKP"];
    /// The curve: `P-256` for ES256, `Ed25519` for EdDSA.
    KeyCurveWord("KeyCurve") = vec!["P-256", "Ed25519"];
    /// What a key is for: signing.
    KeyUseWord("KeyUse") = vec![SIGNS];
}

/// What keys here are for.
pub(super) const SIGNS: &str = "sig";

/// The public half of a key as a JSON Web Key (RFC 7517): members of a private key are refused.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ClientJwk)]
pub struct Jwk {
    /// The kind of key.
    #[schema(value_type = KeyKindWord, example = "OKP")]
    pub kty: String,
    /// What the client calls it, in the `kid` of what it signs; another name than its other keys have.
    #[schema(example = "2026-08", min_length = 1, max_length = 100, pattern = "^[!-~]+$")]
    pub kid: String,
    /// How it signs, and in no other way.
    #[schema(value_type = KeyAlgorithmWord, example = "EdDSA")]
    pub alg: String,
    /// What it is for: signing, also where it is not said.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<KeyUseWord>, example = "sig", nullable = false)]
    pub usage: Option<String>,
    /// The curve, for EC and OKP.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<KeyCurveWord>, example = "Ed25519", nullable = false)]
    pub crv: Option<String>,
    /// The first coordinate, for EC, or the key, for OKP: 32 bytes in base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        min_length = 43,
        max_length = 43,
        pattern = "^[A-Za-z0-9_-]+$",
        nullable = false
    )]
    pub x: Option<String>,
    /// The second coordinate, for EC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        min_length = 43,
        max_length = 43,
        pattern = "^[A-Za-z0-9_-]+$",
        nullable = false
    )]
    pub y: Option<String>,
    /// The modulus, for RSA: 2,048 to 4,096 bits in base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0B\
                   m4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5\
                   z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7\
                   aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
        min_length = 342,
        max_length = 684,
        pattern = "^[A-Za-z0-9_-]+$",
        nullable = false
    )]
    pub n: Option<String>,
    /// The exponent, for RSA: 65537 (`AQAB`) or more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "AQAB",
        min_length = 4,
        max_length = 6,
        pattern = "^[A-Za-z0-9_-]+$",
        nullable = false
    )]
    pub e: Option<String>,
}

impl Jwk {
    fn of(key: &ClientKey) -> Self {
        let (kty, crv) = key.algorithm.kind();
        let text = |bytes: &[u8]| Some(URL_SAFE_NO_PAD.encode(bytes));
        let (n, e, x, y) = match &key.material {
            KeyMaterial::Rsa { modulus, exponent } => (text(modulus), text(exponent), None, None),
            KeyMaterial::P256 { x, y } => (None, None, text(x), text(y)),
            KeyMaterial::Ed25519(x) => (None, None, text(x), None),
        };
        Self {
            kty: kty.to_owned(),
            kid: key.kid.clone(),
            alg: key.algorithm.code().to_owned(),
            usage: Some(SIGNS.to_owned()),
            crv: crv.map(str::to_owned),
            x,
            y,
            n,
            e,
        }
    }
}

/// A public key of an integrator's client.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ClientKey)]
pub struct ClientKeyDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f5")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was registered.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub modified_at: DateTime<Utc>,
    /// The key.
    pub jwk: Jwk,
    /// From when on what it signs is refused; null for never.
    #[schema(required, example = "2027-08-31T22:00:00Z")]
    pub expires_at: Option<DateTime<Utc>>,
}

impl ClientKeyDocument {
    /// The document of what is saved.
    #[must_use]
    pub fn of(saved: &SavedKey) -> Self {
        Self {
            id: saved.id.uuid(),
            version: saved.version,
            created_at: saved.created_at,
            modified_at: saved.modified_at,
            jwk: Jwk::of(&saved.value),
            expires_at: saved.value.expires_at,
        }
    }
}
