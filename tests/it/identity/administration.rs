use serde_json::{Value, json};
use skolhus_domain::access::Role;
use skolhus_tests::{
    on_both,
    register::School,
    server::{Answer, TestServer},
};

async fn post(server: &TestServer, token: &str, path: &str, body: Value) -> Answer {
    server.post(path, &body).token(token).send().await
}

async fn client_token(server: &TestServer, id: &str, secret: &str, scope: &str) -> Answer {
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}&scope={scope}");
    server
        .request(reqwest::Method::POST, "/v1/tokens")
        .body("application/x-www-form-urlencoded", form)
        .send()
        .await
}

on_both! {
    async fn an_account_is_opened_given_a_role_and_shut_out(server: TestServer) {
        let school = School::enter(&server).await;
        let admin = school.token(&server, Role::Administrator).await;
        let made = post(&server, &admin, "/v1/accounts", json!({ "email": "Örjan@exempel.se" })).await.expect(201);
        let id = made.body["id"].as_str().unwrap().to_owned();
        let again = post(&server, &admin, "/v1/accounts", json!({ "email": "örjan@EXEMPEL.se" })).await.expect(422);
        assert_eq!(again.refused(), ["/email"]);
        post(&server, &admin, &format!("/v1/accounts/{id}/password"), json!({ "password": "åtta röda äpplen" })).await.expect(204);
        let role = json!({ "accountId": id, "role": "registrar", "schoolUnitId": school.unit.to_string(), "valid": { "from": "2026-08-17" } });
        let given = post(&server, &admin, "/v1/role-assignments", role.clone()).await.expect(201);
        assert_eq!(post(&server, &admin, "/v1/role-assignments", role).await.expect(422).refused(), ["/valid"]);
        let bad = json!({ "accountId": id, "role": "administrator", "schoolUnitId": school.unit.to_string(), "valid": { "from": "2026-08-17" } });
        assert_eq!(post(&server, &admin, "/v1/role-assignments", bad).await.expect(422).refused(), ["/schoolUnitId"]);
        let found = server.get("/v1/accounts?role=registrar").token(&admin).send().await.expect(200);
        assert_eq!(found.body["data"][0]["email"], "Örjan@exempel.se");
        // An address is searched for in a body, where no URL and no log repeats it.
        let search = |email: &str| server.post("/v1/accounts/search", &json!({ "email": email })).token(&admin).send();
        assert_eq!(search("örjan@Exempel.se").await.expect(200).body["data"][0]["id"], json!(id));
        assert_eq!(search("ingen@exempel.se").await.expect(200).body["data"], json!([]));
        assert_eq!(search("ingen").await.expect(422).refused(), ["/email"]);
        server.get("/v1/accounts?email=a").token(&admin).send().await.expect(400);
        let elsewhere = School::enter(&server).await;
        let stranger = elsewhere.token(&server, Role::Administrator).await;
        let theirs = server.post("/v1/accounts/search", &json!({ "email": "örjan@exempel.se" })).token(&stranger).send();
        assert_eq!(theirs.await.expect(200).body["data"], json!([]));
        assert_eq!(found.body["data"].as_array().unwrap().len(), 1);
        let found = server.get(&format!("/v1/role-assignments?accountId={id}&validOn=2026-08-17")).token(&admin).send().await.expect(200);
        assert_eq!(found.body["data"][0]["id"], given.body["id"]);

        let session = server.post("/v1/sessions", &json!({ "email": "örjan@exempel.se", "password": "åtta röda äpplen" })).send().await.expect(201);
        let token = session.body["accessToken"].as_str().unwrap();
        server.get("/v1/school-units").token(token).send().await.expect(200);
        post(&server, token, "/v1/accounts", json!({ "email": "ny@exempel.se" })).await.expect(403);
        server.patch(&format!("/v1/accounts/{id}"), "\"1\"", &json!({ "disabled": true })).token(&admin).send().await.expect(200);
        server.get("/v1/school-units").token(token).send().await.expect(401);
        server.post("/v1/sessions/refresh", &json!({ "refreshToken": session.body["refreshToken"] })).send().await.expect(401);
        server.post("/v1/sessions", &json!({ "email": "örjan@exempel.se", "password": "åtta röda äpplen" })).send().await.expect(401);
        server.stop().await;
    }
}

