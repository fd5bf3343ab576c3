use serde_json::json;
use skolhus_domain::access::{Level, Role};
use skolhus_tests::{on_both, proof::ChangeProof};

use super::*;
use crate::course::register::other_unit;

/// An official coordination number: 31 July 1985.
const COORDINATION: &str = "198507912387";

/// A person to enter, born on a day.
fn born(given: &str, family: &str, day: &str) -> Value {
    let mut person = named(given, family);
    person["birthDate"] = json!(day);
    person
}

/// The same, by somebody who has looked at these.
fn looked(mut person: Value, at: &[&str]) -> Value {
    person["notDuplicateOf"] = json!(at);
    person
}

fn id(answer: &Answer) -> String {
    answer.body["id"].as_str().unwrap().to_owned()
}

/// The open pairs, as class and evidence.
async fn pairs(server: &TestServer, token: &str, query: &str) -> Vec<(Value, Value)> {
    server.settle_log().await;
    let list = server.get(&format!("/v1/duplicate-candidates{query}")).token(token).send().await.expect(200);
    let rows = list.body["data"].as_array().unwrap();
    rows.iter().map(|row| (row["class"].clone(), row["evidence"].clone())).collect()
}

on_both! {
    async fn somebody_alike_is_shown_before_a_person_is_entered(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let mut there = born("Åsa", "Öberg", "1985-07-13");
        there["contact"] = json!({ "emails": [{ "address": "asa@exempel.se" }], "phones": [{ "number": "070-174 06 05" }] });
        there["externalIdentifiers"] = json!([{ "system": "rexnet", "value": "P-4711" }]);
        let there = id(&staffed.create(&server, &there).await.expect(201));
        let secret = staffed.protected(&server, &born("Älva", "Ärlig", "2000-01-01")).await;
        let search = |body: &Value| server.post("/v1/persons/duplicate-search", body).token(&staffed.registrar).send();

        let mut draft = born("Asa", "Öberg", "1985-07-13");
        draft["contact"] = json!({ "phones": [{ "number": "+46701740605" }] });
        draft["externalIdentifiers"] = json!([{ "system": "skola24", "value": "P-4711" }]);
        let (found, statements) = server.statements(search(&draft)).await;
        let found = found.expect(200);
        assert_eq!(found.body["data"][0]["person"]["id"], there.as_str(), "{}", found.text);
        assert_eq!(found.body["data"][0]["evidence"], json!(["similar-name", "same-birth-date", "same-phone", "same-external-value"]));
        assert!(statements <= 4, "{statements}");
        // Somebody protected and nobody are one answer.
        let nobody = search(&born("Ingen", "Alls", "2000-01-02")).await.expect(200);
        let hidden = search(&born("Älva", "Ärlig", "2000-01-01")).await.expect(200);
        assert_eq!(hidden.text, nobody.text);
        let by_number = search(&numbered("Någon", "Annan", ÅSA)).await.expect(200);
        assert_eq!(by_number.body["data"], json!([]), "{}", by_number.text);

        // Who looks like somebody is entered once somebody has looked.
        let again = born("Åsa", "Öberg", "1985-07-13");
        let asked = staffed.create(&server, &again).await.expect(422);
        assert_eq!(asked.refused(), ["/notDuplicateOf"]);
        assert!(asked.body["errors"][0]["detail"].as_str().unwrap().contains(&there), "{}", asked.text);
        staffed.create(&server, &looked(again.clone(), &[&secret])).await.expect(422);
        staffed.create(&server, &looked(again, &[&there])).await.expect(201);
        // Out of reach it waits as before, whatever was looked at.
        staffed.create(&server, &looked(born("Älva", "Ärlig", "2000-01-01"), &[&secret])).await.expect(202);
        server.stop().await;
    }
}

