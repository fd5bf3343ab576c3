//! What was done with the data about one person, as the data protection officer reads it.

use serde_json::{Value, json};
use skolhus_api::http::problem::Problem;
use skolhus_domain::access::{Caller, Level, Role};
use skolhus_persistence::change::purge;
use skolhus_tests::{
    family::{Family, id_of},
    on_both,
    register::School,
    server::{Answer, TestServer},
};

const REASON: &str = "Begäran om registerutdrag, ärende 2026-131";

async fn look(server: &TestServer, token: &str, person: &str, query: &str) -> Answer {
    server.settle_log().await;
    let path = format!("/v1/persons/{person}/changes/search{query}");
    server.post(&path, &json!({ "reason": REASON })).token(token).send().await
}

fn rows(answer: &Answer) -> &Vec<Value> {
    answer.body["data"].as_array().unwrap_or_else(|| panic!("{}", answer.text))
}

/// Action and entity of each.
fn done(answer: &Answer) -> Vec<(String, String)> {
    let word = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    rows(answer).iter().map(|row| (word(row, "action"), word(row, "entity"))).collect()
}

on_both! {
    // Entered, changed, related, logged in, opened: who did it, what stood there before, and that somebody has looked.
    async fn everything_about_a_person_is_told_with_before_and_after(server: TestServer) {
        let family = Family::enter(&server).await;
        let officer = family.staff(&server, Role::DataProtectionOfficer).await;
        let registrar = family.staff(&server, Role::Registrar).await;
        family.relate(&server, &family.custody(&family.mother, "2011-03-03")).await;
        let path = format!("/v1/persons/{}", family.child.id);
        let renamed = json!({ "name": { "givenName": "Elsa", "familyName": "Häggmark-Öst" } });
        server.patch(&path, "*", &renamed).token(&registrar).send().await.expect(200);

        let found = look(&server, &officer, &family.child.id, "").await.expect(200);
        let newest = &rows(&found)[0];
        assert_eq!((&newest["action"], &newest["entity"]), (&json!("update"), &json!("person")), "{newest}");
        assert_eq!(newest["actorName"], "registrar");
        assert!(newest["actorLabel"].as_str().unwrap().ends_with("@exempel.se"), "{newest}");
        assert_eq!(newest["detailsKept"], true);
        let field = newest["fields"].as_array().unwrap().iter().find(|field| field["name"] == "familyName").unwrap();
        assert_eq!((&field["before"], &field["after"]), (&json!("Häggmark"), &json!("Häggmark-Öst")));
        let all = done(&found);
        for entity in ["person", "address", "external identifier", "relation", "enrolment", "participation"] {
            assert!(all.contains(&("insert".to_owned(), entity.to_owned())), "{entity} is missing: {all:?}");
        }
        assert!(!found.text.contains("Ängelsberg"), "another family: {}", found.text);

        // The guardian's account belongs to the guardian, and so do its roles.
        family.guardian(&server, &family.mother).await;
        let hers = done(&look(&server, &officer, &family.mother.id, "").await.expect(200));
        for entity in ["account", "role assignment", "relation"] {
            assert!(hers.contains(&("insert".to_owned(), entity.to_owned())), "{entity} is missing: {hers:?}");
        }

        // Each look stands there the next time, with its reason; whoever only wants those asks for them.
        let looks = look(&server, &officer, &family.child.id, "?action=access").await.expect(200);
        assert_eq!(rows(&looks).len(), 1);
        assert_eq!((&rows(&looks)[0]["reason"], &rows(&looks)[0]["fields"]), (&json!(REASON), &json!([])));
        assert_eq!(rows(&looks)[0]["permission"], "person-change:read");
        let relations = look(&server, &officer, &family.child.id, "?entity=relation&sort=-newest").await.expect(200);
        assert_eq!(done(&relations)[0], ("insert".to_owned(), "relation".to_owned()));
        assert!(done(&relations).iter().all(|(_, entity)| entity == "relation"));

        // Page by page it is the same.
        let (mut walked, mut query) = (Vec::new(), "?limit=3&to=2026-08-18T00:00:00%2B02:00".to_owned());
        let before = walked_positions(&look(&server, &officer, &family.child.id, "?to=2026-08-18T00:00:00%2B02:00").await);
        loop {
            let page = look(&server, &officer, &family.child.id, &query).await.expect(200);
            walked.extend(walked_positions(&page));
            let Some(next) = page.body["pageToken"].as_str() else { break };
            query = format!("?limit=3&pageToken={next}");
        }
        // What the looks themselves have added is newer than the first page.
        walked.retain(|position| *position <= before[0]);
        assert_eq!(walked, before);
        server.stop().await;
    }
}

