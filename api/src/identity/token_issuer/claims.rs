//! What a token of somebody else's claims, once its signature has been verified.

use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};
use skolhus_domain::{
    access::Permission,
    id::ClientId,
    identity::{GivenAccess, TokenIssuer},
};

use super::super::oidc::id_token::{Audience, SKEW, instant};

/// How far ahead a token may expire: those of the national test service live for days.
const LONGEST_LIFE: Duration = Duration::days(31);

/// The claims of a token, with those that every one has.
#[derive(Deserialize)]
pub(super) struct Claims {
    iss: String,
    aud: Audience,
    exp: f64,
    nbf: Option<f64>,
    iat: Option<f64>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// Whom a token stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Stands {
    pub(super) client: ClientId,
    /// The only permissions that it is good for, where it says which.
    pub(super) limited_to: Option<Vec<Permission>>,
}

/// Whom a token stands for, by the rules of an issuer. The reason for a refusal is for the log alone.
pub(super) fn judge(
    claims: &Claims,
    issuer: &TokenIssuer,
    now: DateTime<Utc>,
) -> Result<Stands, &'static str> {
    if claims.iss != issuer.issuer {
        return Err("it is another issuer's");
    }
    if !claims.aud.has(&issuer.audience) {
        return Err("it is for somebody else");
    }
    let expires = instant(claims.exp).filter(|expires| *expires > now).ok_or("it has expired")?;
    if expires > now + LONGEST_LIFE {
        return Err("it would be good for too long");
    }
    for begins in [claims.nbf, claims.iat].into_iter().flatten() {
        if instant(begins).is_none_or(|begins| begins > now + SKEW) {
            return Err("it is not good yet");
        }
    }
    // Whoever shows it would have to show a key as well, about which it is not asked here.
    if claims.others.contains_key("cnf") {
        return Err("it is bound to a key");
    }
    // Whoever logs in somewhere gets such a one, and could show it here.
    if claims.others.contains_key("nonce") || claims.others.contains_key("at_hash") {
        return Err("it says who somebody is, and gives access to nothing");
    }
    if !issuer.is_given_access(&given(claims.others.get("requested_access"))) {
        return Err("it gives access to something else");
    }
    let values = texts(claims.others.get(&issuer.client_claim));
    let client = issuer.client_of(&values).ok_or("it is nobody's who is registered")?;
    Ok(Stands { client, limited_to: scopes(&claims.others) })
}

/// The texts of a claim that has one or several.
fn texts(claim: Option<&Value>) -> Vec<&str> {
    match claim {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn given(claim: Option<&Value>) -> Vec<GivenAccess> {
    let all = claim.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let read = |access: &Value| {
        let kind = access.get("type")?.as_str()?.to_owned();
        let locations = texts(access.get("locations")).into_iter().map(str::to_owned).collect();
        Some(GivenAccess { kind, locations })
    };
    all.iter().filter_map(read).collect()
}

/// What a token is limited to; words that mean nothing here open nothing. One that says nothing is not limited.
fn scopes(claims: &Map<String, Value>) -> Option<Vec<Permission>> {
    let claim = claims.get("scope").or_else(|| claims.get("scp"))?;
    let words = texts(Some(claim)).into_iter().flat_map(str::split_whitespace);
    Some(words.filter_map(Permission::from_code).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use skolhus_domain::{
        id::Id,
        identity::{IssuedAccess, IssuedClient},
        text::Text,
    };
    use uuid::Uuid;

    use super::*;

    const NOW: i64 = 1_790_000_000;

    fn issuer() -> TokenIssuer {
        TokenIssuer {
            name: Text::line("Provtjänsten", 200).unwrap(),
            issuer: "https://auth.exempel.se".to_owned(),
            jwks_address: "https://auth.exempel.se/jwks.json".to_owned(),
            audience: "nutid".to_owned(),
            access: Some(IssuedAccess {
                kind: "ss12000-api".to_owned(),
                location: "https://skola.exempel.se/ss12000".to_owned(),
            }),
            client_claim: "organization_id".to_owned(),
            clients: vec![IssuedClient {
                value: "SE2021004185".to_owned(),
                client: ClientId::from_uuid(Uuid::from_u128(7)),
            }],
            enabled: true,
        }
    }

    fn judged(changes: Value) -> Result<Stands, &'static str> {
        let mut all = json!({
            "iss": "https://auth.exempel.se", "aud": "nutid", "exp": NOW + 864_000, "nbf": NOW, "iat": NOW,
            "organization_id": "SE2021004185", "auth_source": "tlsfed", "version": "1",
            "requested_access": [{ "type": "ss12000-api", "locations": ["https://skola.exempel.se/ss12000"] }],
        });
        all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let claims: Claims = serde_json::from_value(all).map_err(|_| "unreadable")?;
        judge(&claims, &issuer(), DateTime::from_timestamp(NOW, 0).unwrap())
    }

    #[test]
    fn a_token_of_the_national_test_service_stands_for_its_client() {
        let stands = judged(json!({})).unwrap();
        assert_eq!((stands.client.uuid(), stands.limited_to), (Uuid::from_u128(7), None));
        let limited = |changes: Value| judged(changes).unwrap().limited_to.unwrap();
        assert_eq!(
            limited(json!({ "scope": "person:read nonsens group:read" })),
            [Permission::ReadPersons, Permission::ReadGroups]
        );
        assert_eq!(limited(json!({ "scp": ["course:read"] })), [Permission::ReadCourses]);
        assert_eq!(limited(json!({ "scope": "" })), []);
        assert_eq!(limited(json!({ "scope": 7 })), []);
        for wrong in [
            json!({ "iss": "https://elak.exempel.se" }),
            json!({ "aud": "annan" }),
            json!({ "aud": null }),
            json!({ "exp": NOW }),
            json!({ "exp": NOW + 32 * 86_400 }),
            json!({ "exp": null }),
            json!({ "nbf": NOW + 61 }),
            json!({ "iat": NOW + 61 }),
            json!({ "cnf": { "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" } }),
            json!({ "nonce": "n" }),
            json!({ "at_hash": "h" }),
            json!({ "organization_id": "SE5566" }),
            json!({ "organization_id": null }),
            json!({ "organization_id": { "SE2021004185": true } }),
            json!({ "requested_access": [] }),
            json!({ "requested_access": "ss12000-api" }),
            json!({ "requested_access": [{ "type": "ss12000-api", "locations": ["https://annan.exempel.se/ss12000"] }] }),
            json!({ "requested_access": [{ "type": "ss12000-client", "locations": ["https://skola.exempel.se/ss12000"] }] }),
        ] {
            assert!(judged(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
