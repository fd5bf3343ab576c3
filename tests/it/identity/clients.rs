//! What limits integrators' clients: the networks they call from, the fields they are shown, the school types they reach.

use chrono::Duration;
use reqwest::Method;
use serde_json::{Value, json};
use skolhus_domain::access::{Level, Role};
use skolhus_tests::{
    on_both,
    register::School,
    server::{Answer, Request, TestServer},
};

async fn post(server: &TestServer, token: &str, path: &str, body: Value) -> Answer {
    server.post(path, &body).token(token).send().await
}

/// A client with its secret.
pub(super) struct Integrator {
    pub(super) path: String,
    pub(super) id: String,
    pub(super) secret: String,
}

impl Integrator {
    pub(super) async fn register(server: &TestServer, admin: &str, new: Value) -> Self {
        let made = post(server, admin, "/v1/clients", new).await.expect(201);
        let id = made.body["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/clients/{id}");
        let secret = post(server, admin, &format!("{path}/secret"), Value::Null).await.expect(201);
        let secret = secret.body["clientSecret"].as_str().unwrap().to_owned();
        Self { path, id, secret }
    }

    async fn change(&self, server: &TestServer, admin: &str, change: Value) -> Answer {
        server.patch(&self.path, "*", &change).token(admin).send().await
    }

    pub(super) fn form(&self) -> String {
        format!("grant_type=client_credentials&client_id={}&client_secret={}", self.id, self.secret)
    }

    async fn token(&self, request: Request) -> Answer {
        request.body("application/x-www-form-urlencoded", self.form()).send().await
    }

    pub(super) async fn token_here(&self, server: &TestServer) -> String {
        token_of(&self.token(server.request(Method::POST, "/v1/tokens")).await)
    }
}

pub(super) fn token_of(answer: &Answer) -> String {
    answer.body["access_token"].as_str().unwrap_or_else(|| panic!("{}", answer.text)).to_owned()
}

/// Refused for where it comes from, and told nothing of where it might come from.
#[track_caller]
fn outside(answer: &Answer) {
    assert_eq!(answer.status, 403, "{}", answer.text);
    assert_eq!(answer.body["code"], "client-network");
    assert!(!answer.text.contains("127.0.") && !answer.text.contains("/32"), "{}", answer.text);
}