on_both! {
    async fn the_work_list_follows_what_is_changed(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let clerk = staffed.school.token_of(&server, Role::Registrar, None, None, Level::High).await;
        let first = id(&staffed.create(&server, &numbered("Åsa", "Öberg", COORDINATION)).await.expect(201));
        let second = id(&staffed.create(&server, &born("Åsa", "Öborg", "1985-07-31")).await.expect(201));
        let twin = looked(born("Åsa", "Öborg", "1985-07-31"), &[&first, &second]);
        let third = id(&staffed.create(&server, &twin).await.expect(201));
        let proof = ChangeProof::watch(&server);
        let found = pairs(&server, &clerk, "?sort=-score").await;
        assert_eq!(found, [
            (json!("likely"), json!(["same-name", "same-birth-date"])),
            (json!("possible"), json!(["similar-name", "same-birth-date"])),
            (json!("possible"), json!(["similar-name", "same-birth-date"])),
        ]);
        let (list, statements) = server.statements(server.get("/v1/duplicate-candidates?class=likely").token(&clerk).send()).await;
        let list = list.expect(200);
        assert_eq!((list.body["data"].as_array().unwrap().len(), statements), (1, 3));
        let persons: Vec<&str> = list.body["data"][0]["persons"].as_array().unwrap().iter().map(|person| person["id"].as_str().unwrap()).collect();
        assert_eq!(persons, [second.as_str(), third.as_str()]);

        // Dismissed, it stays so until something else speaks for or against it.
        let path = format!("/v1/duplicate-candidates/{}/dismissal", list.body["data"][0]["id"].as_str().unwrap());
        let twins = json!({ "reason": "Tvillingar" });
        let dismissed = server.post(&path, &twins).token(&clerk).send().await.expect(200);
        assert_eq!(dismissed.body["dismissalReason"], "Tvillingar");
        server.post(&path, &twins).token(&clerk).send().await.expect(409);
        assert_eq!(pairs(&server, &clerk, "").await.len(), 2);
        let person = |id: &str| format!("/v1/persons/{id}");
        let patch = |id: &str, body: Value| server.patch(&person(id), "*", &body).token(&clerk).send();
        patch(&second, json!({ "sex": "woman" })).await.expect(200);
        assert_eq!(pairs(&server, &clerk, "").await.len(), 2, "nothing that speaks for it");
        assert_eq!(pairs(&server, &clerk, "?dismissed=true").await.len(), 1);
        for id in [&second, &third] {
            patch(id, json!({ "contact": { "emails": [{ "address": "asa@exempel.se" }] } })).await.expect(200);
        }
        let found = pairs(&server, &clerk, "?class=certain").await;
        assert_eq!(found, [(json!("certain"), json!(["same-name", "same-birth-date", "same-email"]))]);

        // A pair that is like no more, and one whose person is merged or protected, leave the list.
        patch(&third, json!({ "birthDate": "1990-01-12" })).await.expect(200);
        assert_eq!(pairs(&server, &clerk, "").await.len(), 1, "similar name alone says nothing");
        let protection = format!("{}/protection", person(&second));
        server.put(&protection, "*", &json!({ "protection": "marked" })).token(&staffed.officer).send().await.expect(200);
        let list = server.get("/v1/duplicate-candidates").token(&clerk).send().await.expect(200);
        assert_eq!(list.body["data"], json!([]), "at once, without the pass");
        assert_eq!(pairs(&server, &clerk, "?dismissed=true").await.len(), 0);
        assert!(proof.check() > 5);
        server.stop().await;
    }
}

on_both! {
    async fn a_pair_is_told_only_to_those_who_reach_both(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let second = other_unit(&server, &staffed.school).await;
        let mut here = born("Åsa", "Öberg", "1985-07-13");
        here["schoolUnitId"] = json!(staffed.school.unit.to_string());
        let here_id = id(&staffed.create(&server, &here).await.expect(201));
        let mut there = looked(here.clone(), &[&here_id]);
        there["schoolUnitId"] = json!(second.to_string());
        staffed.create(&server, &there).await.expect(201);
        assert_eq!(pairs(&server, &staffed.registrar, &format!("?schoolUnitId={second}")).await.len(), 1);
        let local = staffed.school.token_of(&server, Role::Registrar, Some(second), None, Level::Substantial).await;
        assert_eq!(pairs(&server, &local, "").await, []);
        // Nor is the one elsewhere shown before a person is entered here: the entry waits instead.
        let mut again = here;
        again["schoolUnitId"] = json!(second.to_string());
        let found = server.post("/v1/persons/duplicate-search", &json!({ "name": again["name"], "birthDate": "1985-07-13" })).token(&local).send().await.expect(200);
        assert_eq!(found.body["data"].as_array().unwrap().len(), 1);
        let one = found.body["data"][0]["person"]["id"].as_str().unwrap().to_owned();
        assert_ne!(one, here_id);
        server.post("/v1/persons", &looked(again, &[&one])).token(&local).send().await.expect(202);
        server.stop().await;
    }
}

on_both! {
    async fn the_statements_of_a_pass_do_not_grow_with_the_persons(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        server.settle_log().await;
        let mut counts = Vec::new();
        for (round, many) in [2, 20].into_iter().enumerate() {
            let mut before: Vec<String> = Vec::new();
            for number in 0..many {
                let mut person = born("Åsa", "Öberg", &format!("19{}0-07-{:02}", 5 + round, number + 1));
                person["contact"] = json!({ "phones": [{ "number": format!("070-174 06 {number:02}") }] });
                before.push(id(&staffed.create(&server, &person).await.expect(201)));
            }
            let (_, statements) = server.statements(server.settle_log()).await;
            counts.push(statements);
        }
        assert!(counts[1] <= counts[0] + 2, "{counts:?}");
        server.stop().await;
    }
}
