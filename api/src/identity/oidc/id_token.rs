//! What a provider has signed about somebody who logged in (OpenID Connect Core 1.0, 2 and 3.1.3.7).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use sha2::{Digest, Sha256, Sha512};
use skolhus_domain::identity::{KeyAlgorithm, LONGEST_SUBJECT, Said};

use super::key_set::{Head, KeySet};

/// How far a provider's clock may be ahead of ours.
pub(crate) const SKEW: Duration = Duration::seconds(60);

/// Whom a token is for.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Audience {
    /// One alone.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Audience {
    /// Whether somebody is among them.
    pub(crate) fn has(&self, whom: &str) -> bool {
        match self {
            Self::One(audience) => audience == whom,
            Self::Several(audiences) => audiences.iter().any(|audience| audience == whom),
        }
    }

    fn is_one(&self) -> bool {
        match self {
            Self::One(_) => true,
            Self::Several(audiences) => audiences.len() == 1,
        }
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: f64,
    iat: f64,
    nonce: Option<String>,
    at_hash: Option<String>,
    acr: Option<String>,
    email: Option<String>,
    // Some write a word instead, which is not taken for the truth.
    email_verified: Option<serde_json::Value>,
}

/// What must stand in a token.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    /// The access token that came with it.
    pub(super) access_token: Option<&'a str>,
    pub(super) now: DateTime<Utc>,
}

/// What a token says of somebody, if it is for this login and nobody's else. The reason for a refusal is for the log alone.
pub(super) fn verify(
    token: &str,
    head: &Head,
    keys: &KeySet,
    expected: &Expected<'_>,
) -> Result<Said, &'static str> {
    let claims: Claims = keys.verified(token, head)?;
    if claims.iss != expected.issuer {
        return Err("it is another issuer's");
    }
    if !claims.aud.has(expected.client_id) {
        return Err("it is for somebody else");
    }
    let authorized = claims.azp.as_deref();
    if authorized.is_some_and(|party| party != expected.client_id)
        || (authorized.is_none() && !claims.aud.is_one())
    {
        return Err("it was given to somebody else");
    }
    if instant(claims.exp).is_none_or(|expires| expires <= expected.now) {
        return Err("it has expired");
    }
    if instant(claims.iat).is_none_or(|issued| issued > expected.now + SKEW) {
        return Err("it is not good yet");
    }
    if claims.nonce.as_deref() != Some(expected.nonce) {
        return Err("it is of another login");
    }
    if let Some(hash) = &claims.at_hash {
        let given = expected.access_token.map(|token| access_token_hash(token, head.algorithm()));
        if given.as_ref() != Some(hash) {
            return Err("it came with another access token");
        }
    }
    if claims.sub.is_empty() || claims.sub.len() > LONGEST_SUBJECT {
        return Err("its subject is missing or too long");
    }
    let email_verified = claims.email_verified == Some(serde_json::Value::Bool(true));
    Ok(Said { subject: claims.sub, email: claims.email, email_verified, acr: claims.acr })
}

/// The instant that a token names in seconds.
pub(crate) fn instant(seconds: f64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis((seconds * 1000.0) as i64)
}