on_both! {
    async fn a_client_calls_from_its_networks_and_from_nowhere_else(server: TestServer) {
        let school = School::enter(&server).await;
        let admin = school.token(&server, Role::Administrator).await;
        let scopes = json!(["course:read", "organisation:read"]);
        for (networks, at) in [
            (json!(["127.0.0.2/8"]), "/allowedNetworks/0"),
            (json!(["127.0.0.2", "127.0.0.2/32"]), "/allowedNetworks/1"),
            (json!(["skola.exempel.se"]), "/allowedNetworks/0"),
            (json!(vec!["10.0.0.0/8"; 51]), "/allowedNetworks"),
        ] {
            let new = json!({ "name": "Schemaläggaren", "scopes": scopes, "allowedNetworks": networks });
            let refused = post(&server, &admin, "/v1/clients", new).await.expect(422);
            assert_eq!(refused.refused(), [at], "{}", refused.text);
        }
        let new = json!({ "name": "Schemaläggaren", "scopes": scopes, "allowedNetworks": ["2001:DB8::/32", "127.0.1.0/24", "127.0.0.2"] });
        let client = Integrator::register(&server, &admin, new).await;
        let shown = server.get(&client.path).token(&admin).send().await.expect(200);
        assert_eq!(shown.body["allowedNetworks"], json!(["127.0.0.2/32", "127.0.1.0/24", "2001:db8::/32"]));

        // Asking for a token: who knows no secret is not told of networks.
        outside(&client.token(server.request(Method::POST, "/v1/tokens")).await);
        let guess = "grant_type=client_credentials&client_secret=gissat&client_id=".to_owned() + &client.id;
        let guess = server.request(Method::POST, "/v1/tokens").body("application/x-www-form-urlencoded", guess);
        assert_eq!(guess.send().await.expect(401).body["code"], "wrong-credentials");
        let token = token_of(&client.token(server.request_from("127.0.0.2", Method::POST, "/v1/tokens")).await);

        let ask = |from: &str, path: &str| server.request_from(from, Method::GET, path).token(&token);
        for from in ["127.0.0.2", "127.0.1.77"] {
            ask(from, "/v1/courses").send().await.expect(200);
        }
        for path in ["/v1/courses", "/v1/me", "/v1/deleted-entities"] {
            outside(&ask("127.0.0.1", path).send().await);
            outside(&ask("127.0.2.1", path).send().await);
        }
        // Nobody vouches for what anybody says.
        for (name, said) in [("x-forwarded-for", "127.0.0.2"), ("forwarded", "for=127.0.0.2")] {
            outside(&ask("127.0.0.1", "/v1/courses").header(name, said).send().await);
            ask("127.0.0.2", "/v1/courses").header(name, "203.0.113.9").send().await.expect(200);
        }
        let me = ask("127.0.1.77", "/v1/me").send().await.expect(200);
        assert_eq!(me.body["clientAllowedNetworks"], shown.body["allowedNetworks"]);

        // Who may is read in the one statement in which it always was.
        let (_, limited) = server.statements(ask("127.0.0.2", "/v1/courses").send()).await;
        // A network taken away is gone with the next request.
        client.change(&server, &admin, json!({ "allowedNetworks": ["127.0.0.2"] })).await.expect(200);
        outside(&ask("127.0.1.77", "/v1/courses").send().await);
        ask("127.0.0.2", "/v1/courses").send().await.expect(200);
        client.change(&server, &admin, json!({ "allowedNetworks": [] })).await.expect(200);
        let (answer, free) = server.statements(ask("127.0.0.1", "/v1/courses").send()).await;
        answer.expect(200);
        assert_eq!(limited, free);

        // Behind proxies: the address that the last trusted one was called from.
        let networks = json!({ "allowedNetworks": ["203.0.113.0/24", "2001:db8::/32"] });
        client.change(&server, &admin, networks).await.expect(200);
        let server = server.restart_at("", &["127.0.0.9", "10.0.0.0/8"]).await;
        let ask = async |from: &str, said: &[(&str, &str)]| {
            let mut request = server.request_from(from, Method::GET, "/v1/courses").token(&token);
            for (name, said) in said {
                request = request.header(name, said);
            }
            request.send().await
        };
        for said in [
            &[("x-forwarded-for", "203.0.113.9")][..],
            &[("x-forwarded-for", "198.51.100.1, ::ffff:203.0.113.9, 10.1.2.3")],
            &[("x-forwarded-for", "2001:db8::77")],
            &[("forwarded", "for=\"[2001:db8::77]:4711\";proto=https, for=10.1.2.3")],
            &[("forwarded", "for=203.0.113.9"), ("x-forwarded-for", "203.0.113.9")],
        ] {
            ask("127.0.0.9", said).await.expect(200);
            outside(&ask("127.0.0.8", said).await);
        }
        for said in [
            &[][..],
            &[("x-forwarded-for", "203.0.113.9, 198.51.100.1")],
            &[("x-forwarded-for", "203.0.113.9, nonsens")],
            &[("forwarded", "for=203.0.113.9, for=unknown")],
            &[("forwarded", "for=203.0.113.9"), ("x-forwarded-for", "198.51.100.1")],
        ] {
            outside(&ask("127.0.0.9", said).await);
        }
        server.stop().await;
    }
}

