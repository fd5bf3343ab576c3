//! Signs of misuse: what raises an alarm, who is told, and what comes of it.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use skolhus_domain::access::{Level, Role};
use skolhus_tests::{
    on_both,
    register::School,
    server::{Answer, TestServer},
};

use super::clients::Integrator;

/// The alarms, once there are as many; they are raised beside the requests that they follow from.
pub(super) async fn alarms(server: &TestServer, token: &str, query: &str, wanted: usize) -> Vec<Value> {
    for _ in 0..500 {
        let answer = server.get(&format!("/v1/alarms{query}")).token(token).send().await.expect(200);
        let rows = answer.body["data"].as_array().unwrap();
        if rows.len() >= wanted {
            assert_eq!(rows.len(), wanted, "{}", answer.text);
            return rows.clone();
        }
        actix_web::rt::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("there are not {wanted} alarms");
}

async fn settle(server: &TestServer, token: &str, alarm: &Value, note: &str) -> Answer {
    let path = format!("/v1/alarms/{}/settlement", alarm["id"].as_str().unwrap());
    server.post(&path, &json!({ "note": note })).token(token).send().await
}

on_both! {
    async fn whoever_tries_out_ids_is_told_of_once(server: TestServer) {
        let school = School::enter(&server).await;
        let administrator = school.token(&server, Role::Administrator).await;
        let registrar = school.token_of(&server, Role::Registrar, None, None, Level::High).await;
        let other = school.token_of(&server, Role::Registrar, None, None, Level::High).await;
        for number in 0..130 {
            let path = format!("/v1/persons/0199a3f0-7c00-7000-8000-{number:012x}");
            server.get(&path).token(&registrar).send().await.expect(404);
            // Somebody else, who meets what is gone now and then.
            if number % 5 == 0 {
                server.get(&path).token(&other).send().await.expect(404);
            }
        }
        let alarm = alarms(&server, &administrator, "?kind=many-refusals&isSettled=false", 1).await.remove(0);
        let of_registrar = server.get("/v1/me").token(&registrar).send().await.expect(200);
        assert_eq!((&alarm["subjectKind"], &alarm["subjectId"]), (&json!("account"), &of_registrar.body["accountId"]), "{alarm}");
        assert_eq!((&alarm["count"], &alarm["settlement"]), (&json!(60), &Value::Null));
        assert!(alarm["subjectLabel"].as_str().unwrap().starts_with("registrar."), "{alarm}");

        // It stops nobody, and is for an administrator to look at.
        server.get("/v1/terms").token(&registrar).send().await.expect(200);
        server.get("/v1/alarms").token(&registrar).send().await.expect(403);
        let refused = settle(&server, &administrator, &alarm, "nej").await.expect(422);
        assert_eq!(refused.refused(), ["/note"]);
        let settled = settle(&server, &administrator, &alarm, "Ett skript i datorsalen").await.expect(200);
        assert_eq!((&settled.body["settlement"]["note"], &settled.body["version"]), (&json!("Ett skript i datorsalen"), &json!(2)));
        settle(&server, &administrator, &alarm, "Något annat").await.expect(409);
        assert_eq!(alarms(&server, &administrator, "?isSettled=true", 1).await.len(), 1);
        assert_eq!(server.get("/v1/alarms?isSettled=false").token(&administrator).send().await.expect(200).body["data"], json!([]));
        let elsewhere = School::enter(&server).await.token(&server, Role::Administrator).await;
        settle(&server, &elsewhere, &alarm, "Från annat håll").await.expect(404);
        let unknown = server.get("/v1/alarms?kind=brand").token(&administrator).send().await.expect(400);
        assert_eq!(unknown.refused(), ["/query/kind"]);
        server.stop().await;
    }
}

on_both! {
    async fn a_secret_in_the_wrong_place_raises_an_alarm(server: TestServer) {
        let school = School::enter(&server).await;
        let administrator = school.token(&server, Role::Administrator).await;
        let new = json!({ "name": "Schemahämtaren", "scopes": ["course:read"], "allowedNetworks": ["127.0.0.0/8"] });
        let client = Integrator::register(&server, &administrator, new).await;
        let token = client.token_here(&server).await;
        let elsewhere = json!({ "allowedNetworks": ["10.1.2.0/24"] });
        server.patch(&client.path, "*", &elsewhere).token(&administrator).send().await.expect(200);
        // A token that it had, and its secret: one alarm, in the same hour.
        server.get("/v1/courses").token(&token).send().await.expect(403);
        let alarm = alarms(&server, &administrator, "", 1).await.remove(0);
        assert_eq!((&alarm["kind"], &alarm["subjectKind"], &alarm["subjectLabel"]), (&json!("outside-networks"), &json!("client"), &json!("Schemahämtaren")));
        let asked = server.request(Method::POST, "/v1/tokens").body("application/x-www-form-urlencoded", client.form());
        asked.send().await.expect(403);
        server.clock.set(server.state.clock.now() + chrono::Duration::hours(1));
        let administrator = school.token(&server, Role::Administrator).await;
        let asked = server.request(Method::POST, "/v1/tokens").body("application/x-www-form-urlencoded", client.form());
        asked.send().await.expect(403);
        assert_eq!(alarms(&server, &administrator, "?kind=outside-networks", 2).await.len(), 2);
        server.stop().await;
    }
}