fn walked_positions(answer: &Answer) -> Vec<i64> {
    rows(answer).iter().map(|row| row["position"].as_i64().unwrap()).collect()
}

on_both! {
    async fn only_the_data_protection_officer_reads_it_and_of_their_own_organiser(server: TestServer) {
        let family = Family::enter(&server).await;
        let path = format!("/v1/persons/{}/changes/search", family.child.id);
        for role in Role::ALL.into_iter().filter(|role| *role != Role::DataProtectionOfficer) {
            let token = family.school.token_of(&server, role, None, None, Level::High).await;
            server.post(&path, &json!({ "reason": REASON })).token(&token).send().await.expect(403);
        }
        let weak = family.school.token(&server, Role::DataProtectionOfficer).await;
        server.post(&path, &json!({ "reason": REASON })).token(&weak).send().await.expect(401);
        let officer = family.staff(&server, Role::DataProtectionOfficer).await;
        let refused = server.post(&path, &json!({ "reason": "för" })).token(&officer).send().await.expect(422);
        assert_eq!(refused.refused(), ["/reason"]);
        let elsewhere = School::enter(&server).await.token_of(&server, Role::DataProtectionOfficer, None, None, Level::High).await;
        server.post(&path, &json!({ "reason": REASON })).token(&elsewhere).send().await.expect(404);
        look(&server, &officer, "0199a3f0-7c00-7000-8000-00000000dead", "").await.expect(404);
        // Neither a refusal nor a look at nobody is a look at somebody.
        let looks = look(&server, &officer, &family.child.id, "?action=access").await.expect(200);
        assert_eq!(rows(&looks).len(), 0, "{}", looks.text);
        server.stop().await;
    }
}

on_both! {
    // Who opened the record of somebody protected, and why; and what is left of it when the details are gone.
    async fn of_the_protected_it_is_told_who_opened_what_and_why(server: TestServer) {
        let family = Family::enter(&server).await;
        let keeper = family.staff(&server, Role::ProtectionOfficer).await;
        let officer = family.staff(&server, Role::DataProtectionOfficer).await;
        let path = format!("/v1/persons/{}", family.child.id);
        server.put(&format!("{path}/protection"), "*", &json!({ "protection": "marked" })).token(&keeper).send().await.expect(200);
        let why = json!({ "reason": "Kallelse till utvecklingssamtal" });
        server.post(&format!("{path}/disclosure"), &why).token(&keeper).send().await.expect(200);
        let looks = look(&server, &officer, &family.child.id, "?action=access").await.expect(200);
        let opened = rows(&looks).iter().find(|row| row["permission"] == "person:disclose").unwrap();
        assert_eq!((&opened["actorName"], &opened["reason"]), (&json!("protection-officer"), &why["reason"]));

        let school = &family.school;
        let caller = Caller::system("test", school.organiser, server.state.fresh_uuid(), server.state.clock.now());
        let (id, last) = (server.state.fresh_uuid(), opened["position"].as_i64().unwrap());
        let purged = server.state.database.write(&caller, move |tx, scope| {
            purge::purge_details(tx, scope, id, 1, last, "retention: two years").map_err(Problem::from)
        });
        purged.await.unwrap();
        let later = look(&server, &officer, &family.child.id, "").await.expect(200);
        let same = rows(&later).iter().find(|row| row["position"] == last).unwrap();
        assert_eq!((&same["detailsKept"], &same["reason"], &same["fields"]), (&json!(false), &Value::Null, &json!([])));
        server.stop().await;
    }
}

