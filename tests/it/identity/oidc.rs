//! Logging in with an organiser's own identity provider, from its start to the session, against a stand-in for one.

use std::time::{Duration as Real, Instant};

use chrono::Duration;
use futures_util::future::join_all;
use serde_json::{Value, json};
use skolhus_api::{change::housekeeping, http::problem::Problem};
use skolhus_domain::{
    access::{Caller, Level, Role},
    id::Id,
    identity::{SecondFactor, Stage as Factor},
};
use skolhus_persistence::identity::second_factor;
use skolhus_tests::{
    oidc::{Back, CLIENT_ID, CLIENT_SECRET, Instead, Provider, confused, unsigned},
    on_both,
    register::School,
    server::{Answer, TestServer},
    signing::Signer,
};

const EMAIL: &str = "åsa.öberg@skola.exempel.se";
const RETURN: &str = "https://app.exempel.se/inloggad?n=7";

/// A school whose people log in with a provider of its own.
struct Stage {
    server: TestServer,
    school: School,
    administrator: String,
    registrar: String,
    idp: Provider,
    /// The provider's id here.
    id: String,
}

impl Stage {
    async fn set(server: TestServer, more: Value) -> Self {
        let school = School::enter(&server).await;
        let administrator = school.token_of(&server, Role::Administrator, None, None, Level::High).await;
        let registrar = school.token(&server, Role::Registrar).await;
        let idp = Provider::start(server.state.clock.now()).await;
        let mut stage = Self { server, school, administrator, registrar, idp, id: String::new() };
        let made = stage.register(more).await.expect(201);
        stage.id = made.body["id"].as_str().unwrap().to_owned();
        stage
    }

    /// Registers the provider, with something besides.
    async fn register(&self, more: Value) -> Answer {
        let mut new = json!({
            "name": "Kommunens inloggning", "issuer": self.idp.issuer, "clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET,
            "redirectAddresses": [RETURN], "scopes": ["email"], "accountClaim": "email",
            "emailDomains": ["Skola.Exempel.se"], "level": "substantial", "acrLevels": [{ "acr": "loa3", "level": "high" }],
        });
        new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.server.post("/v1/identity-providers", &new).token(&self.administrator).send().await
    }

    async fn change(&self, change: Value) -> Answer {
        let path = format!("/v1/identity-providers/{}", self.id);
        self.server.patch(&path, "*", &change).token(&self.administrator).send().await
    }

    async fn account(&self, email: &str, person: Value, role: &str) -> String {
        let new = json!({ "email": email, "personId": person });
        let made = self.server.post("/v1/accounts", &new).token(&self.administrator).send().await.expect(201);
        let id = made.body["id"].as_str().unwrap().to_owned();
        let role = json!({ "accountId": id, "role": role, "valid": { "from": "2026-08-17" } });
        self.server.post("/v1/role-assignments", &role).token(&self.administrator).send().await.expect(201);
        id
    }

    async fn disable(&self, account: &str) {
        let path = format!("/v1/accounts/{account}");
        let disabled = json!({ "disabled": true });
        self.server.patch(&path, "*", &disabled).token(&self.administrator).send().await.expect(200);
    }

    async fn start(&self) -> Answer {
        let body = json!({ "identityProviderId": self.id, "redirectAddress": RETURN });
        self.server.post("/v1/oidc-logins", &body).send().await
    }

    /// Begins a login, and somebody logs in at the provider: what was told here, and what the browser brings back.
    async fn gone(&self, who: Value) -> (Value, Back) {
        let begun = self.start().await.expect(201).body;
        let back = self.idp.log_in(begun["authorizationAddress"].as_str().unwrap(), who);
        (begun, back)
    }

    async fn complete(&self, begun: &Value, back: &Back, more: Value) -> Answer {
        let mut body = json!({ "secret": begun["secret"], "code": back.code, "state": back.state });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let path = format!("/v1/oidc-logins/{}/completion", begun["id"].as_str().unwrap());
        self.server.post(&path, &body).send().await
    }

