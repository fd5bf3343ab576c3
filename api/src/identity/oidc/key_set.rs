//! Public keys that others publish (RFC 7517), and what is signed with them. How something is signed is said by the key and not
//! by whoever shows what it signed; nothing goes by a shared secret, or by none.

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::{Deserialize, de::DeserializeOwned};
use skolhus_domain::identity::{KeyAlgorithm, NewClientKey};

use super::super::client_assertion::{algorithm, decoding_key, is_on_its_curve};

/// The most keys of a set that are looked at.
const MOST_KEYS: usize = 100;

/// A set as it is published.
#[derive(Deserialize)]
pub(super) struct Published {
    keys: Vec<serde_json::Value>,
}

/// One of its keys; what else stands there does not concern us.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// Keys that may be used.
pub(crate) struct KeySet(Vec<PublicKey>);

struct PublicKey {
    kid: Option<String>,
    algorithms: Vec<KeyAlgorithm>,
    key: DecodingKey,
}

/// What the head of a token says, before anything is believed.
pub(crate) struct Head {
    pub(crate) kid: Option<String>,
    algorithm: KeyAlgorithm,
}

/// Reads the head of a token.
pub(crate) fn head(token: &str) -> Result<Head, &'static str> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| "its head cannot be read")?;
    if header.crit.is_some() {
        return Err("it asks for an extension");
    }
    let signs = |known: &KeyAlgorithm| algorithm(*known) == header.alg;
    let algorithm =
        KeyAlgorithm::ALL.into_iter().find(signs).ok_or("it is signed in a way that is not taken")?;
    Ok(Head { kid: header.kid, algorithm })
}

impl Head {
    /// The algorithm of the head.
    pub(crate) fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }
}

impl KeySet {
    /// The keys of a set that sign in a way that is taken. Others are none of our business: sets hold keys for all kinds of use.
    pub(super) fn of(published: Published) -> Self {
        let keys = published.keys.into_iter().take(MOST_KEYS);
        Self(keys.filter_map(|key| usable(serde_json::from_value(key).ok()?)).collect())
    }

    /// Whether there is the one key that a head names.
    pub(crate) fn has(&self, head: &Head) -> bool {
        self.named(head).is_some()
    }

    /// The key that a head names. Where it names none there must be one alone.
    fn named(&self, head: &Head) -> Option<&PublicKey> {
        let mut fitting = self.0.iter().filter(|key| {
            key.algorithms.contains(&head.algorithm) && (head.kid.is_none() || key.kid == head.kid)
        });
        fitting.next().filter(|_| fitting.next().is_none())
    }

    /// What a token claims, if one of these keys has signed it. When it holds, and for whom, is for the caller to look at.
    pub(crate) fn verified<C: DeserializeOwned>(&self, token: &str, head: &Head) -> Result<C, &'static str> {
        let key = self.named(head).ok_or("no key of that name is published")?;
        let signed: Algorithm = algorithm(head.algorithm);
        let mut validation = Validation::new(signed);
        validation.required_spec_claims.clear();
        // The claims are checked against the clock that was handed in.
        (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
        let decoded = jsonwebtoken::decode::<C>(token, &key.key, &validation);
        Ok(decoded.map_err(|_| "its signature or its claims are wrong")?.claims)
    }
}

fn usable(jwk: Jwk) -> Option<PublicKey> {
    let Jwk { kty, kid, alg, usage, crv, n, e, x, y } = jwk;
    if usage.is_some_and(|usage| usage != "sig") {
        return None;
    }
    // Many say nothing of RSA keys but that they are some.
    let algorithms: Vec<KeyAlgorithm> = KeyAlgorithm::ALL
        .into_iter()
        .filter(|known| {
            known.kind() == (kty.as_str(), crv.as_deref())
                && alg.as_deref().is_none_or(|alg| alg == known.code())
        })
        .collect();
    let members = NewClientKey {
        kid: "",
        alg: "",
        kty: &kty,
        crv: crv.as_deref(),
        n: n.as_deref(),
        e: e.as_deref(),
        x: x.as_deref(),
        y: y.as_deref(),
        expires_at: None,
    };
    let material = members.public_half(*algorithms.first()?).ok()?;
    is_on_its_curve(&material).then(|| PublicKey { kid, algorithms, key: decoding_key(&material) })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn set(keys: Value) -> KeySet {
        KeySet::of(serde_json::from_value(json!({ "keys": keys })).unwrap())
    }

    fn head(algorithm: KeyAlgorithm, kid: Option<&str>) -> Head {
        Head { kid: kid.map(str::to_owned), algorithm }
    }

    #[test]
    fn keys_for_other_uses_are_left_alone() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let ed = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "ett", "x": x, "x5c": ["…"], "use": "sig" });
        let keys = set(json!([
            { "kty": "oct", "kid": "två", "k": x, "alg": "HS256" },
            { "kty": "OKP", "crv": "Ed25519", "kid": "tre", "x": x, "use": "enc" },
            { "kty": "OKP", "crv": "X25519", "kid": "fyra", "x": x },
            { "kty": "RSA", "kid": "fem", "n": "AQAB", "e": "AQAB" },
            { "kty": "EC", "crv": "P-256", "kid": "sex", "x": x, "y": x },
            { "kty": "OKP", "crv": "Ed25519", "kid": "sju", "x": x, "alg": "ES256" },
            "en sträng", 7, null, {}, ed,
        ]));
        assert_eq!(keys.0.len(), 1);
        assert!(keys.has(&head(KeyAlgorithm::EdDsa, Some("ett"))));
        assert!(keys.has(&head(KeyAlgorithm::EdDsa, None)));
        assert!(!keys.has(&head(KeyAlgorithm::EdDsa, Some("tre"))));
        assert!(!keys.has(&head(KeyAlgorithm::Es256, Some("ett"))));
        // Two of one name are none.
        let twice = set(json!([ed, ed]));
        assert!(!twice.has(&head(KeyAlgorithm::EdDsa, Some("ett"))));
        assert!(!twice.has(&head(KeyAlgorithm::EdDsa, None)));
    }

    #[test]
    fn rsa_without_a_way_signs_in_both() {
        let n = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0B\
                 m4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5\
                 z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7\
                 aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
        let rsa =
            |alg: Option<&str>| set(json!([{ "kty": "RSA", "kid": "a", "n": n, "e": "AQAB", "alg": alg }]));
        for known in [KeyAlgorithm::Rs256, KeyAlgorithm::Ps256] {
            assert!(rsa(None).has(&head(known, Some("a"))));
            assert!(rsa(Some(known.code())).has(&head(known, Some("a"))));
        }
        assert!(!rsa(Some("RS256")).has(&head(KeyAlgorithm::Ps256, Some("a"))));
        assert_eq!(rsa(Some("RSA-OAEP")).0.len(), 0);
    }
}