on_both! {
    async fn it_leaves_as_a_list_that_is_logged(server: TestServer) {
        let family = Family::enter(&server).await;
        let officer = family.staff(&server, Role::DataProtectionOfficer).await;
        let registrar = family.staff(&server, Role::Registrar).await;
        let path = format!("/v1/persons/{}", family.child.id);
        let renamed = json!({ "name": { "givenName": "Elsa", "familyName": "Häggmark-Öst" } });
        server.patch(&path, "*", &renamed).token(&registrar).send().await.expect(200);
        server.settle_log().await;
        let asked = |person: &str| json!({
            "personId": person, "written": { "format": "csv", "separator": "semicolon", "purpose": REASON },
        });
        let list = server.post("/v1/exports/person-changes", &asked(&family.child.id)).token(&officer).send().await.expect(200);
        let lines: Vec<&str> = list.text.lines().collect();
        assert!(lines[0].starts_with("Tidpunkt;Vem;Roll;"), "{}", lines[0]);
        assert!(lines.iter().any(|line| line.contains(";update;person;") && line.contains(";familyName;Häggmark;Häggmark-Öst;")), "{}", list.text);
        assert!(!list.text.contains("Ängelsberg"));
        let unknown = asked("0199a3f0-7c00-7000-8000-00000000dead");
        let refused = server.post("/v1/exports/person-changes", &unknown).token(&officer).send().await.expect(422);
        assert_eq!(refused.refused(), ["/personId"]);
        server.post("/v1/exports/person-changes", &asked(&family.child.id)).token(&registrar).send().await.expect(403);
        let looks = look(&server, &officer, &family.child.id, "?action=access").await.expect(200);
        assert_eq!(rows(&looks).len(), 1, "{}", looks.text);
        let administrator = family.staff(&server, Role::Administrator).await;
        let exports = server.get("/v1/changes?entity=export&action=access").token(&administrator).send().await.expect(200);
        assert_eq!(rows(&exports).len(), 1);
        server.stop().await;
    }
}

on_both! {
    // The protected child, and the mother who is cleared, are told when, in which role and what for; the father is told nothing.
    async fn the_person_is_told_that_their_record_was_opened_and_not_by_whom(server: TestServer) {
        let family = Family::enter(&server).await;
        for guardian in [&family.mother, &family.father] {
            family.relate(&server, &family.custody(guardian, "2011-03-03")).await;
        }
        let school = &family.school;
        let keeper = school.token_of(&server, Role::ProtectionOfficer, Some(school.unit), None, Level::High).await;
        let (first, second) = (family.staff(&server, Role::ProtectionOfficer).await, family.staff(&server, Role::ProtectionOfficer).await);
        let path = format!("/v1/persons/{}", family.child.id);
        server.put(&format!("{path}/protection"), "*", &json!({ "protection": "marked" })).token(&first).send().await.expect(200);
        let clearing = json!({ "personId": family.child.id, "relativeId": family.mother.id, "reason": "Modern är ensam vårdnadshavare" });
        let made = server.post("/v1/clearings", &clearing).token(&first).send().await.expect(201);
        let confirmation = format!("/v1/clearings/{}/confirmation", id_of(&made));
        server.post(&confirmation, &json!({ "version": 1 })).token(&second).send().await.expect(200);
        let why = json!({ "reason": "Kallelse till utvecklingssamtal" });
        server.post(&format!("{path}/disclosure"), &why).token(&keeper).send().await.expect(200);
        let officer = family.staff(&server, Role::DataProtectionOfficer).await;
        look(&server, &officer, &family.child.id, "").await.expect(200);
        // What the mother reads is nobody's business.
        let mother = family.guardian(&server, &family.mother).await;
        server.get(&path).token(&mother).send().await.expect(200);
        server.settle_log().await;

        let child = family.participant(&server, &family.child).await;
        let of_ward = format!("/v1/me/wards/{}/accesses", family.child.id);
        let own = server.get("/v1/me/accesses").token(&child).send().await.expect(200);
        let hers = server.get(&of_ward).token(&mother).send().await.expect(200);
        assert_eq!(rows(&own), rows(&hers));
        let [newest, opened] = [&rows(&own)[0], &rows(&own)[1]];
        assert_eq!((&newest["roles"], &newest["purpose"]), (&json!(["data-protection-officer"]), &json!(REASON)));
        assert_eq!((&opened["roles"], &opened["purpose"]), (&json!(["protection-officer"]), &why["reason"]));
        assert_eq!((&opened["schoolUnitIds"], &newest["schoolUnitIds"]), (&json!([school.unit]), &json!([])));
        assert!(rows(&own).iter().all(|row| row["permission"] != "person:read" && row["permission"] != "own-account"), "{}", own.text);
        assert!(!own.text.contains("@exempel.se") && !own.text.contains("actor"), "{}", own.text);

        let father = family.guardian(&server, &family.father).await;
        server.get(&of_ward).token(&father).send().await.expect(404);
        let page = server.get("/v1/me/accesses?limit=1").token(&child).send().await.expect(200);
        assert_eq!(rows(&page).len(), 1);
        assert!(page.body["pageToken"].is_string());
        let administrator = family.staff(&server, Role::Administrator).await;
        server.get("/v1/me/accesses").token(&administrator).send().await.expect(404);
        server.stop().await;
    }
}