    /// The whole way of somebody.
    async fn log_in(&self, who: Value) -> Answer {
        let (begun, back) = self.gone(who).await;
        self.complete(&begun, &back, json!({})).await
    }

    /// From now on what was asked a moment ago may be asked again.
    fn later(&self) {
        self.server.clock.advance(Duration::seconds(11));
        self.idp.set_now(self.server.state.clock.now());
    }
}

fn asa() -> Value {
    json!({ "sub": "4711", "email": EMAIL, "email_verified": true })
}

fn with(more: Value) -> Value {
    let mut who = asa();
    who.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    who
}

fn problem(answer: &Answer) -> &str {
    answer.body["code"].as_str().unwrap_or_default()
}

on_both! {
    async fn somebody_logs_in_with_the_organisers_provider(server: TestServer) {
        let stage = Stage::set(server, json!({})).await;
        let account = stage.account(EMAIL, Value::Null, "teacher").await;
        let path = format!("/v1/identity-providers/{}", stage.id);
        let shown = stage.server.get(&path).token(&stage.administrator).send().await.expect(200);
        assert_eq!((&shown.body["hasClientSecret"], &shown.body["emailDomains"]), (&json!(true), &json!(["skola.exempel.se"])));
        assert!(!shown.text.contains("vete"));

        let begun = stage.start().await.expect(201);
        assert_eq!((begun.headers["cache-control"].to_str().unwrap(), &begun.body["expiresAt"]), ("no-store", &json!("2026-08-17T06:20:00Z")));
        let begun = begun.body;
        let address = begun["authorizationAddress"].as_str().unwrap();
        assert!(address.contains("scope=openid+email") && address.contains("acr_values=loa3"), "{address}");
        assert!(!address.contains(begun["secret"].as_str().unwrap()) && !address.contains("rag"));
        let back = stage.idp.log_in(address, asa());
        let session = stage.complete(&begun, &back, json!({ "device": "Åsas dator" })).await.expect(201).body;
        assert_eq!(session["level"], "substantial");
        assert_eq!(session["account"], json!({ "id": account, "roles": ["teacher"] }));
        let token = session["accessToken"].as_str().unwrap();
        let seen = stage.server.get("/v1/me/sessions").token(token).send().await.expect(200);
        assert_eq!(seen.body["data"][0]["device"], "Åsas dator");
        assert_eq!(problem(&stage.complete(&begun, &back, json!({})).await.expect(401)), "oidc-login-over");
        // As sure as the provider says that it was, by what the organiser thinks of its words.
        for (acr, level) in [("loa3", "high"), ("loa4", "substantial")] {
            assert_eq!(stage.log_in(with(json!({ "acr": acr }))).await.expect(201).body["level"], level);
        }
        stage.change(json!({ "acrLevels": [], "level": "basic" })).await.expect(200);
        assert_eq!(stage.log_in(with(json!({ "acr": "loa3" }))).await.expect(201).body["level"], "basic");
        // An app waits until its owner has let it in.
        let (begun, back) = stage.gone(asa()).await;
        let app = json!({ "clientKind": "app" });
        assert_eq!(problem(&stage.complete(&begun, &back, app).await.expect(403)), "app-access-off");
        assert_eq!(problem(&stage.complete(&begun, &back, json!({})).await.expect(401)), "oidc-login-over");
        // With the secret in the form, where a provider wants it there.
        stage.server.clock.advance(Duration::minutes(11));
        stage.idp.set_now(stage.server.state.clock.now());
        stage.idp.describe(json!({ "token_endpoint_auth_methods_supported": ["client_secret_post"] }));
        stage.log_in(asa()).await.expect(201);

        let mut raw = stage.server.raw();
        let kept = raw.texts("SELECT COALESCE(sealed_secret, '') AS value FROM identity_providers").join("\n")
            + &raw.texts("SELECT sealed AS value FROM oidc_logins").join("\n");
        let log = raw.texts("SELECT details AS value FROM change_details").join("\n");
        for text in [&kept, &log] {
            assert!(!text.contains("vete") && !text.contains(&back.state));
        }
        assert!(raw.texts("SELECT sealed AS value FROM oidc_logins WHERE sealed <> ''").is_empty());
        assert_eq!(raw.texts("SELECT state AS value FROM oidc_logins WHERE session_id IS NOT NULL").len(), 5);
        stage.server.clock.advance(Duration::days(91));
        while housekeeping::pass(&stage.server.state, 100).await.unwrap() {}
        assert!(raw.texts("SELECT state AS value FROM oidc_logins").is_empty());
        drop(raw);
        stage.server.stop().await;
    }
}

