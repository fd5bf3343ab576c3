use serde_json::json;
use skolhus_domain::person::ProtectionReport;
use skolhus_tests::on_both;

use super::register::Autumn;

on_both! {
    async fn a_participation_lives_and_is_corrected(server: TestServer) {
        let autumn = Autumn::enter(&server, Some(1)).await;
        let token = &autumn.registrar;
        let persons = autumn.persons(&server, &[("Åsa", "Öberg")], ProtectionReport::Unmarked).await;
        let made = server.post("/v1/participations", &autumn.body(persons[0])).token(token).send().await.expect(201);
        assert_eq!(made.body["state"]["code"], "planned");
        assert_eq!(made.body["personName"]["familyName"], "Öberg");
        let path = made.headers["location"].to_str().unwrap().to_owned();
        let act = |noun: &str, tag: &str, body: serde_json::Value| {
            server.post(&format!("{path}/{noun}"), &body).token(token).header("if-match", tag).send()
        };
        server.post(&format!("{path}/start"), &json!({})).token(token).send().await.expect(428);
        act("completion", "\"1\"", json!({ "on": "2026-12-18" })).await.expect(409);
        act("start", "\"1\"", json!({})).await.expect(200);
        let again = act("start", "\"1\"", json!({})).await.expect(200);
        assert_eq!(again.etag(), "\"2\"");
        act("study-break", "\"2\"", json!({ "from": "2026-10-05" })).await.expect(200);
        act("return", "\"3\"", json!({ "on": "2026-10-12" })).await.expect(200);
        act("interruption", "\"3\"", json!({ "on": "2026-11-20", "reason": "Arbete" })).await.expect(412);
        let left = act("interruption", "\"4\"", json!({ "on": "2026-11-20", "reason": "Arbete" })).await.expect(200);
        assert_eq!(left.body["held"]["to"], "2026-11-20");
        let wrong = json!({ "state": { "code": "completed" }, "reason": "Fel" });
        assert_eq!(act("correction", "\"5\"", wrong).await.expect(422).refused(), ["/state/on"]);
        let right = json!({ "state": { "code": "active" }, "reason": "Fel deltagare" });
        let back = act("correction", "\"5\"", right).await.expect(200);
        assert_eq!((&back.body["state"]["code"], &back.body["breaks"][0]["to"]), (&json!("active"), &json!("2026-10-11")));
        let pace = json!({ "from": "2026-10-12", "pacePercent": 50 });
        let paced = server.request(reqwest::Method::PUT, &format!("{path}/pace")).token(token)
            .header("if-match", "\"6\"").json(&pace).send().await.expect(200);
        assert_eq!(paced.body["pace"].as_array().unwrap().len(), 2);
        server.delete(&path, "\"7\"").token(token).send().await.expect(204);
        server.get(&path).token(token).send().await.expect(404);
        server.stop().await;
    }
}
