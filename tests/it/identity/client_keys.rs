//! Clients that sign who they are with keys of their own.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Duration;
use futures_util::future::join_all;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use serde_json::{Value, json};
use skolhus_api::change::housekeeping;
use skolhus_domain::access::Role;
use skolhus_tests::{
    on_both,
    register::School,
    server::{Answer, TestServer},
    signing::Signer,
};

use super::clients::{Integrator, token_of};

const HERE: &str = "https://skola.exempel.se";

async fn post(server: &TestServer, token: &str, path: &str, body: Value) -> Answer {
    server.post(path, &body).token(token).send().await
}

async fn ask(server: &TestServer, assertion: &str, more: &str) -> Answer {
    let form = format!(
        "grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer\
         &client_assertion={assertion}{more}"
    );
    let request = server.request(Method::POST, "/v1/tokens");
    request.body("application/x-www-form-urlencoded", form).send().await
}

/// What a client claims, under a name that it has not used.
fn claims(server: &TestServer, client: &str) -> Value {
    let now = server.state.clock.now().timestamp();
    json!({ "iss": client, "sub": client, "aud": format!("{HERE}/v1/tokens"), "iat": now, "exp": now + 120,
        "jti": server.state.fresh_uuid().to_string() })
}

on_both! {
    async fn a_client_signs_who_it_is(server: TestServer) {
        let server = server.restart_at(HERE, &[]).await;
        let school = School::enter(&server).await;
        let admin = school.token(&server, Role::Administrator).await;
        let new = json!({ "name": "Schemaläggaren i Åkerö", "scopes": ["course:read", "organisation:read"] });
        let client = Integrator::register(&server, &admin, new.clone()).await;
        let other = Integrator::register(&server, &admin, new).await;
        let keys = format!("{}/keys", client.path);
        let (ed, ec, rsa, pss) = (Signer::ed25519(), Signer::p256(), Signer::rsa(false), Signer::rsa(true));

        // The public half, under a name of its own.
        let mut private = ed.jwk("nyckel-0");
        private["d"] = json!("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
        let refused = post(&server, &admin, &keys, json!({ "jwk": private })).await.expect(400);
        assert!(!refused.text.contains("nWGxne"));
        let mut changed = ec.jwk("nyckel-0");
        changed["x"] = changed["y"].clone();
        assert_eq!(post(&server, &admin, &keys, json!({ "jwk": changed })).await.expect(422).refused(), ["/jwk/x"]);
        let mut secret = ed.jwk("nyckel-0");
        secret["alg"] = json!("HS256");
        assert_eq!(post(&server, &admin, &keys, json!({ "jwk": secret })).await.expect(422).refused(), ["/jwk/alg"]);
        let first = post(&server, &admin, &keys, json!({ "jwk": ed.jwk("nyckel-1") })).await.expect(201);
        let first_at = format!("{keys}/{}", first.body["id"].as_str().unwrap());
        assert_eq!(first.headers["location"], first_at.as_str());
        assert_eq!(first.body["jwk"]["x"], ed.jwk("")["x"]);
        let again = post(&server, &admin, &keys, json!({ "jwk": ec.jwk("nyckel-1") })).await.expect(422);
        assert_eq!(again.refused(), ["/jwk/kid"]);
        let soon = server.state.clock.now() + Duration::minutes(3);
        for (jwk, expires) in [(ec.jwk("ec"), None), (rsa.jwk("rsa"), None), (pss.jwk("pss"), None), (ed.jwk("kort"), Some(soon))] {
            post(&server, &admin, &keys, json!({ "jwk": jwk, "expiresAt": expires })).await.expect(201);
        }
        post(&server, &admin, &keys, json!({ "jwk": ed.jwk("nyckel-6") })).await.expect(409);
        let listed = server.get(&keys).token(&admin).send().await.expect(200);
        let kids: Vec<&str> = listed.body["data"].as_array().unwrap().iter().map(|key| key["jwk"]["kid"].as_str().unwrap()).collect();
        assert_eq!(kids, ["nyckel-1", "ec", "rsa", "pss", "kort"]);
        let elsewhere = School::enter(&server).await.token(&server, Role::Administrator).await;
        for path in [&keys, &first_at] {
            server.get(path).token(&elsewhere).send().await.expect(404);
        }
        let theirs = format!("{}/keys/{}", other.path, first.body["id"].as_str().unwrap());
        server.get(&theirs).token(&admin).send().await.expect(404);
        server.delete(&theirs, "*").token(&admin).send().await.expect(404);

        // Each way of signing gives a token, and a secret is needed no more.
        client_without_secret(&server, &admin, &client).await;
        for (signer, kid) in [(&ed, "nyckel-1"), (&ec, "ec"), (&rsa, "rsa"), (&pss, "pss"), (&ed, "kort")] {
            let assertion = signer.sign(kid, &claims(&server, &client.id));
            let answer = ask(&server, &assertion, "&scope=course:read").await;
            assert_eq!(answer.status, 200, "{kid}: {}", answer.text);
            server.get("/v1/courses").token(&token_of(&answer)).send().await.expect(200);
            server.get("/v1/school-units").token(&token_of(&answer)).send().await.expect(403);
            // Once, and never again.
            assert_eq!(ask(&server, &assertion, "").await.expect(401).body["code"], "wrong-credentials");
        }
        let good = async || {
            let answer = ask(&server, &ed.sign("nyckel-1", &claims(&server, &client.id)), "").await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        };
        good().await;

        // Of many at once exactly one.
        let assertion = ed.sign("nyckel-1", &claims(&server, &client.id));
        let answers = join_all((0..5).map(|_| ask(&server, &assertion, ""))).await;
        let given = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(given, 1, "{answers:?}");
        good().await;

        // Everything else is refused in the same words, and counted.
        let with = |changes: Value| {
            let mut all = claims(&server, &client.id);
            all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            all
        };
        let now = server.state.clock.now().timestamp();
        let whole = ed.sign("nyckel-1", &claims(&server, &client.id));
        let [head, body, signature] = whole.split('.').collect::<Vec<_>>().try_into().unwrap();
        let none = URL_SAFE_NO_PAD.encode(json!({ "alg": "none", "kid": "nyckel-1" }).to_string());
        let tampered = URL_SAFE_NO_PAD.encode(with(json!({})).to_string());
        let shared = Header { kid: Some("nyckel-1".to_owned()), ..Header::new(Algorithm::HS256) };
        let public = EncodingKey::from_secret(ed.jwk("")["x"].as_str().unwrap().as_bytes());
        let mut words = std::collections::BTreeSet::new();
        for (what, assertion) in [
            ("no signature", format!("{none}.{body}.")),
            ("another body", format!("{head}.{tampered}.{signature}")),
            ("the public key as a secret", jsonwebtoken::encode(&shared, &with(json!({})), &public).unwrap()),
            ("another key's name", ec.sign("nyckel-1", &with(json!({})))),
            ("another way than the key's", rsa.sign("pss", &with(json!({})))),
            ("a key that there is not", ed.sign("nyckel-9", &with(json!({})))),
            ("another audience", ed.sign("nyckel-1", &with(json!({ "aud": "https://annan.exempel.se/v1/tokens" })))),
            ("another issuer", ed.sign("nyckel-1", &with(json!({ "iss": other.id })))),
            ("expired", ed.sign("nyckel-1", &with(json!({ "exp": now - 1 })))),
            ("good for too long", ed.sign("nyckel-1", &with(json!({ "exp": now + 601 })))),
            ("not good yet", ed.sign("nyckel-1", &with(json!({ "nbf": now + 100 })))),
            ("without a name", ed.sign("nyckel-1", &with(json!({ "jti": null })))),
        ] {
            let answer = ask(&server, &assertion, "").await;
            assert_eq!(answer.status, 401, "{what}: {}", answer.text);
            words.insert(answer.body["detail"].to_string());
            good().await;
        }
        // A client's key is no other client's, and it says itself whom it is of.
        ask(&server, &ed.sign("nyckel-1", &claims(&server, &other.id)), "").await.expect(401);
        ask(&server, &ed.sign("nyckel-1", &claims(&server, &client.id)), &format!("&client_id={}", other.id)).await.expect(401);
        ask(&server, &ed.sign("nyckel-1", &claims(&server, &client.id)), &format!("&client_id={}", client.id)).await.expect(200);
        ask(&server, "a.b.c", "").await.expect(401);
        ask(&server, &whole, "&client_secret=x").await.expect(400);
        assert_eq!(words.len(), 1, "{words:?}");

        // An expired key, and one that was withdrawn.
        server.clock.advance(Duration::minutes(4));
        ask(&server, &ed.sign("kort", &claims(&server, &client.id)), "").await.expect(401);
        let admin = school.token(&server, Role::Administrator).await;
        server.delete(&first_at, "\"9\"").token(&admin).send().await.expect(412);
        server.delete(&first_at, &first.etag()).token(&admin).send().await.expect(204);
        server.get(&first_at).token(&admin).send().await.expect(404);
        ask(&server, &ed.sign("nyckel-1", &claims(&server, &client.id)), "").await.expect(401);
        post(&server, &admin, &keys, json!({ "jwk": ed.jwk("nyckel-1") })).await.expect(201);

        // Five failures, and one has to wait also with what would be right.
        good().await;
        for _ in 0..5 {
            ask(&server, &ed.sign("kort", &claims(&server, &client.id)), "").await.expect(401);
        }
        ask(&server, &ed.sign("nyckel-1", &claims(&server, &client.id)), "").await.expect(429);

        // What was used is forgotten when it is worth nothing anyway.
        let mut raw = server.raw();
        let mut used = || raw.text("SELECT cast(count(*) AS text) AS value FROM used_assertions").parse::<u32>().unwrap();
        let kept = used();
        assert!(kept > 15, "{kept}");
        housekeeping::pass(&server.state, 500).await.unwrap();
        assert_eq!(used(), kept);
        server.clock.advance(Duration::minutes(75));
        housekeeping::pass(&server.state, 500).await.unwrap();
        assert_eq!(used(), 0);
        drop(raw);

        // Where nobody knows the server's address there is no right audience.
        let server = server.restart_at("", &[]).await;
        for audience in ["", "skolhus", "/v1/tokens"] {
            let mut all = claims(&server, &client.id);
            all["aud"] = json!(audience);
            ask(&server, &ed.sign("nyckel-1", &all), "").await.expect(401);
        }
        server.stop().await;
    }
}

/// Takes the client's secret away; it gets no other.
async fn client_without_secret(server: &TestServer, admin: &str, client: &Integrator) {
    client.token_here(server).await;
    let change = json!({ "keysOnly": true });
    let changed = server.patch(&client.path, "*", &change).token(admin).send().await.expect(200);
    assert_eq!(changed.body["keysOnly"], true);
    post(server, admin, &format!("{}/secret", client.path), Value::Null).await.expect(409);
    for form in [client.form(), client.form().replace(&client.secret, "")] {
        let request = server.request(Method::POST, "/v1/tokens");
        request.body("application/x-www-form-urlencoded", form).send().await.expect(401);
    }
}