on_both! {
    async fn what_a_provider_has_not_signed_for_this_login_lets_nobody_in(server: TestServer) {
        let stage = Stage::set(server, json!({})).await;
        stage.account(EMAIL, Value::Null, "teacher").await;
        // Of another login, or another device's: nothing is used up by it.
        let (begun, back) = stage.gone(asa()).await;
        let stranger = json!({ "id": begun["id"], "secret": "fel" });
        stage.complete(&stranger, &back, json!({})).await.expect(404);
        let (other, others) = stage.gone(asa()).await;
        assert_eq!(stage.complete(&begun, &others, json!({})).await.expect(422).refused(), ["/state"]);
        let swapped = json!({ "issuer": "https://elak.exempel.se" });
        assert_eq!(stage.complete(&begun, &back, swapped).await.expect(422).refused(), ["/issuer"]);
        assert_eq!(stage.idp.calls("token"), 0, "no code is given to anybody for that");
        // A code of one login is worth nothing in another, nor is one that was used.
        let taken = Back { code: others.code.clone(), state: back.state.clone() };
        assert_eq!(problem(&stage.complete(&begun, &taken, json!({})).await.expect(401)), "oidc-refused");
        assert_eq!(problem(&stage.complete(&other, &others, json!({})).await.expect(401)), "oidc-refused");
        // In time: the last second of ten minutes, and the next.
        let (first, first_back) = stage.gone(asa()).await;
        stage.server.clock.advance(Duration::seconds(1));
        let (second, second_back) = stage.gone(asa()).await;
        stage.server.clock.advance(Duration::seconds(599));
        stage.idp.set_now(stage.server.state.clock.now());
        assert_eq!(problem(&stage.complete(&first, &first_back, json!({})).await.expect(401)), "oidc-login-over");
        stage.complete(&second, &second_back, json!({})).await.expect(201);

        let now = stage.server.state.clock.now().timestamp();
        for wrong in [
            json!({ "nonce": "en annan inloggning" }),
            json!({ "aud": "annan" }),
            json!({ "aud": [CLIENT_ID, "annan"] }),
            json!({ "azp": "annan" }),
            json!({ "iss": "https://elak.exempel.se" }),
            json!({ "exp": now }),
            json!({ "iat": now + 61 }),
            json!({ "at_hash": "8Yt0a1bEZx3Jm0v1" }),
            json!({ "sub": "" }),
        ] {
            let refused = stage.log_in(with(wrong.clone())).await.expect(401);
            assert_eq!(problem(&refused), "oidc-untrusted", "{wrong}");
            assert!(!refused.text.contains("annan"), "why is for the log");
        }
        let forgers: [fn(&Value) -> String; 5] = [
            unsigned,
            confused,
            |claims| Signer::p256().sign("ett", claims),
            |claims| Signer::ed25519().sign("två", claims),
            |_| "inget".to_owned(),
        ];
        for forger in forgers {
            let (begun, back) = stage.gone(asa()).await;
            stage.idp.forge(forger);
            assert_eq!(problem(&stage.complete(&begun, &back, json!({})).await.expect(401)), "oidc-untrusted");
            assert_eq!(problem(&stage.complete(&begun, &back, json!({})).await.expect(401)), "oidc-login-over");
        }
        // A provider that says with each code who it is must do so.
        stage.server.clock.advance(Duration::minutes(11));
        stage.idp.set_now(stage.server.state.clock.now());
        stage.idp.describe(json!({ "authorization_response_iss_parameter_supported": true }));
        let (begun, back) = stage.gone(asa()).await;
        assert_eq!(stage.complete(&begun, &back, json!({})).await.expect(422).refused(), ["/issuer"]);
        stage.complete(&begun, &back, json!({ "issuer": stage.idp.issuer })).await.expect(201);
        let mut raw = stage.server.raw();
        assert_eq!(raw.texts("SELECT level AS value FROM sessions").len(), 2);
        drop(raw);
        stage.server.stop().await;
    }
}

