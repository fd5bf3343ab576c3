//! Tokens of issuers other than ourselves, which stand for registered clients.

use chrono::Duration;
use reqwest::Method;
use serde_json::{Value, json};
use skolhus_domain::access::{Level, Role};
use skolhus_tests::{
    oidc::{Instead, Provider, confused, unsigned},
    on_both,
    register::School,
    server::{Answer, TestServer},
    signing::Signer,
};

use super::clients::Integrator;

const HERE: &str = "https://skola.exempel.se/ss12000";
const TEST_SERVICE: &str = "SE2021004185";

/// A school that takes the tokens of an issuer, for a client that reads courses and persons.
struct Stage {
    server: TestServer,
    administrator: String,
    issuer: Provider,
    client: Integrator,
    path: String,
}

fn described(issuer: &Provider, client: &Integrator) -> Value {
    json!({
        "name": "Skolverkets provtjänst", "issuer": issuer.issuer, "jwksAddress": format!("{}/jwks", issuer.issuer),
        "audience": "nutid", "access": { "type": "ss12000-api", "location": HERE }, "clientClaim": "organization_id",
        "clients": [{ "value": TEST_SERVICE, "clientId": client.id }],
    })
}

async fn register(server: &TestServer, administrator: &str, new: &Value) -> Answer {
    server.post("/v1/token-issuers", new).token(administrator).send().await
}

impl Stage {
    async fn set(server: TestServer) -> Self {
        let school = School::enter(&server).await;
        let administrator = school.token_of(&server, Role::Administrator, None, None, Level::High).await;
        let new =
            json!({ "name": "Provtjänsten", "scopes": ["course:read", "person:read", "organisation:read"] });
        let client = Integrator::register(&server, &administrator, new).await;
        let issuer = Provider::start(server.state.clock.now()).await;
        let made = register(&server, &administrator, &described(&issuer, &client)).await.expect(201);
        let path = format!("/v1/token-issuers/{}", made.body["id"].as_str().unwrap());
        Self { server, administrator, issuer, client, path }
    }

    /// What a token of the national test service claims.
    fn claims(&self, more: Value) -> Value {
        let now = self.server.state.clock.now().timestamp();
        let mut claims = json!({
            "iss": self.issuer.issuer, "aud": "nutid", "iat": now, "nbf": now, "exp": now + 864_000,
            "organization_id": TEST_SERVICE, "auth_source": "tlsfed",
            "requested_access": [{ "type": "ss12000-api", "locations": [HERE] }],
        });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        claims
    }

    async fn ask(&self, path: &str, token: &str) -> Answer {
        self.server.get(path).token(token).send().await
    }

    async fn change(&self, path: &str, change: Value) {
        self.server.patch(path, "*", &change).token(&self.administrator).send().await.expect(200);
    }
}

fn problem(answer: &Answer) -> &str {
    answer.body["code"].as_str().unwrap_or_default()
}

on_both! {
    async fn a_token_of_the_national_test_service_is_its_clients(server: TestServer) {
        let stage = Stage::set(server).await;
        let token = stage.issuer.sign(&stage.claims(json!({})));
        for path in ["/v1/courses", "/v1/persons", "/v1/school-units"] {
            stage.ask(path, &token).await.expect(200);
        }
        // What the client may not, and what nobody's client may.
        assert_eq!(problem(&stage.ask("/v1/groups", &token).await.expect(403)), "not-permitted");
        assert_eq!(problem(&stage.ask("/v1/accounts", &token).await.expect(403)), "not-permitted");
        // No more than the token says.
        let narrow = stage.issuer.sign(&stage.claims(json!({ "scope": "course:read group:read okänt" })));
        stage.ask("/v1/courses", &narrow).await.expect(200);
        for path in ["/v1/persons", "/v1/groups"] {
            assert_eq!(problem(&stage.ask(path, &narrow).await.expect(403)), "not-permitted", "{path}");
        }
        // The keys are read once, and whoever has a token of ours causes nobody to be asked.
        assert_eq!(stage.issuer.calls("jwks"), 1);
        let ours = stage.client.token_here(&stage.server).await;
        let (_, statements) = stage.server.statements(stage.ask("/v1/courses", &ours)).await;
        let (_, others) = stage.server.statements(stage.ask("/v1/courses", &token)).await;
        assert_eq!(statements, others, "issuers are remembered");
        assert_eq!(stage.issuer.calls("jwks"), 1);

        // Its networks hold, and what is taken from the client is gone at once.
        stage.change(&stage.client.path, json!({ "allowedNetworks": ["127.0.0.2"] })).await;
        assert_eq!(problem(&stage.ask("/v1/courses", &token).await.expect(403)), "client-network");
        let from = stage.server.request_from("127.0.0.2", Method::GET, "/v1/courses").token(&token);
        from.send().await.expect(200);
        stage.change(&stage.client.path, json!({ "allowedNetworks": [], "scopes": ["person:read"] })).await;
        assert_eq!(problem(&stage.ask("/v1/courses", &token).await.expect(403)), "not-permitted");
        stage.change(&stage.client.path, json!({ "disabled": true })).await;
        stage.ask("/v1/persons", &token).await.expect(401);
        stage.change(&stage.client.path, json!({ "disabled": false })).await;
        stage.ask("/v1/persons", &token).await.expect(200);
        // The issuer too.
        stage.change(&stage.path, json!({ "enabled": false })).await;
        stage.ask("/v1/persons", &token).await.expect(401);
        stage.change(&stage.path, json!({ "enabled": true })).await;
        stage.ask("/v1/persons", &token).await.expect(200);
        // With keys of every kind, when they change.
        for (kid, signer) in [("två", Signer::p256()), ("tre", Signer::rsa(false)), ("fyra", Signer::rsa(true))] {
            stage.server.clock.advance(Duration::seconds(11));
            stage.issuer.rotate(kid, signer, kid == "två");
            stage.ask("/v1/persons", &stage.issuer.sign(&stage.claims(json!({})))).await.expect(200);
        }
        stage.ask("/v1/persons", &token).await.expect(401);
        let administrator = &stage.administrator;
        stage.server.delete(&stage.path, "*").token(administrator).send().await.expect(204);
        stage.ask("/v1/persons", &stage.issuer.sign(&stage.claims(json!({})))).await.expect(401);
        stage.server.stop().await;
    }
}

