//! Access tokens that are not what they say: altered, swapped, expired, signed by others or by nobody.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Duration;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use skolhus_domain::access::{Level, Role};
use skolhus_tests::{on_both, register::School, signing::Signer};

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn read(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn with(value: &Value, name: &str, other: Value) -> Value {
    let mut value = value.clone();
    value[name] = other;
    value
}

on_both! {
    async fn a_token_that_is_not_what_it_says_is_nobody_s(server: TestServer) {
        let (school, elsewhere) = (School::enter(&server).await, School::enter(&server).await);
        let weak = school.token_of(&server, Role::Teacher, None, None, Level::Basic).await;
        let good = school.token_of(&server, Role::Administrator, None, None, Level::Basic).await;
        let other = elsewhere.token_of(&server, Role::Administrator, None, None, Level::High).await;
        let [head, body, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("{good}") };
        let [_, weak_body, weak_signature] = weak.split('.').collect::<Vec<_>>()[..] else { panic!("{weak}") };
        let other_body = other.split('.').nth(1).unwrap();
        let (header, claims) = (read(head), read(body));
        let kid = header["kid"].as_str().unwrap();

        let keys = server.get("/.well-known/jwks.json").send().await.expect(200);
        let public = keys.body["keys"][0]["x"].as_str().unwrap();
        assert_eq!(keys.body["keys"][0]["kid"], kid);
        // The public half as if it were a shared secret, in each way in which somebody might write it.
        let confused = [public.as_bytes().to_vec(), URL_SAFE_NO_PAD.decode(public).unwrap()].map(|secret| {
            let header = Header { kid: Some(kid.to_owned()), typ: Some("at+jwt".to_owned()), ..Header::new(Algorithm::HS256) };
            jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&secret)).unwrap()
        });
        let foreign = |claims: &Value| {
            let signed = Signer::ed25519().sign(kid, claims);
            let (_, rest) = signed.split_once('.').unwrap();
            format!("{head}.{rest}")
        };
        let mut carried = header.clone();
        carried["jwk"] = Signer::ed25519().jwk(kid);
        let asked = |change: Value| part(&change);
        let tokens = [
            ("no signature", format!("{head}.{body}.")),
            ("two parts", format!("{head}.{body}")),
            ("alg none", format!("{}.{body}.", asked(with(&header, "alg", json!("none"))))),
            ("alg none, signed", format!("{}.{body}.{signature}", asked(with(&header, "alg", json!("none"))))),
            ("the public key as a secret", confused[0].clone()),
            ("the public key's bytes as a secret", confused[1].clone()),
            ("another algorithm in its head", format!("{}.{body}.{signature}", asked(with(&header, "alg", json!("RS256"))))),
            ("another type", format!("{}.{body}.{signature}", asked(with(&header, "typ", json!("JWT"))))),
            ("no key named", format!("{}.{body}.{signature}", asked(with(&header, "kid", Value::Null)))),
            ("a key that there is not", format!("{}.{body}.{signature}", asked(with(&header, "kid", json!("0199a3f0-7c00-7000-8000-00000000dead"))))),
            ("signed by somebody else", foreign(&claims)),
            ("its own key in its head", format!("{}.{}", part(&carried), Signer::ed25519().sign(kid, &claims).split_once('.').unwrap().1)),
            ("a higher level", format!("{head}.{}.{signature}", part(&with(&claims, "acr", json!("3"))))),
            ("longer life", format!("{head}.{}.{signature}", part(&with(&claims, "exp", json!(4_000_000_000_i64))))),
            ("another organiser", format!("{head}.{}.{signature}", part(&with(&claims, "org", json!(elsewhere.organiser))))),
            ("another audience", format!("{head}.{}.{signature}", part(&with(&claims, "aud", json!("https://annan.exempel.se"))))),
            ("another issuer", format!("{head}.{}.{signature}", part(&with(&claims, "iss", json!("https://annan.exempel.se"))))),
            ("another's body", format!("{head}.{weak_body}.{signature}")),
            ("another's signature", format!("{head}.{body}.{weak_signature}")),
            ("a body from elsewhere", format!("{head}.{other_body}.{signature}")),
            ("spaces within", format!("{head} .{body}.{signature}")),
            ("four parts", format!("{good}.{signature}")),
        ];
        server.get("/v1/me").token(&good).send().await.expect(200);
        for (what, token) in &tokens {
            let answer = server.get("/v1/me").token(token).send().await;
            assert_eq!(answer.status, 401, "{what}: {}", answer.text);
            assert!(answer.headers.contains_key("www-authenticate"), "{what}");
        }
        // In another place than the header it is not looked for, and it is good for ten minutes.
        server.get(&format!("/v1/me?access_token={good}")).send().await.expect(401);
        server.clock.set(server.state.clock.now() + Duration::minutes(10));
        server.get("/v1/me").token(&good).send().await.expect(401);
        server.stop().await;
    }
}