on_both! {
    async fn whom_a_provider_names_is_let_in_by_the_organisers_rules_alone(server: TestServer) {
        let stage = Stage::set(server, json!({})).await;
        let asa = stage.account(EMAIL, Value::Null, "teacher").await;
        // An address that anybody could have written, and one of a domain that the provider does not answer for.
        for unverified in [json!(false), json!("true"), Value::Null] {
            let refused = stage.log_in(with(json!({ "email_verified": unverified }))).await.expect(401);
            assert_eq!(problem(&refused), "oidc-email-unverified");
        }
        let said = |answer: &Answer| (answer.status.as_u16(), answer.body["code"].clone(), answer.body["title"].clone(), answer.body["detail"].clone());
        let named = |email: &str| with(json!({ "email": email }));
        let unknown = stage.log_in(named("ingen@skola.exempel.se")).await.expect(401);
        assert_eq!(problem(&unknown), "oidc-no-account");
        // Disabled, protected, with a second factor, of another domain, of another organiser: the same answer.
        let disabled = stage.account("mans@skola.exempel.se", Value::Null, "teacher").await;
        stage.disable(&disabled).await;
        let person = json!({ "name": { "givenName": "Örjan", "familyName": "Ås" } });
        let person = stage.server.post("/v1/persons", &person).token(&stage.registrar).send().await.expect(201).body["id"].clone();
        stage.account("orjan@skola.exempel.se", person.clone(), "participant").await;
        let officer = stage.school.token_of(&stage.server, Role::ProtectionOfficer, None, None, Level::High).await;
        let marked = json!({ "protection": "marked", "confirmed": true, "reason": "Beslut från Skatteverket" });
        let path = format!("/v1/persons/{}/protection", person.as_str().unwrap());
        stage.server.put(&path, "*", &marked).token(&officer).send().await.expect(200);
        let two = stage.account("ebba@skola.exempel.se", Value::Null, "teacher").await;
        let factor = SecondFactor {
            account: Id::from_uuid(two.parse().unwrap()),
            stage: Factor::InForce { since: stage.server.state.clock.now(), secret: "förseglad".to_owned() },
        };
        let state = &stage.server.state;
        let caller = Caller::system("test", stage.school.organiser, state.fresh_uuid(), state.clock.now());
        let id = state.fresh();
        state.database.write(&caller, move |tx, scope| second_factor::insert(tx, scope, id, &factor).map_err(Problem::from)).await.unwrap();
        stage.account("elin@exempel.se", Value::Null, "teacher").await;
        let elsewhere = School::enter(&stage.server).await;
        let there = elsewhere.token_of(&stage.server, Role::Administrator, None, None, Level::High).await;
        let new = json!({ "email": "goran@skola.exempel.se" });
        stage.server.post("/v1/accounts", &new).token(&there).send().await.expect(201);
        for nobody in ["mans@skola.exempel.se", "orjan@skola.exempel.se", "ebba@skola.exempel.se", "elin@exempel.se", "goran@skola.exempel.se", "inte ens en adress"] {
            assert_eq!(said(&stage.log_in(named(nobody)).await), said(&unknown), "{nobody}");
        }
        assert_eq!(said(&stage.log_in(json!({ "sub": "4711" })).await), said(&unknown));
        // Two factors at the provider do for two here; who is protected comes in where that is opened.
        stage.log_in(with(json!({ "email": "ebba@skola.exempel.se", "acr": "loa3" }))).await.expect(201);
        stage.change(json!({ "protectedPersons": true })).await.expect(200);
        stage.log_in(named("orjan@skola.exempel.se")).await.expect(201);
        // What has changed while somebody was at the provider counts.
        let (begun, back) = stage.gone(with(json!({}))).await;
        stage.disable(&asa).await;
        assert_eq!(said(&stage.complete(&begun, &back, json!({})).await), said(&unknown));
        let (begun, back) = stage.gone(with(json!({ "email": "orjan@skola.exempel.se" }))).await;
        stage.change(json!({ "enabled": false })).await.expect(200);
        assert_eq!(problem(&stage.complete(&begun, &back, json!({})).await.expect(401)), "oidc-login-over");
        assert_eq!(stage.start().await.expect(422).refused(), ["/identityProviderId"]);
        // Another organiser has no business with it.
        let path = format!("/v1/identity-providers/{}", stage.id);
        stage.server.get(&path).token(&there).send().await.expect(404);
        stage.server.delete(&path, "*").token(&there).send().await.expect(404);
        let weak = stage.school.token(&stage.server, Role::Administrator).await;
        assert_eq!(problem(&stage.server.get("/v1/identity-providers").token(&weak).send().await.expect(401)), "level-too-low");
        stage.server.stop().await;
    }
}

