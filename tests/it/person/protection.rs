use serde_json::json;
use skolhus_domain::{
    access::{Level, Role},
    id::{Id, PersonId},
};
use skolhus_tests::on_both;
use uuid::Uuid;

use super::*;

/// What differs from request to request and says nothing: the address and the request's id.
fn essence(answer: &Answer) -> (u16, Value) {
    let mut body = answer.body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("instance");
        fields.remove("requestId");
    }
    (answer.status.as_u16(), body)
}

on_both! {
    async fn a_protected_person_is_found_by_nobody_without_the_permission(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let school = &staffed.school;
        let mut secret = numbered("Älva", "Ärlig", ÄLVA);
        secret["externalIdentifiers"] = json!([{ "system": "rexnet", "value": "7" }]);
        secret["schoolUnitId"] = json!(school.unit.to_string());
        let id = staffed.protected(&server, &secret).await;
        staffed.create(&server, &numbered("Åsa", "Öberg", ÅSA)).await.expect(201);
        let there = format!("/v1/persons/{id}");
        let nowhere = "/v1/persons/0199a3f0-7c00-7000-8000-00000000dead";

        let mut callers = vec![staffed.registrar.clone(), staffed.officer.clone()];
        for role in [Role::Principal, Role::Registrar] {
            callers.push(school.token_of(&server, role, Some(school.unit), None, Level::High).await);
        }
        for role in [Role::Principal, Role::Teacher, Role::Participant, Role::Guardian] {
            callers.push(school.token_of(&server, role, None, None, Level::High).await);
        }
        for token in &callers {
            assert_eq!(
                essence(&server.get(&there).token(token).send().await),
                essence(&server.get(nowhere).token(token).send().await),
            );
            for query in ["", "?name=%C3%A4rl", "?nameContains=rlig", "?sort=-modifiedAt", "?limit=1", "?modifiedAfter=2026-01-01T00:00:00Z", &format!("?schoolUnitId={}", school.unit)] {
                let list = server.get(&format!("/v1/persons{query}")).token(token).send().await.expect(200);
                assert!(!list.text.contains("rlig") && !list.text.contains(&id), "{query}: {}", list.text);
            }
            // The page ends where the last person who may be seen stands: no token tells of one more.
            let list = server.get("/v1/persons?limit=1").token(token).send().await.expect(200);
            assert_eq!(list.body["pageToken"], json!(null));
            for (query, allowed) in [("?birthDate=2000-01-01", [200, 403]), ("?externalSystem=rexnet&externalValue=7", [200, 403])] {
                let list = server.get(&format!("/v1/persons{query}")).token(token).send().await;
                assert!(allowed.contains(&list.status.as_u16()) && !list.text.contains("rlig"));
            }
            let found = server.post("/v1/persons/search", &json!({ "value": ÄLVA })).token(token).send().await;
            assert!(found.status == 403 || found.body["data"] == json!([]), "{}", found.text);
        }
        for body in [json!({ "name": { "familyName": "Ek" } }), json!({ "name": null }), json!({})] {
            assert_eq!(
                essence(&server.patch(&there, "\"2\"", &body).token(&staffed.registrar).send().await),
                essence(&server.patch(nowhere, "\"2\"", &body).token(&staffed.registrar).send().await),
            );
        }
        for etag in ["\"1\"", "\"2\"", "*"] {
            let answer = server.delete(&there, etag).token(&staffed.registrar).send().await.expect(404);
            assert_eq!(essence(&answer), essence(&server.delete(nowhere, etag).token(&staffed.registrar).send().await));
        }
        let known = server.get(&there).token(&staffed.registrar).header("if-none-match", "\"2\"").send().await;
        assert_eq!(known.status, 404);
        // Ordinary callers do not open, mark or list anybody.
        for token in callers.iter().filter(|token| **token != staffed.officer) {
            server.post(&format!("{there}/disclosure"), &json!({ "reason": "Nyfikenhet" })).token(token).send().await.expect(403);
            server.put(&format!("{there}/protection"), "*", &json!({ "protection": "none", "confirmed": true, "reason": "Nyfikenhet" })).token(token).send().await.expect(403);
            server.post("/v1/protected-persons/search", &json!({ "reason": "Nyfikenhet" })).token(token).send().await.expect(403);
            server.get("/v1/person-reviews").token(token).send().await.expect(403);
        }
        server.stop().await;
    }
}