on_both! {
    async fn the_last_administrator_stays_and_chooses_no_role_over_the_protected(server: TestServer) {
        let school = School::enter(&server).await;
        let admin = school.token(&server, Role::Administrator).await;
        let me = server.get("/v1/me").token(&admin).send().await.expect(200).body["accountId"].as_str().unwrap().to_owned();
        let mine = server.get(&format!("/v1/role-assignments?accountId={me}")).token(&admin).send().await.expect(200);
        let role = format!("/v1/role-assignments/{}", mine.body["data"][0]["id"].as_str().unwrap());
        let account = format!("/v1/accounts/{me}");
        server.patch(&account, "\"1\"", &json!({ "disabled": true })).token(&admin).send().await.expect(409);
        server.delete(&account, "\"1\"").token(&admin).send().await.expect(409);
        server.delete(&role, "\"1\"").token(&admin).send().await.expect(409);
        server.patch(&role, "\"1\"", &json!({ "valid": { "from": "2026-08-17", "to": "2026-09-01" } })).token(&admin).send().await.expect(409);
        let own = json!({ "accountId": me, "role": "protection-officer", "valid": { "from": "2026-08-17" } });
        assert_eq!(post(&server, &admin, "/v1/role-assignments", own).await.expect(422).refused(), ["/role"]);
        // Two administrators who withdraw each other at once: one of them stays.
        let other = school.token(&server, Role::Administrator).await;
        let them = server.get("/v1/me").token(&other).send().await.expect(200).body["accountId"].as_str().unwrap().to_owned();
        let theirs = format!("/v1/accounts/{them}");
        let (one, two) = futures_util::future::join(
            server.delete(&theirs, "\"1\"").token(&admin).send(),
            server.delete(&account, "\"1\"").token(&other).send(),
        ).await;
        assert_eq!([one.status.as_u16(), two.status.as_u16()].iter().filter(|status| **status == 204).count(), 1, "{one:?} {two:?}");
        server.stop().await;
    }
}

on_both! {
    async fn a_client_reads_what_its_token_names(server: TestServer) {
        let school = School::enter(&server).await;
        let admin = school.token(&server, Role::Administrator).await;
        let new = json!({ "name": "Schemaläggaren", "scopes": ["organisation:read", "course:read"] });
        let made = post(&server, &admin, "/v1/clients", new).await.expect(201);
        let id = made.body["id"].as_str().unwrap().to_owned();
        client_token(&server, &id, "", "").await.expect(401);
        let secret = post(&server, &admin, &format!("/v1/clients/{id}/secret"), Value::Null).await.expect(201);
        let secret = secret.body["clientSecret"].as_str().unwrap().to_owned();
        client_token(&server, &id, "fel", "").await.expect(401);
        assert_eq!(client_token(&server, &id, &secret, "person:read").await.expect(422).refused(), ["/scope"]);
        let all = client_token(&server, &id, &secret, "").await.expect(200);
        let all = all.body["access_token"].as_str().unwrap();
        server.get("/v1/school-units").token(all).send().await.expect(200);
        server.get("/v1/accounts").token(all).send().await.expect(403);
        let narrow = client_token(&server, &id, &secret, "course:read").await.expect(200);
        assert_eq!(narrow.body["scope"], "course:read");
        let narrow = narrow.body["access_token"].as_str().unwrap();
        server.get("/v1/school-units").token(narrow).send().await.expect(403);
        let me = server.get("/v1/me").token(narrow).send().await.expect(200);
        assert_eq!(me.body["permissions"], json!(["own-account", "course:read"]));
        let shown = server.get(&format!("/v1/clients/{id}")).token(&admin).send().await.expect(200);
        assert!(!shown.text.contains(&secret));
        server.patch(&format!("/v1/clients/{id}"), "*", &json!({ "disabled": true })).token(&admin).send().await.expect(200);
        server.get("/v1/school-units").token(all).send().await.expect(401);
        client_token(&server, &id, &secret, "").await.expect(401);
        server.stop().await;
    }
}