on_both! {
    async fn of_many_completions_one_gets_the_session(server: TestServer) {
        let stage = Stage::set(server, json!({})).await;
        stage.account(EMAIL, Value::Null, "teacher").await;
        let (begun, back) = stage.gone(asa()).await;
        let answers = join_all((0..8).map(|_| stage.complete(&begun, &back, json!({})))).await;
        let mut said: Vec<(u16, &str)> = answers.iter().map(|answer| (answer.status.as_u16(), problem(answer))).collect();
        said.sort_unstable();
        assert_eq!(said[0], (201, ""));
        assert!(said[1..].iter().all(|said| *said == (401, "oidc-login-over")), "{said:?}");
        assert_eq!((stage.idp.calls("token"), stage.idp.calls("jwks"), stage.idp.calls("openid-configuration")), (1, 1, 1));
        let mut raw = stage.server.raw();
        assert_eq!(raw.texts("SELECT level AS value FROM sessions").len(), 1);
        drop(raw);
        stage.server.stop().await;
    }
}

on_both! {
    async fn a_provider_in_trouble_is_no_trouble_of_ours(server: TestServer) {
        let stage = Stage::set(server, json!({})).await;
        stage.account(EMAIL, Value::Null, "teacher").await;
        for wrong in ["http://idp.exempel.se", "https://10.0.0.1", "https://idp.exempel.se/#a"] {
            assert_eq!(stage.register(json!({ "issuer": wrong })).await.expect(422).refused(), ["/issuer"], "{wrong}");
        }
        let troubles = || [
            Instead::Refusal(500, "server_error"),
            Instead::Refusal(401, "invalid_client"),
            Instead::Nonsense,
            Instead::Endless,
            Instead::Redirect(format!("{}/annat", stage.idp.issuer)),
            Instead::Silence,
        ];
        let away = |answer: Answer, instead: &Instead| {
            assert_eq!(answer.headers["retry-after"].to_str().unwrap(), "5");
            assert_eq!(problem(&answer.expect(503)), "oidc-unavailable", "{instead:?}");
        };
        for instead in troubles() {
            let begun = Instant::now();
            stage.idp.instead("openid-configuration", instead.clone());
            away(stage.start().await, &instead);
            // In the same moment nobody is kept waiting, and it is not asked again.
            let asked = stage.idp.calls("openid-configuration");
            away(stage.start().await, &instead);
            assert_eq!(stage.idp.calls("openid-configuration"), asked);
            assert!(begun.elapsed() < Real::from_secs(5), "{instead:?}");
            stage.later();
        }
        stage.idp.describe(json!({ "issuer": "https://elak.exempel.se" }));
        away(stage.start().await, &Instead::Nonsense);
        stage.idp.describe(json!({}));
        stage.later();
        // What was begun goes on when the provider is back, with the same code.
        let (begun, back) = stage.gone(asa()).await;
        for instead in troubles() {
            stage.idp.instead("jwks", instead.clone());
            away(stage.complete(&begun, &back, json!({})).await, &instead);
            stage.later();
        }
        for instead in troubles() {
            stage.idp.instead("token", instead.clone());
            away(stage.complete(&begun, &back, json!({})).await, &instead);
        }
        stage.complete(&begun, &back, json!({})).await.expect(201);
        stage.change(json!({ "clientSecret": "fel" })).await.expect(200);
        let (begun, back) = stage.gone(asa()).await;
        away(stage.complete(&begun, &back, json!({})).await, &Instead::Refusal(401, "invalid_client"));
        stage.change(json!({ "clientSecret": CLIENT_SECRET })).await.expect(200);
        stage.complete(&begun, &back, json!({})).await.expect(201);

        // Keys change: a new one is looked for when it is met, and one that is gone is believed no more.
        for (kid, signer) in [("två", Signer::p256()), ("tre", Signer::rsa(false)), ("fyra", Signer::rsa(true))] {
            stage.later();
            stage.idp.rotate(kid, signer, false);
            stage.log_in(asa()).await.expect(201);
        }
        let (begun, back) = stage.gone(asa()).await;
        stage.idp.forge(|claims| Signer::ed25519().sign("ett", claims));
        assert_eq!(problem(&stage.complete(&begun, &back, json!({})).await.expect(401)), "oidc-untrusted");
        // Whoever makes keys up has it asked once in a while.
        let asked = stage.idp.calls("jwks");
        for number in 0..5 {
            let (begun, back) = stage.gone(asa()).await;
            stage.idp.forge(move |claims| Signer::ed25519().sign(&format!("påhittad {number}"), claims));
            assert_eq!(problem(&stage.complete(&begun, &back, json!({})).await.expect(401)), "oidc-untrusted");
        }
        assert!(stage.idp.calls("jwks") <= asked + 1);
        // Gone altogether: who is in the middle of it is told so in time, and the rest of the house goes on.
        let (begun, back) = stage.gone(asa()).await;
        let Stage { server, idp, .. } = stage;
        drop(idp);
        let body = json!({ "secret": begun["secret"], "code": back.code, "state": back.state });
        let path = format!("/v1/oidc-logins/{}/completion", begun["id"].as_str().unwrap());
        assert_eq!(problem(&server.post(&path, &body).send().await.expect(503)), "oidc-unavailable");
        server.get("/health/ready").send().await.expect(200);
        server.stop().await;
    }
}