/// The left half of the hash that goes with the way of signing.
fn access_token_hash(token: &str, algorithm: KeyAlgorithm) -> String {
    let hash = match algorithm {
        KeyAlgorithm::EdDsa => Sha512::digest(token.as_bytes()).to_vec(),
        KeyAlgorithm::Rs256 | KeyAlgorithm::Ps256 | KeyAlgorithm::Es256 => {
            Sha256::digest(token.as_bytes()).to_vec()
        }
    };
    let half = hash.get(..hash.len() / 2).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(half)
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey};
    use jsonwebtoken::{Algorithm, EncodingKey, Header};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::{super::key_set::head, *};

    const NOW: i64 = 1_790_000_000;

    fn signing(number: u8) -> SigningKey {
        SigningKey::from_bytes(&[number; 32])
    }

    fn keys() -> KeySet {
        let jwk = |kid: &str, number| {
            let x = URL_SAFE_NO_PAD.encode(signing(number).verifying_key().to_bytes());
            json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x })
        };
        KeySet::of(serde_json::from_value(json!({ "keys": [jwk("ett", 1), jwk("två", 2)] })).unwrap())
    }

    fn claims() -> Value {
        json!({ "iss": "https://idp.exempel.se", "sub": "4711", "aud": "skolhus", "exp": NOW + 300, "iat": NOW, "nonce": "n",
            "email": "åsa@skola.exempel.se", "email_verified": true, "acr": "loa3" })
    }

    fn signed(claims: &Value, kid: &str, number: u8) -> String {
        let der = signing(number).to_pkcs8_der().unwrap();
        let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, claims, &EncodingKey::from_ed_der(der.as_bytes())).unwrap()
    }

    fn judged(token: &str) -> Result<Said, &'static str> {
        let now = DateTime::from_timestamp(NOW, 0).unwrap();
        let expected = Expected {
            issuer: "https://idp.exempel.se",
            client_id: "skolhus",
            nonce: "n",
            access_token: Some("hemlig"),
            now,
        };
        verify(token, &head(token)?, &keys(), &expected)
    }

    #[test]
    fn a_token_counts_for_one_login_of_one_party() {
        let said = judged(&signed(&claims(), "ett", 1)).unwrap();
        assert_eq!(
            (said.subject.as_str(), said.email.as_deref(), said.email_verified, said.acr.as_deref()),
            ("4711", Some("åsa@skola.exempel.se"), true, Some("loa3"))
        );
        let with = |changes: &Value| {
            let mut all = claims();
            all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            judged(&signed(&all, "ett", 1))
        };
        let whole = Sha512::digest(b"hemlig");
        for fine in [
            json!({ "aud": ["skolhus"] }),
            json!({ "aud": ["annan", "skolhus"], "azp": "skolhus" }),
            json!({ "iat": NOW + 60, "exp": NOW as f64 + 10.5 }),
            json!({ "at_hash": URL_SAFE_NO_PAD.encode(&whole[..32]) }),
        ] {
            assert!(with(&fine).is_ok(), "{fine}");
        }
        for wrong in [
            json!({ "iss": "https://elak.exempel.se" }),
            json!({ "iss": "https://idp.exempel.se/" }),
            json!({ "aud": "annan" }),
            json!({ "aud": [] }),
            json!({ "aud": ["annan", "skolhus"] }),
            json!({ "azp": "annan" }),
            json!({ "exp": NOW }),
            json!({ "exp": null }),
            json!({ "exp": "snart" }),
            json!({ "exp": f64::MAX }),
            json!({ "iat": NOW + 61 }),
            json!({ "iat": null }),
            json!({ "nonce": "m" }),
            json!({ "nonce": null }),
            json!({ "at_hash": URL_SAFE_NO_PAD.encode(&whole[..16]) }),
            json!({ "sub": "" }),
            json!({ "sub": null }),
            json!({ "sub": "å".repeat(200) }),
        ] {
            assert!(with(&wrong).is_err(), "{wrong}");
        }
        for word in [json!("true"), json!(1), json!(null), json!(false)] {
            assert!(!with(&json!({ "email_verified": word })).unwrap().email_verified);
        }
    }

    #[test]
    fn nothing_counts_that_a_published_key_has_not_signed() {
        let good = signed(&claims(), "ett", 1);
        let body = good.split('.').nth(1).unwrap();
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"ett"}"#);
        let public = signing(1).verifying_key().to_bytes();
        let header = Header { kid: Some("ett".to_owned()), ..Header::new(Algorithm::HS256) };
        let confused = jsonwebtoken::encode(&header, &claims(), &EncodingKey::from_secret(&public)).unwrap();
        for forged in [
            signed(&claims(), "två", 1),
            signed(&claims(), "tre", 1),
            signed(&claims(), "ett", 3),
            format!("{none}.{body}."),
            confused,
            good.split_at(good.len() - 2).0.to_owned(),
        ] {
            assert!(judged(&forged).is_err(), "{forged}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_sent_panics(text in "[A-Za-z0-9_.=-]{0,80}", head in "[ -~]{0,40}", body in "[ -~]{0,40}") {
            let made = format!("{}.{}.{text}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(body));
            for sent in [text, made] {
                prop_assert!(judged(&sent).is_err());
            }
        }
    }
}
