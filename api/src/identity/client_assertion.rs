//! What a client signs to show who it is, instead of telling a secret (RFC 7523; `private_key_jwt` of OpenID Connect).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use skolhus_domain::{
    id::{ClientId, Id},
    identity::{ClientKey, KeyAlgorithm, KeyMaterial},
};
use uuid::Uuid;

use super::logins::hash_of;

/// The one type of assertion that is taken.
pub(crate) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How far ahead an assertion may expire: 10 minutes. So long its use is remembered.
const LONGEST_LIFE: Duration = Duration::minutes(10);

/// How far a client's clock may be ahead of ours.
const SKEW: Duration = Duration::seconds(60);

/// The longest name that a client gives to what it signs.
const LONGEST_JTI: usize = 200;

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: f64,
    iat: Option<f64>,
    nbf: Option<f64>,
    jti: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    /// Whether it is meant for us and for nobody else, who could use it here.
    fn is_only(&self, ours: &[String]) -> bool {
        match self {
            Self::One(audience) => ours.contains(audience),
            Self::Several(audiences) => {
                !audiences.is_empty() && audiences.iter().all(|audience| ours.contains(audience))
            }
        }
    }
}

/// An assertion that is a client's own. It is worth something only the first time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Asserted {
    /// Stands for what the client called it.
    pub(crate) hash: String,
    /// Until when its use must be remembered.
    pub(crate) expires_at: DateTime<Utc>,
}

/// Whom an assertion is said to be of, before anything is believed.
pub(crate) fn claimed_by(assertion: &str) -> Option<Uuid> {
    #[derive(Deserialize)]
    struct Claim {
        sub: String,
    }
    let claims = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1)?).ok()?;
    let Claim { sub } = serde_json::from_slice(&claims).ok()?;
    Uuid::try_parse(&sub).ok()
}

/// Checks an assertion with the client's keys. The reason for a refusal is for the log alone.
pub(crate) fn verify(
    assertion: &str,
    client: ClientId,
    keys: &[ClientKey],
    base_url: &str,
    now: DateTime<Utc>,
) -> Result<Asserted, &'static str> {
    if base_url.is_empty() {
        return Err("base_url is not set, so no audience is right");
    }
    let header = jsonwebtoken::decode_header(assertion).map_err(|_| "its head cannot be read")?;
    if header.crit.is_some() {
        return Err("it asks for an extension");
    }
    let kid = header.kid.ok_or("it names no key")?;
    let key = keys.iter().find(|key| key.kid == kid).ok_or("the client has no key of that name")?;
    if !key.is_in_use(now) {
        return Err("the key has expired");
    }
    // The key says how it signs, and not the one who shows what it signed.
    let algorithm = algorithm(key.algorithm);
    if header.alg != algorithm {
        return Err("it is signed in another way than the key's");
    }
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    // The claims are checked below, against the clock that was handed in.
    (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
    let decoded = jsonwebtoken::decode::<Claims>(assertion, &decoding_key(&key.material), &validation);
    let claims = decoded.map_err(|_| "its signature or its claims are wrong")?.claims;

    let is_client = |name: &str| Uuid::try_parse(name) == Ok(client.uuid());
    if !is_client(&claims.iss) || !is_client(&claims.sub) {
        return Err("it is of another client");
    }
    if !claims.aud.is_only(&[format!("{base_url}/v1/tokens"), base_url.to_owned()]) {
        return Err("it is meant for somebody else");
    }
    let instant = |seconds: f64| DateTime::from_timestamp_millis((seconds * 1000.0) as i64);
    let expires_at = instant(claims.exp).ok_or("its expiry is no instant")?;
    if expires_at <= now {
        return Err("it has expired");
    }
    if expires_at > now + LONGEST_LIFE {
        return Err("it would be good for too long");
    }
    for begins in [claims.iat, claims.nbf].into_iter().flatten() {
        if instant(begins).is_none_or(|begins| begins > now + SKEW) {
            return Err("it is not good yet");
        }
    }
    if claims.jti.is_empty() || claims.jti.len() > LONGEST_JTI {
        return Err("its name is missing or too long");
    }
    Ok(Asserted { hash: hash_of(&format!("{client}\n{}", claims.jti)), expires_at })
}