on_both! {
    async fn what_a_provider_calls_somebody_is_bound_by_a_proven_login(server: TestServer) {
        let stage = Stage::set(server, json!({ "accountClaim": "sub", "emailDomains": [] })).await;
        let asa_account = stage.account(EMAIL, Value::Null, "teacher").await;
        let mans_account = stage.account("mans@skola.exempel.se", Value::Null, "teacher").await;
        // An address, verified or not, names nobody here.
        assert_eq!(problem(&stage.log_in(asa()).await.expect(401)), "oidc-no-account");
        let token = |account: &str, level| {
            let identity = skolhus_domain::access::Identity::Account(Id::from_uuid(account.parse().unwrap()), None);
            stage.server.token(&skolhus_api::identity::keyring::Bearer { organiser: stage.school.organiser, identity, level })
        };
        let own = token(&asa_account, Level::Substantial);
        let begin = async |token: &str| {
            let body = json!({ "identityProviderId": stage.id, "redirectAddress": RETURN });
            stage.server.post("/v1/me/external-identity-bindings", &body).token(token).send().await
        };
        let bind = async |token: &str, who: Value| {
            let begun = begin(token).await.expect(201).body;
            let back = stage.idp.log_in(begun["authorizationAddress"].as_str().unwrap(), who);
            let body = json!({ "secret": begun["secret"], "code": back.code, "state": back.state });
            let path = format!("/v1/me/external-identity-bindings/{}/completion", begun["id"].as_str().unwrap());
            (stage.server.post(&path, &body).token(token).send().await, path, body, begun, back)
        };
        assert_eq!(problem(&begin(&token(&asa_account, Level::Basic)).await.expect(401)), "level-too-low");
        let (bound, path, body, begun, back) = bind(&own, with(json!({ "acr": "loa3" }))).await;
        let bound = bound.expect(201).body;
        assert_eq!((&bound["subject"], &bound["accountId"], &bound["level"]), (&json!("4711"), &json!(asa_account), &json!("substantial")));
        // It is the account's own, and no login.
        let other = token(&mans_account, Level::Substantial);
        stage.server.post(&path, &body).token(&other).send().await.expect(404);
        stage.complete(&begun, &back, json!({})).await.expect(404);
        // From now on it names the account, however the address reads, and never surer than it was bound.
        let session = stage.log_in(json!({ "sub": "4711", "acr": "loa3" })).await.expect(201).body;
        assert_eq!((&session["level"], &session["account"]["id"]), (&json!("substantial"), &json!(asa_account)));
        assert_eq!(problem(&stage.log_in(json!({ "sub": "4712", "email": EMAIL, "email_verified": true })).await.expect(401)), "oidc-no-account");
        // One name, one account.
        assert_eq!(bind(&own, asa()).await.0.expect(201).body["id"], bound["id"]);
        assert_eq!(problem(&bind(&own, with(json!({ "sub": "4712" }))).await.0.expect(409)), "conflict");
        assert_eq!(problem(&bind(&other, asa()).await.0.expect(409)), "conflict");
        let enter = async |subject: &str, account: &str| {
            let body = json!({ "identityProviderId": stage.id, "subject": subject, "accountId": account });
            stage.server.post("/v1/external-identities", &body).token(&stage.administrator).send().await
        };
        assert_eq!(enter("4711", &mans_account).await.expect(422).refused(), ["/subject"]);
        assert_eq!(enter("4713", &asa_account).await.expect(422).refused(), ["/accountId"]);
        assert_eq!(enter("åäö", &mans_account).await.expect(422).refused(), ["/subject"]);
        // An administrator binds at the level of their own login.
        assert_eq!(enter("4713", &mans_account).await.expect(201).body["level"], "high");
        assert_eq!(stage.log_in(json!({ "sub": "4713", "acr": "loa3" })).await.expect(201).body["level"], "high");
        let list = "/v1/me/external-identities";
        let mine = stage.server.get(list).token(&own).send().await.expect(200).body["data"].clone();
        assert_eq!(mine, json!([bound]));
        let path = format!("{list}/{}", bound["id"].as_str().unwrap());
        stage.server.delete(&path, "*").token(&other).send().await.expect(404);
        stage.server.delete(&path, "*").token(&own).send().await.expect(204);
        assert_eq!(problem(&stage.log_in(json!({ "sub": "4711" })).await.expect(401)), "oidc-no-account");
        let all = stage.server.get(&format!("/v1/external-identities?accountId={mans_account}")).token(&stage.administrator);
        let all = all.send().await.expect(200).body["data"].clone();
        assert_eq!(all[0]["subject"], "4713");
        let path = format!("/v1/external-identities/{}", all[0]["id"].as_str().unwrap());
        stage.server.delete(&path, "*").token(&stage.administrator).send().await.expect(204);
        assert_eq!(problem(&stage.log_in(json!({ "sub": "4713" })).await.expect(401)), "oidc-no-account");
        stage.server.stop().await;
    }
}
