use serde_json::json;
use skolhus_tests::on_both;

use super::*;

/// An official coordination number: 31 July 1985.
const COORDINATION: &str = "198507912387";
/// Another official test number.
const OTHER: &str = "198507012394";

/// The body of a change.
fn change(version: i64, replaces: &str, number: &str, from: &str) -> Value {
    json!({ "version": version, "replaces": replaces, "number": number, "from": from, "reason": "Folkbokförd, personbevis visat" })
}

on_both! {
    async fn a_personnummer_takes_over_and_the_old_number_is_found_still(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let made = staffed.create(&server, &numbered("Åsa", "Öberg", COORDINATION)).await.expect(201);
        assert_eq!(made.body["birthDate"], "1985-07-31");
        let id = made.body["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/persons/{id}/identity-number-change");
        let post = |body: Value| server.post(&path, &body).token(&staffed.registrar).send();
        let changed = post(change(1, COORDINATION, "850713-2390", "2026-08-17")).await.expect(200);
        assert_eq!((changed.etag(), &changed.body["birthDate"]), ("\"2\"".to_owned(), &json!("1985-07-13")));
        let numbers: Vec<(&str, Value)> = changed.body["identityNumbers"].as_array().unwrap().iter()
            .map(|held| (held["value"].as_str().unwrap(), held["period"].clone())).collect();
        assert_eq!(numbers, [
            (COORDINATION, json!({ "from": "2020-01-01", "to": "2026-08-16" })),
            (ÅSA, json!({ "from": "2026-08-17", "to": null })),
        ]);
        for number in [COORDINATION, ÅSA] {
            let found = server.post("/v1/persons/search", &json!({ "value": number })).token(&staffed.registrar).send().await.expect(200);
            assert_eq!(found.body["data"][0]["id"], id.as_str(), "{number}");
        }
        // The reason stands with the change, and only there.
        let reasons = server.raw().texts("SELECT details AS value FROM change_details WHERE details LIKE '%personbevis visat%'");
        assert!(!reasons.is_empty() && !changed.text.contains("personbevis"));

        // Wrong ways round, numbers that are not held, days that leave nothing, somebody else's number.
        assert_eq!(post(change(1, ÅSA, OTHER, "2026-09-01")).await.expect(412).body["code"], "stale");
        assert_eq!(post(change(2, ÅSA, COORDINATION, "2026-09-01")).await.expect(422).refused(), ["/number"]);
        assert_eq!(post(change(2, OTHER, ÖRJAN, "2026-09-01")).await.expect(422).refused(), ["/replaces"]);
        assert_eq!(post(change(2, ÅSA, OTHER, "2026-08-17")).await.expect(422).refused(), ["/from"]);
        assert_eq!(post(change(2, "198507132391", "12", "2026-08-17")).await.expect(422).refused(), ["/number"]);
        staffed.create(&server, &numbered("Örjan", "Ek", OTHER)).await.expect(201);
        assert_eq!(post(change(2, ÅSA, OTHER, "2026-09-01")).await.expect(422).refused(), ["/number"]);
        // A personnummer that was wrong is corrected.
        let corrected = post(change(2, ÅSA, "198507012386", "2026-09-01")).await.expect(200);
        assert_eq!(corrected.body["birthDate"], "1985-07-01");
        server.stop().await;
    }
}

on_both! {
    async fn a_number_of_somebody_out_of_reach_waits_and_tells_nothing(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        staffed.protected(&server, &numbered("Älva", "Ärlig", ÄLVA)).await;
        let made = staffed.create(&server, &numbered("Åsa", "Öberg", COORDINATION)).await.expect(201);
        let path = format!("/v1/persons/{}", made.body["id"].as_str().unwrap());
        let body = change(1, COORDINATION, ÄLVA, "2026-08-17");
        let waits = server.post(&format!("{path}/identity-number-change"), &body).token(&staffed.registrar).send().await.expect(202);
        assert_eq!(waits.body["state"], "waits-for-review");
        let read = server.get(&path).token(&staffed.registrar).send().await.expect(200);
        assert_eq!((read.etag(), read.body["identityNumbers"].as_array().unwrap().len()), ("\"1\"".to_owned(), 1));
        let reviews = server.get("/v1/person-reviews").token(&staffed.officer).send().await.expect(200);
        assert_eq!(reviews.body["data"][0]["reasons"], json!(["identity-number-held"]));
        // A protected person's own number is not changed here, and nobody is told that they are there.
        let hidden = staffed.protected(&server, &numbered("Elva", "Ärlig", ÖRJAN)).await;
        let hidden = server.post(&format!("/v1/persons/{hidden}/identity-number-change"), &body).token(&staffed.registrar).send().await;
        hidden.expect(404);
        server.stop().await;
    }
}

on_both! {
    async fn of_many_changes_at_once_one_is_made(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let made = staffed.create(&server, &numbered("Åsa", "Öberg", COORDINATION)).await.expect(201);
        let path = format!("/v1/persons/{}/identity-number-change", made.body["id"].as_str().unwrap());
        let body = change(1, COORDINATION, ÅSA, "2026-08-17");
        let answers = futures_util::future::join_all((0..10).map(|_| server.post(&path, &body).token(&staffed.registrar).send())).await;
        let made = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(made, 1, "{answers:?}");
        assert!(answers.iter().all(|answer| [200, 412].contains(&answer.status.as_u16())), "{answers:?}");
        server.stop().await;
    }
}
