use std::collections::BTreeSet;

use serde_json::json;
use skolhus_tests::on_both;

use super::*;

/// What an answer shows, byte for byte, but for what every answer has of its own.
fn shown(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let mut headers: Vec<(String, String)> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["x-request-id", "date"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    (answer.status.as_u16(), headers, answer.text.clone())
}

on_both! {
    async fn whatever_an_entry_waits_for_the_answer_is_the_same_to_the_byte(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let mut secret = numbered("Älva", "Ärlig", ÄLVA);
        secret["externalIdentifiers"] = json!([{ "system": "rexnet", "value": "7" }]);
        let id = staffed.protected(&server, &secret).await;

        // A number, an identifier and an id that belong to the protected person.
        let by_number = numbered("Någon", "Annan", ÄLVA);
        let mut by_identifier = named("Någon", "Annan");
        by_identifier["externalIdentifiers"] = json!([{ "system": "rexnet", "value": "7" }]);
        let mut by_id = named("Någon", "Annan");
        by_id["id"] = json!(id);
        // What has nothing to do with protection, and is as little to be seen.
        let withdrawn = staffed.create(&server, &numbered("Åsa", "Öberg", ÅSA)).await.expect(201);
        let path = format!("/v1/persons/{}", withdrawn.body["id"].as_str().unwrap());
        server.delete(&path, "*").token(&staffed.registrar).send().await.expect(204);
        let again = numbered("Åsa", "Öberg", ÅSA);
        let mut twin = named("Örjan", "Ek");
        twin["birthDate"] = json!("1990-01-12");
        let there = staffed.create(&server, &twin).await.expect(201);
        // Who looks like somebody within reach is asked about, and nothing waits.
        assert_eq!(staffed.create(&server, &twin).await.expect(422).refused(), ["/notDuplicateOf"]);
        let mut secret_and_seen = named("Älva", "Ärlig");
        secret_and_seen["birthDate"] = json!("2000-01-01");
        secret_and_seen["notDuplicateOf"] = json!([there.body["id"], id]);
        let mut secret_twin = named("Älva", "Ärlig");
        secret_twin["birthDate"] = json!("2000-01-01");
        let mut stated = named("Ny", "Person");
        stated["protection"] = json!("marked");

        let mut answers = BTreeSet::new();
        for body in [&by_number, &by_identifier, &by_id, &again, &secret_and_seen, &secret_twin, &stated] {
            let answer = staffed.create(&server, body).await.expect(202);
            answers.insert(shown(&answer));
        }
        // A change that meets the protected person, and a repeat with a key.
        let made = staffed.create(&server, &named("Vanlig", "Vikström")).await.expect(201);
        let path = format!("/v1/persons/{}", made.body["id"].as_str().unwrap());
        let patch = json!({ "identityNumbers": [{ "value": ÄLVA, "period": { "from": "2020-01-01" } }] });
        answers.insert(shown(&server.patch(&path, "\"1\"", &patch).token(&staffed.registrar).send().await.expect(202)));
        for _ in 0..2 {
            let repeat = server.post("/v1/persons", &by_number).token(&staffed.registrar).header("idempotency-key", "n").send().await;
            answers.insert(shown(&repeat.expect(202)));
        }
        assert_eq!(answers.len(), 1, "{answers:#?}");
        assert!(!answers.first().unwrap().1.iter().any(|(name, _)| ["location", "etag"].contains(&name.as_str())));

        // Nothing of it is in the register.
        let list = server.get("/v1/persons").token(&staffed.registrar).send().await.expect(200);
        assert_eq!(families(&list), ["Ek", "Vikström"]);
        assert_eq!(server.get(&path).token(&staffed.registrar).send().await.etag(), "\"1\"");
        server.stop().await;
    }
}

on_both! {
    async fn an_officer_decides_once(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let secret = staffed.protected(&server, &numbered("Älva", "Ärlig", ÄLVA)).await;
        staffed.create(&server, &numbered("Älva", "Ärlig", ÄLVA)).await.expect(202);
        let mut stated = numbered("Åsa", "Öberg", ÅSA);
        stated["protection"] = json!("protected-registration");
        staffed.create(&server, &stated).await.expect(202);

        let list = server.get("/v1/person-reviews?state=waiting").token(&staffed.officer).send().await.expect(200);
        let [same, new] = list.body["data"].as_array().unwrap().as_slice() else { panic!("{}", list.text) };
        assert_eq!((&same["reasons"], &same["metPersonIds"]), (&json!(["identity-number-held"]), &json!([secret])));
        assert_eq!((&new["reasons"], &new["entry"]["name"]["familyName"]), (&json!(["protection-stated"]), &json!("Öberg")));
        let decide = |review: &Value, body: Value| {
            let path = format!("/v1/person-reviews/{}/decision", review["id"].as_str().unwrap());
            server.post(&path, &body).token(&staffed.officer).send()
        };
        let barred = decide(same, json!({ "decision": "accept", "note": "Läggs in ändå" })).await.expect(409);
        assert_eq!(barred.body["code"], "conflict");
        assert_eq!(decide(same, json!({ "decision": "same-person", "note": "Samma person" })).await.expect(422).refused(), ["/personId"]);
        let decided = decide(same, json!({ "decision": "same-person", "personId": secret, "note": "Samma person" })).await.expect(200);
        assert_eq!((&decided.body["state"], &decided.body["personId"]), (&json!("same-person"), &json!(secret)));
        decide(same, json!({ "decision": "reject", "note": "Ångrat mig" })).await.expect(409);

        // Accepted, the person is protected from the first moment.
        let accepted = decide(new, json!({ "decision": "accept", "note": "Uppgiften stämmer" })).await.expect(200);
        let id = accepted.body["personId"].as_str().unwrap();
        server.get(&format!("/v1/persons/{id}")).token(&staffed.registrar).send().await.expect(404);
        let opened = server.post(&format!("/v1/persons/{id}/disclosure"), &json!({ "reason": "Kontroll av beslut" })).token(&staffed.officer).send().await.expect(200);
        assert_eq!((&opened.body["name"]["familyName"], &opened.body["protection"]), (&json!("Öberg"), &json!("protected-registration")));
        let left = server.get("/v1/person-reviews?state=waiting").token(&staffed.officer).send().await.expect(200);
        assert_eq!(left.body["data"], json!([]));
        server.stop().await;
    }
}

on_both! {
    async fn twenty_decisions_at_once_make_one_person(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let mut stated = numbered("Åsa", "Öberg", ÅSA);
        stated["protection"] = json!("marked");
        staffed.create(&server, &stated).await.expect(202);
        let list = server.get("/v1/person-reviews").token(&staffed.officer).send().await.expect(200);
        let path = format!("/v1/person-reviews/{}/decision", list.body["data"][0]["id"].as_str().unwrap());
        let body = json!({ "decision": "accept", "note": "Uppgiften stämmer" });
        let answers = futures_util::future::join_all((0..20).map(|_| server.post(&path, &body).token(&staffed.officer).send())).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        let mut expected = vec![409; 19];
        expected.insert(0, 200);
        assert_eq!(statuses, expected);
        server.stop().await;
    }
}