/// Whether a key is one of its curve, and none with which anything would be signed.
pub(crate) fn is_on_its_curve(material: &KeyMaterial) -> bool {
    match material {
        KeyMaterial::Rsa { .. } => true,
        // Nothing is signed here; a point that is none is refused before that is looked at.
        KeyMaterial::P256 { .. } => {
            jsonwebtoken::crypto::verify("", b"", &decoding_key(material), Algorithm::ES256).is_ok()
        }
        KeyMaterial::Ed25519(x) => ed25519_dalek::VerifyingKey::from_bytes(x).is_ok_and(|key| !key.is_weak()),
    }
}

pub(crate) fn algorithm(algorithm: KeyAlgorithm) -> Algorithm {
    match algorithm {
        KeyAlgorithm::Rs256 => Algorithm::RS256,
        KeyAlgorithm::Ps256 => Algorithm::PS256,
        KeyAlgorithm::Es256 => Algorithm::ES256,
        KeyAlgorithm::EdDsa => Algorithm::EdDSA,
    }
}

pub(crate) fn decoding_key(material: &KeyMaterial) -> DecodingKey {
    match material {
        KeyMaterial::Rsa { modulus, exponent } => DecodingKey::from_rsa_raw_components(modulus, exponent),
        // As SEC 1 writes a point that is not compressed.
        KeyMaterial::P256 { x, y } => DecodingKey::from_ec_der(&[&[4], x.as_slice(), y.as_slice()].concat()),
        KeyMaterial::Ed25519(x) => DecodingKey::from_ed_der(x),
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey};
    use jsonwebtoken::{EncodingKey, Header};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const HERE: &str = "https://skola.exempel.se";
    const NOW: i64 = 1_790_000_000;

    fn id() -> ClientId {
        ClientId::from_uuid(Uuid::from_u128(7))
    }

    fn signing(number: u8) -> SigningKey {
        SigningKey::from_bytes(&[number; 32])
    }

    fn key(kid: &str, number: u8) -> ClientKey {
        let public = signing(number).verifying_key().to_bytes();
        ClientKey {
            client: id(),
            kid: kid.to_owned(),
            algorithm: KeyAlgorithm::EdDsa,
            material: KeyMaterial::Ed25519(public),
            expires_at: None,
        }
    }

    fn claims() -> Value {
        let id = id().to_string();
        json!({ "iss": id, "sub": id, "aud": format!("{HERE}/v1/tokens"), "exp": NOW + 300, "iat": NOW, "jti": "ett" })
    }

    fn signed(header: &Header, claims: &Value, number: u8) -> String {
        let der = signing(number).to_pkcs8_der().unwrap();
        jsonwebtoken::encode(header, claims, &EncodingKey::from_ed_der(der.as_bytes())).unwrap()
    }

    fn head() -> Header {
        Header { kid: Some("nyckel-1".to_owned()), ..Header::new(Algorithm::EdDSA) }
    }

    fn judged(assertion: &str) -> Result<Asserted, &'static str> {
        let now = DateTime::from_timestamp(NOW, 0).unwrap();
        verify(assertion, id(), &[key("nyckel-0", 3), key("nyckel-1", 1)], HERE, now)
    }

    #[test]
    fn what_a_client_signs_shows_who_it_is() {
        let asserted = judged(&signed(&head(), &claims(), 1)).unwrap();
        assert_eq!(asserted.expires_at.timestamp(), NOW + 300);
        let with = |changes: Value| {
            let mut all = claims();
            all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            judged(&signed(&head(), &all, 1))
        };
        // The issuer as audience, a list of one, ten minutes to the second, a clock ahead of ours, no iat, parts of seconds.
        for fine in [
            json!({ "aud": HERE }),
            json!({ "aud": [format!("{HERE}/v1/tokens")] }),
            json!({ "exp": NOW + 600 }),
            json!({ "iat": NOW + 60, "nbf": NOW + 60 }),
            json!({ "iat": null }),
            json!({ "exp": NOW as f64 + 10.5 }),
            json!({ "sub": id().to_string().to_uppercase(), "role": "skolschema" }),
        ] {
            assert!(with(fine.clone()).is_ok(), "{fine}");
        }
        let other = Uuid::from_u128(8).to_string();
        for wrong in [
            json!({ "iss": other }),
            json!({ "sub": other }),
            json!({ "iss": "", "sub": "" }),
            json!({ "aud": "skolhus" }),
            json!({ "aud": "" }),
            json!({ "aud": [] }),
            json!({ "aud": format!("{HERE}/") }),
            json!({ "aud": "https://skola.exempel.se.ond.example/v1/tokens" }),
            json!({ "aud": [HERE, "https://annan.exempel.se"] }),
            json!({ "aud": null }),
            json!({ "exp": NOW }),
            json!({ "exp": NOW - 1 }),
            json!({ "exp": NOW + 601 }),
            json!({ "exp": 1e300 }),
            json!({ "exp": "snart" }),
            json!({ "exp": null }),
            json!({ "iat": NOW + 61 }),
            json!({ "nbf": NOW + 61 }),
            json!({ "nbf": "nu" }),
            json!({ "jti": "" }),
            json!({ "jti": null }),
            json!({ "jti": "å".repeat(101) }),
        ] {
            assert!(with(wrong.clone()).is_err(), "{wrong}");
        }
        // Another name is another use.
        assert_ne!(with(json!({ "jti": "två" })).unwrap().hash, asserted.hash);
        assert_eq!(with(json!({ "exp": NOW + 200 })).unwrap().hash, asserted.hash);
    }

    #[test]
    fn only_the_key_that_is_named_counts_and_only_in_its_way() {
        let whole = signed(&head(), &claims(), 1);
        let [header, body, signature] = whole.split('.').collect::<Vec<_>>().try_into().unwrap();
        let text = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let none = text(json!({ "alg": "none", "kid": "nyckel-1" }));
        let mut more = claims();
        more["jti"] = json!("två");
        for forged in [
            format!("{none}.{body}."),
            format!("{none}.{body}.{signature}"),
            format!("{header}.{}.{signature}", text(more)),
            format!("{header}.{body}."),
            format!("{header}.{body}"),
            format!("{whole}.{signature}"),
            String::new(),
            "..".to_owned(),
        ] {
            assert!(judged(&forged).is_err(), "{forged}");
        }
        // Signed with another key under this name, with this key under another's, under none, under one that there is not.
        assert!(judged(&signed(&head(), &claims(), 3)).is_err());
        for kid in [Some("nyckel-0"), Some("nyckel-2"), Some(""), None] {
            let head = Header { kid: kid.map(str::to_owned), ..head() };
            assert!(judged(&signed(&head, &claims(), 1)).is_err(), "{kid:?}");
        }
        let head = Header { crit: Some(vec!["exp".to_owned()]), ..head() };
        assert!(judged(&signed(&head, &claims(), 1)).is_err());
        // The public key is no shared secret.
        let public = signing(1).verifying_key().to_bytes();
        for secret in [public.to_vec(), URL_SAFE_NO_PAD.encode(public).into_bytes()] {
            let head = Header { kid: Some("nyckel-1".to_owned()), ..Header::new(Algorithm::HS256) };
            let forged = jsonwebtoken::encode(&head, &claims(), &EncodingKey::from_secret(&secret)).unwrap();
            assert!(judged(&forged).is_err());
        }
        let now = DateTime::from_timestamp(NOW, 0).unwrap();
        let old = ClientKey { expires_at: Some(now), ..key("nyckel-1", 1) };
        assert_eq!(verify(&whole, id(), &[old], HERE, now), Err("the key has expired"));
        assert!(verify(&whole, id(), &[key("nyckel-1", 1)], "", now).is_err(), "nobody knows where here is");
        assert!(verify(&whole, ClientId::from_uuid(Uuid::nil()), &[key("nyckel-1", 1)], HERE, now).is_err());
    }

    #[test]
    fn a_key_lies_on_its_curve() {
        assert!(is_on_its_curve(&key("a", 1).material));
        // The point of order one: anything is signed with it.
        let mut weak = [0; 32];
        weak[0] = 1;
        assert!(!is_on_its_curve(&KeyMaterial::Ed25519(weak)));
        let bytes = |text: &str| <[u8; 32]>::try_from(URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
        let x = bytes("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
        let y = bytes("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
        assert!(is_on_its_curve(&KeyMaterial::P256 { x, y }));
        assert!(!is_on_its_curve(&KeyMaterial::P256 { x: y, y: x }));
        assert!(!is_on_its_curve(&KeyMaterial::P256 { x: [0; 32], y: [0; 32] }));
    }

    proptest! {
        #[test]
        fn nothing_that_is_sent_panics(text in "[A-Za-z0-9_.=-]{0,80}", head in "[ -~]{0,40}", body in "[ -~]{0,40}") {
            let made = format!("{}.{}.{text}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(body));
            for sent in [text, made] {
                prop_assert!(judged(&sent).is_err());
                prop_assert_eq!(claimed_by(&sent), None);
            }
        }
    }
}