on_both! {
    async fn no_other_token_is_anybodys(server: TestServer) {
        let stage = Stage::set(server).await;
        let now = stage.server.state.clock.now().timestamp();
        // Somebody whom we do not know has us ask nobody.
        let stranger = stage.claims(json!({ "iss": "https://elak.exempel.se" }));
        for token in [stage.issuer.sign(&stranger), unsigned(&stranger), "a.b.c".to_owned()] {
            assert_eq!(problem(&stage.ask("/v1/courses", &token).await.expect(401)), "unauthenticated");
        }
        assert_eq!(stage.issuer.calls("jwks"), 0);
        let good = stage.claims(json!({}));
        let mut forged = vec![
            ("not signed", unsigned(&good)),
            ("signed with the public key", confused(&good)),
            ("another key of that name", Signer::p256().sign("ett", &good)),
            ("a name that there is not", Signer::ed25519().sign("nio", &good)),
        ];
        for (why, more) in [
            ("another audience", json!({ "aud": "annan" })),
            ("expired", json!({ "exp": now })),
            ("good for too long", json!({ "exp": now + 40 * 86_400 })),
            ("not good yet", json!({ "nbf": now + 61 })),
            ("another school's", json!({ "requested_access": [{ "type": "ss12000-api", "locations": ["https://annan.exempel.se"] }] })),
            ("nobody's", json!({ "organization_id": "SE5566" })),
            ("bound to a key", json!({ "cnf": { "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" } })),
            ("somebody's login", json!({ "nonce": "n" })),
            ("ours by name", json!({ "iss": "skolhus" })),
        ] {
            forged.push((why, stage.issuer.sign(&stage.claims(more))));
        }
        for (why, token) in &forged {
            let refused = stage.ask("/v1/courses", token).await;
            assert_eq!((refused.status.as_u16(), problem(&refused)), (401, "unauthenticated"), "{why}");
        }
        assert_eq!(stage.issuer.calls("jwks"), 1, "whoever makes keys up has them looked for once in a while");
        stage.ask("/v1/courses", &stage.issuer.sign(&good)).await.expect(200);

        // Its keys cannot be read, and never were: nobody is told that they are nobody.
        stage.change(&stage.path, json!({ "jwksAddress": format!("{}/annan/jwks", stage.issuer.issuer) })).await;
        for instead in [Instead::Silence, Instead::Nonsense, Instead::Refusal(500, "server_error")] {
            stage.issuer.instead("jwks", instead);
            let away = stage.ask("/v1/courses", &stage.issuer.sign(&good)).await.expect(503);
            assert_eq!((problem(&away), away.headers["retry-after"].to_str().unwrap()), ("unavailable", "5"));
            stage.server.clock.advance(Duration::seconds(11));
        }
        stage.ask("/v1/courses", &stage.issuer.sign(&good)).await.expect(200);

        // Two organisers, one issuer: each by its own rules, and a token that would stand for both is nobody's.
        let elsewhere = School::enter(&stage.server).await;
        let there = elsewhere.token_of(&stage.server, Role::Administrator, None, None, Level::High).await;
        let client = Integrator::register(&stage.server, &there, json!({ "name": "Provtjänsten", "scopes": ["organisation:read"] })).await;
        let mut rules = described(&stage.issuer, &stage.client);
        assert_eq!(register(&stage.server, &there, &rules).await.expect(422).refused(), ["/clients/0/clientId"]);
        rules["clients"][0]["clientId"] = json!(client.id);
        rules["access"]["location"] = json!("https://annan.exempel.se");
        let made = register(&stage.server, &there, &rules).await.expect(201);
        let path = format!("/v1/token-issuers/{}", made.body["id"].as_str().unwrap());
        let access = json!([{ "type": "ss12000-api", "locations": ["https://annan.exempel.se/ss12000"] }]);
        let other = stage.issuer.sign(&stage.claims(json!({ "requested_access": access })));
        let unit = stage.ask("/v1/school-units", &other).await.expect(200).body["data"].clone();
        assert_eq!(unit[0]["id"], elsewhere.unit.to_string());
        stage.ask("/v1/courses", &stage.issuer.sign(&good)).await.expect(200);
        stage.server.patch(&path, "*", &json!({ "access": null })).token(&there).send().await.expect(200);
        stage.ask("/v1/courses", &stage.issuer.sign(&good)).await.expect(401);
        for (change, at) in [
            (json!({ "issuer": "skolhus" }), "/issuer"),
            (json!({ "jwksAddress": "https://10.0.0.1/jwks" }), "/jwksAddress"),
            (json!({ "clients": [{ "value": "a", "clientId": client.id }, { "value": "a", "clientId": client.id }] }), "/clients/1/value"),
            (json!({ "access": { "type": "", "location": HERE } }), "/access/type"),
        ] {
            let refused = stage.server.patch(&path, "*", &change).token(&there).send().await.expect(422);
            assert_eq!(refused.refused(), [at]);
        }
        stage.server.get(&stage.path).token(&there).send().await.expect(404);
        stage.server.stop().await;
    }
}