on_both! {
    async fn an_officer_opens_a_record_with_a_reason_that_is_logged(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let id = staffed.protected(&server, &numbered("Älva", "Ärlig", ÄLVA)).await;
        let path = format!("/v1/persons/{id}/disclosure");
        let open = |body: Value| server.post(&path, &body).token(&staffed.officer).send();
        open(json!({})).await.expect(400);
        assert_eq!(open(json!({ "reason": "för" })).await.expect(422).refused(), ["/reason"]);
        let before = entries(&server, "access");
        let opened = open(json!({ "reason": "Kallelse, ärende 2026-114" })).await.expect(200);
        assert_eq!((&opened.body["name"]["familyName"], &opened.body["protection"]), (&json!("Ärlig"), &json!("marked")));
        assert_eq!(opened.body["identityNumbers"][0]["value"], ÄLVA);
        assert_eq!(entries(&server, "access"), before + 1);
        server.post("/v1/persons/0199a3f0-7c00-7000-8000-00000000dead/disclosure", &json!({ "reason": "Kallelse" })).token(&staffed.officer).send().await.expect(404);
        let weak = staffed.school.token_of(&server, Role::ProtectionOfficer, None, None, Level::Substantial).await;
        let refused = server.post(&path, &json!({ "reason": "Kallelse" })).token(&weak).send().await.expect(401);
        assert_eq!(refused.body["code"], "level-too-low");

        staffed.create(&server, &numbered("Åsa", "Öberg", ÅSA)).await.expect(201);
        let mut plain = numbered("Örjan", "Ek", ÖRJAN);
        plain["protection"] = json!("none");
        staffed.create(&server, &plain).await.expect(201);
        let search = |query: &str| server.post(&format!("/v1/protected-persons/search{query}"), &json!({ "reason": "Årlig genomgång" })).token(&staffed.officer).send();
        assert_eq!(families(&search("").await.expect(200)), ["Ärlig", "Öberg"]);
        assert_eq!(families(&search("?protection=marked,protected-registration").await.expect(200)), ["Ärlig"]);
        let page = search("?limit=1").await.expect(200);
        let next = page.body["pageToken"].as_str().unwrap();
        assert_eq!(families(&search(&format!("?limit=1&pageToken={next}")).await.expect(200)), ["Öberg"]);
        server.stop().await;
    }
}

/// How many changes of that kind the log holds: looked at from outside the program.
fn entries(server: &TestServer, action: &str) -> u32 {
    let sql = format!("SELECT cast(count(*) AS text) AS value FROM changes WHERE action = '{action}'");
    server.raw().text(&sql).parse().unwrap()
}

on_both! {
    async fn a_marking_takes_effect_at_once_and_is_lifted_only_with_a_confirmation(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let id = staffed.protected(&server, &named("Älva", "Ärlig")).await;
        let path = format!("/v1/persons/{id}/protection");
        let put = |etag: &'static str, body: Value| server.put(&path, etag, &body).token(&staffed.officer).send();
        let stronger = put("\"2\"", json!({ "protection": "protected-registration" })).await.expect(200);
        assert_eq!((stronger.etag(), &stronger.body["protection"]), ("\"3\"".to_owned(), &json!("protected-registration")));
        assert_eq!(put("\"3\"", json!({ "protection": "marked" })).await.expect(422).refused(), ["/confirmed", "/reason"]);
        assert_eq!(put("\"3\"", json!({ "protection": "none", "confirmed": true })).await.expect(422).refused(), ["/reason"]);
        assert_eq!(put("\"3\"", json!({ "protection": "none", "reason": "Beslut 2026-08-14" })).await.expect(422).refused(), ["/confirmed"]);
        assert_eq!(put("\"3\"", json!({ "protection": "not-stated" })).await.expect(422).refused(), ["/protection"]);
        put("\"1\"", json!({ "protection": "none", "confirmed": true, "reason": "Beslut 2026-08-14" })).await.expect(412);
        server.get(&format!("/v1/persons/{id}")).token(&staffed.registrar).send().await.expect(404);
        put("\"3\"", json!({ "protection": "none", "confirmed": true, "reason": "Beslut 2026-08-14" })).await.expect(200);
        server.get(&format!("/v1/persons/{id}")).token(&staffed.registrar).send().await.expect(200);
        // Nobody else sets or lifts it by another way.
        server.patch(&format!("/v1/persons/{id}"), "\"4\"", &json!({ "protection": "marked" })).token(&staffed.registrar).send().await.expect(400);
        server.stop().await;
    }
}

on_both! {
    async fn a_protected_person_reads_their_own_record(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let id = staffed.protected(&server, &numbered("Älva", "Ärlig", ÄLVA)).await;
        let person: PersonId = Id::from_uuid(id.parse::<Uuid>().unwrap());
        let own = staffed.school.token_of(&server, Role::Participant, None, Some(person), Level::Basic).await;
        let record = server.get("/v1/me/person").token(&own).send().await.expect(200);
        assert_eq!((&record.body["name"]["familyName"], &record.body["protection"]), (&json!("Ärlig"), &json!("marked")));
        assert_eq!(entries(&server, "access"), 2, "the marking, and this reading");
        server.stop().await;
    }
}