on_both! {
    async fn a_client_is_shown_its_fields_in_the_units_of_its_types(server: TestServer) {
        let school = School::enter(&server).await;
        let admin = school.token(&server, Role::Administrator).await;
        let registrar = school.token_of(&server, Role::Registrar, None, None, Level::High).await;
        let officer = school.token_of(&server, Role::ProtectionOfficer, None, None, Level::High).await;
        let unit = json!({ "name": "Åsgårda skola", "schoolTypes": ["GR"], "controllerId": school.controller.to_string(),
            "valid": { "from": "2001-07-01" } });
        let unit = post(&server, &registrar, "/v1/school-units", unit).await.expect(201);
        let person = |given: &str, number: &str, unit: &str| json!({
            "name": { "givenName": given, "familyName": "Öberg" }, "protection": "none", "schoolUnitId": unit,
            "identityNumbers": [{ "value": number, "period": { "from": "2020-01-01" } }],
            "externalIdentifiers": [{ "system": "rexnet", "value": format!("P-{given}") }],
            "contact": { "phones": [{ "number": "070-174 06 05" }] },
        });
        let of_folk_high_school = person("Åsa", "198507132390", &school.unit.to_string());
        let asa = post(&server, &registrar, "/v1/persons", of_folk_high_school).await.expect(201);
        let nils = person("Nils", "200001012384", unit.body["id"].as_str().unwrap());
        let nils = post(&server, &registrar, "/v1/persons", nils).await.expect(201);
        let path = |person: &Answer| format!("/v1/persons/{}", person.body["id"].as_str().unwrap());
        let (asa, nils) = (path(&asa), path(&nils));

        let new = json!({ "name": "Matsalen", "scopes": ["person:read"] });
        let client = Integrator::register(&server, &admin, new).await;
        let token = client.token_here(&server).await;
        let there = async |path: &str| server.get(path).token(&token).send().await;
        let told = ["identityNumbers", "externalIdentifiers", "contact", "birthDate", "sex"];
        let shown = async |fields: Value| -> Vec<&str> {
            client.change(&server, &admin, json!({ "fields": fields })).await.expect(200);
            let listed = there("/v1/persons").await.expect(200);
            let alone = there(&asa).await.expect(200);
            assert!(listed.body["data"].as_array().unwrap().contains(&alone.body));
            // To find by what is shown, and to search by numbers, is not among it.
            for query in ["birthDate=1985-07-13", "externalSystem=rexnet&externalValue=P-%C3%85sa"] {
                there(&format!("/v1/persons?{query}")).await.expect(403);
            }
            post(&server, &token, "/v1/persons/search", json!({ "value": "198507132390" })).await.expect(403);
            there("/v1/addresses").await.expect(403);
            assert_eq!(there("/v1/me").await.expect(200).body["clientFields"], fields);
            told.into_iter().filter(|field| alone.body.get(field).is_some()).collect()
        };
        assert_eq!(shown(json!([])).await, Vec::<&str>::new());
        assert_eq!(shown(json!(["identity-number"])).await, ["identityNumbers"]);
        assert_eq!(shown(json!(["contact"])).await, ["contact", "birthDate", "sex"]);
        assert_eq!(shown(json!(["identity-number", "contact"])).await, told);
        let wrong = client.change(&server, &admin, json!({ "fields": ["contact", "photo"] })).await.expect(422);
        assert_eq!(wrong.refused(), ["/fields/1"]);

        // Never of somebody who is protected, with whatever fields.
        let marked = json!({ "protection": "marked" });
        server.put(&format!("{nils}/protection"), "*", &marked).token(&officer).send().await.expect(200);
        there(&nils).await.expect(404);
        let listed = there("/v1/persons").await.expect(200);
        assert!(!listed.text.contains("Nils") && !listed.text.contains("200001012384"), "{}", listed.text);
        assert_eq!(listed.body["data"].as_array().unwrap().len(), 1);

        // School types limit to the units that have one of them, in the statement that loads who may what.
        let ebba = person("Ebba", "201701022384", unit.body["id"].as_str().unwrap());
        let ebba = post(&server, &registrar, "/v1/persons", ebba).await;
        assert_eq!(ebba.status, 201, "{}", ebba.text);
        let names = async || {
            let (listed, statements) = server.statements(there("/v1/persons")).await;
            let listed = listed.expect(200);
            let rows = listed.body["data"].as_array().unwrap();
            let names = rows.iter().map(|row| row["name"]["givenName"].as_str().unwrap().to_owned());
            (names.collect::<Vec<_>>(), statements)
        };
        let (all, statements) = names().await;
        assert_eq!(all, ["Ebba", "Åsa"]);
        let limit = async |limit: Value| client.change(&server, &admin, limit).await.expect(200);
        limit(json!({ "schoolTypes": ["GR"] })).await;
        assert_eq!(names().await, (vec!["Ebba".to_owned()], statements));
        there(&asa).await.expect(404);
        limit(json!({ "schoolTypes": ["GR", "FHS"] })).await;
        assert_eq!(names().await.0, all);
        // Of the units that are named those with the type: none is not all.
        limit(json!({ "schoolTypes": ["GR"], "schoolUnitIds": [school.unit.to_string()] })).await;
        assert_eq!(names().await.0, Vec::<String>::new());
        limit(json!({ "schoolTypes": ["GY"], "schoolUnitIds": [] })).await;
        assert_eq!(names().await.0, Vec::<String>::new());
        let at = format!("/v1/school-units/{}", unit.body["id"].as_str().unwrap());
        server.patch(&at, "*", &json!({ "schoolTypes": ["GY"] })).token(&registrar).send().await.expect(200);
        assert_eq!(names().await.0, ["Ebba"]);
        assert_eq!(there("/v1/me").await.expect(200).body["clientSchoolTypes"], json!(["GY"]));
        let wrong = client.change(&server, &admin, json!({ "schoolTypes": ["FHS", "XYZ"] })).await.expect(422);
        assert_eq!(wrong.refused(), ["/schoolTypes"]);

        // When it ends is told beforehand.
        let ends = server.state.clock.now() + Duration::minutes(5);
        client.change(&server, &admin, json!({ "expiresAt": ends })).await.expect(200);
        let me = there("/v1/me").await.expect(200);
        assert_eq!(me.body["clientExpiresAt"].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap(), ends);
        server.clock.advance(Duration::minutes(5));
        there("/v1/me").await.expect(401);
        server.stop().await;
    }
}
