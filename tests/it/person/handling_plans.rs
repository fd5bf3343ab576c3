//! Handling plans: made with the marking, decided by people, reviewed in time.

use std::collections::BTreeSet;

use serde_json::json;
use skolhus_domain::{
    access::{Level, Role},
    id::{Id, PersonId},
};
use skolhus_tests::on_both;
use uuid::Uuid;

use super::*;

/// A member of staff with an account.
async fn staff(server: &TestServer, staffed: &Staffed, given: &str, family: &str) -> String {
    let made = staffed.create(server, &named(given, family)).await.expect(201);
    let id = made.body["id"].as_str().unwrap().to_owned();
    let person: PersonId = Id::from_uuid(id.parse::<Uuid>().unwrap());
    staffed.school.token_of(server, Role::Principal, None, Some(person), Level::High).await;
    id
}

fn path(person: &str) -> String {
    format!("/v1/persons/{person}/handling-plan")
}

async fn opened(server: &TestServer, token: &str, person: &str) -> Answer {
    let path = format!("{}/disclosure", path(person));
    server.post(&path, &json!({ "reason": "Ny mentor ska informeras" })).token(token).send().await
}

/// How many accesses to the person the log holds.
fn accesses(server: &TestServer) -> u32 {
    let sql = "SELECT cast(count(*) AS text) AS value FROM changes WHERE action = 'access'";
    server.raw().text(sql).parse().unwrap()
}

on_both! {
    async fn whoever_is_protected_has_an_alias_at_once_and_a_plan_when_somebody_makes_it(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let id = staffed.protected(&server, &numbered("Älva", "Ärlig", ÄLVA)).await;
        let responsible = staff(&server, &staffed, "Måns", "Åkerlund").await;
        let curator = staff(&server, &staffed, "Ylva", "Östlund").await;
        let before = accesses(&server);
        let plan = opened(&server, &staffed.officer, &id).await.expect(200);
        assert_eq!(accesses(&server), before + 1);
        assert_eq!((&plan.body["state"], &plan.body["shownName"], plan.etag()), (&json!("missing"), &json!("alias"), "\"1\"".to_owned()));
        assert_eq!((&plan.body["responsibleId"], &plan.body["reviewedOn"], &plan.body["reviewDue"]), (&json!(null), &json!(null), &json!("2026-08-17")));
        let alias = plan.body["alias"].as_str().unwrap().to_owned();
        assert!(!plan.text.contains("rlig") && alias.split(' ').count() == 2, "{}", plan.text);

        let patch = |etag: &str, body: Value| server.patch(&path(&id), etag, &body).token(&staffed.officer).send();
        // Somebody answers for it, who works there and is not the person.
        let without = patch("\"1\"", json!({ "home": "Ring kuratorn.", "reason": "Samtal med modern" })).await.expect(422);
        assert_eq!(without.refused(), ["/responsibleId"]);
        for (body, pointer) in [
            (json!({ "responsibleId": id }), "/responsibleId"),
            (json!({ "responsibleId": "0199a3f0-7c00-7000-8000-00000000dead" }), "/responsibleId"),
            (json!({ "responsibleId": responsible, "mayKnowIds": ["0199a3f0-7c00-7000-8000-00000000dead"] }), "/mayKnowIds"),
            (json!({ "responsibleId": responsible, "mayKnowIds": [curator, curator] }), "/mayKnowIds"),
            (json!({ "responsibleId": responsible, "shownName": "chosen" }), "/chosenName"),
            (json!({ "responsibleId": responsible, "chosenName": { "givenName": "Kim", "familyName": "Ek" } }), "/chosenName"),
            (json!({ "responsibleId": responsible, "shownName": "own" }), "/confirmed"),
            (json!({ "responsibleId": responsible, "home": null, "notes": "\u{7}" }), "/notes"),
            (json!({ "responsibleId": responsible, "reviewDue": "2026-08-17", "shownName": null }), "/shownName"),
            (json!({ "responsibleId": responsible, "reviewDue": "2032-08-17" }), "/reviewDue"),
            (json!({ "responsibleId": responsible, "reviewDue": null }), "/reviewDue"),
        ] {
            let mut body = body;
            body["reason"] = json!("Samtal med modern");
            let refused = patch("\"1\"", body.clone()).await.expect(422);
            assert_eq!(refused.refused(), [pointer], "{body}");
        }
        let made = json!({
            "responsibleId": responsible, "mayKnowIds": [curator], "home": "Ring skolans växel.\nSkicka inget hem.",
            "notes": "Inget skolfoto.", "reason": "Samtal med modern",
        });
        assert_eq!(server.request("PATCH".parse().unwrap(), &path(&id)).body("application/merge-patch+json", made.to_string()).token(&staffed.officer).send().await.expect(428).body["code"], "precondition-required");
        let saved = patch("\"1\"", made.clone()).await.expect(200);
        assert_eq!((saved.etag(), &saved.body["state"], &saved.body["reviewedOn"], &saved.body["reviewDue"]), ("\"2\"".to_owned(), &json!("in-force"), &json!("2026-08-17"), &json!("2027-08-17")));
        assert_eq!((&saved.body["mayKnowIds"], &saved.body["home"]), (&json!([curator]), &json!("Ring skolans växel.\nSkicka inget hem.")));
        // The same again is the present state, whatever version was read.
        assert_eq!(patch("\"1\"", made.clone()).await.expect(200).etag(), "\"2\"");
        patch("\"1\"", json!({ "notes": null, "reason": "Inget mer att säga" })).await.expect(412);
        let chosen = json!({ "shownName": "chosen", "chosenName": { "givenName": "Kim", "familyName": "Ek" }, "mayKnowIds": [], "reason": "Eleven vill heta så" });
        let saved = patch("\"2\"", chosen).await.expect(200);
        assert_eq!((&saved.body["chosenName"], &saved.body["mayKnowIds"], saved.etag()), (&json!({ "givenName": "Kim", "familyName": "Ek" }), &json!([]), "\"3\"".to_owned()));
        let own = patch("\"3\"", json!({ "shownName": "own", "confirmed": true, "reason": "Eleven vill heta så" })).await.expect(200);
        assert_eq!((&own.body["shownName"], &own.body["chosenName"], own.body["alias"].as_str().unwrap()), (&json!("own"), &json!(null), alias.as_str()));
        server.stop().await;
    }
}

on_both! {
    async fn a_plan_is_read_and_changed_by_those_who_may_and_of_those_who_are_protected(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let id = staffed.protected(&server, &named("Älva", "Ärlig")).await;
        let open = staffed.create(&server, &numbered("Åsa", "Öberg", ÅSA)).await.expect(201).body["id"].as_str().unwrap().to_owned();
        for unprotected in [open.as_str(), "0199a3f0-7c00-7000-8000-00000000dead"] {
            opened(&server, &staffed.officer, unprotected).await.expect(404);
            let body = json!({ "notes": "Hej", "reason": "Samtal med modern" });
            server.patch(&path(unprotected), "*", &body).token(&staffed.officer).send().await.expect(404);
            let review = json!({ "version": 1, "reason": "Genomgången" });
            server.post(&format!("{}/reviews", path(unprotected)), &review).token(&staffed.officer).send().await.expect(404);
        }
        for role in Role::ALL {
            if role == Role::ProtectionOfficer { continue }
            let token = staffed.school.token_of(&server, role, None, None, Level::High).await;
            opened(&server, &token, &id).await.expect(403);
            server.post("/v1/handling-plans/search", &json!({ "reason": "Nyfikenhet" })).token(&token).send().await.expect(403);
            server.get("/v1/handling-plan-setting").token(&token).send().await.expect(403);
        }
        let weak = staffed.school.token_of(&server, Role::ProtectionOfficer, None, None, Level::Substantial).await;
        assert_eq!(opened(&server, &weak, &id).await.expect(401).body["code"], "level-too-low");
        // Neither the audit trail nor the feeds tell of plans, also when the protection is over.
        let lift = json!({ "protection": "none", "confirmed": true, "reason": "Beslut 2026-08-14" });
        let protection = format!("/v1/persons/{id}/protection");
        server.put(&protection, "*", &lift).token(&staffed.officer).send().await.expect(200);
        opened(&server, &staffed.officer, &id).await.expect(404);
        server.settle_log().await;
        let administrator = staffed.school.token_of(&server, Role::Administrator, None, None, Level::High).await;
        let trail = server.get("/v1/changes?limit=500").token(&administrator).send().await.expect(200);
        assert!(!trail.text.contains("handling plan"), "{}", trail.text);
        server.stop().await;
    }
}

on_both! {
    async fn whoever_is_protected_anew_begins_anew(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let id = staffed.protected(&server, &named("Älva", "Ärlig")).await;
        let responsible = staff(&server, &staffed, "Måns", "Åkerlund").await;
        let first = opened(&server, &staffed.officer, &id).await.expect(200);
        let body = json!({ "responsibleId": responsible, "mayKnowIds": [responsible], "notes": "Inget skolfoto.", "reason": "Samtal med modern" });
        server.patch(&path(&id), "*", &body).token(&staffed.officer).send().await.expect(200);
        let protection = format!("/v1/persons/{id}/protection");
        let put = |body: Value| server.put(&protection, "*", &body).token(&staffed.officer).send();
        // A stronger protection leaves the plan as it is.
        put(json!({ "protection": "protected-registration" })).await.expect(200);
        assert_eq!(opened(&server, &staffed.officer, &id).await.expect(200).body["notes"], "Inget skolfoto.");
        put(json!({ "protection": "none", "confirmed": true, "reason": "Beslut 2026-08-14" })).await.expect(200);
        put(json!({ "protection": "marked" })).await.expect(200);
        let again = opened(&server, &staffed.officer, &id).await.expect(200);
        assert_eq!((&again.body["state"], &again.body["notes"], &again.body["mayKnowIds"]), (&json!("missing"), &json!(null), &json!([])));
        assert_ne!(again.body["alias"], first.body["alias"], "the old alias has been seen beside the name");
        server.stop().await;
    }
}

on_both! {
    async fn the_register_shows_what_is_missing_and_due_without_names(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let responsible = staff(&server, &staffed, "Måns", "Åkerlund").await;
        let mut ids = Vec::new();
        for family in ["Ärlig", "Öländer", "Ålander"] {
            ids.push(staffed.protected(&server, &named("Älva", family)).await);
        }
        let make = async |person: &str, due: &str| {
            let body = json!({ "responsibleId": responsible, "reviewDue": due, "reason": "Samtal med modern" });
            server.patch(&path(person), "*", &body).token(&staffed.officer).send().await.expect(200);
        };
        make(&ids[0], "2026-10-01").await;
        make(&ids[1], "2026-09-01").await;
        let search = async |query: &str| -> Vec<(String, String)> {
            let path = format!("/v1/handling-plans/search{query}");
            let page = server.post(&path, &json!({ "reason": "Månadens genomgång" })).token(&staffed.officer).send().await.expect(200);
            assert!(!["rlig", "länder", "lander", "lva"].iter().any(|name| page.text.contains(name)), "{}", page.text);
            let rows = page.body["data"].as_array().unwrap();
            rows.iter().map(|row| (row["personId"].as_str().unwrap().to_owned(), row["state"].as_str().unwrap().to_owned())).collect()
        };
        let row = |number: usize, state: &str| (ids[number].clone(), state.to_owned());
        let before = accesses(&server);
        assert_eq!(search("").await, [row(2, "missing"), row(1, "in-force"), row(0, "in-force")]);
        assert_eq!(accesses(&server), before + 3);
        assert_eq!(search("?sort=-reviewDue&limit=2").await, [row(0, "in-force"), row(1, "in-force")]);
        assert_eq!(search("?state=missing").await, [row(2, "missing")]);
        assert_eq!(search("?dueBefore=2026-09-02&state=in-force,review-due").await, [row(1, "in-force")]);
        assert_eq!(search(&format!("?responsibleId={responsible}")).await.len(), 2);
        assert_eq!(search(&format!("?responsibleId={}", ids[0])).await, []);
        server.clock.advance(chrono::Duration::days(30));
        let officer = staffed.school.token_of(&server, Role::ProtectionOfficer, None, None, Level::High).await;
        let page = server.post("/v1/handling-plans/search?state=review-due", &json!({ "reason": "Månadens genomgång" })).token(&officer).send().await.expect(200);
        assert_eq!((page.body["data"].as_array().unwrap().len(), &page.body["data"][0]["personId"]), (1, &json!(ids[1])));
        server.post("/v1/handling-plans/search", &json!({})).token(&officer).send().await.expect(400);

        // A page costs the same, however many stand on it.
        let ask = |limit: u32| server.post(&format!("/v1/handling-plans/search?limit={limit}"), &json!({ "reason": "Månadens genomgång" })).token(&officer).send();
        let (_, one) = server.statements(ask(1)).await;
        let (_, three) = server.statements(ask(3)).await;
        assert_eq!((one, three), (4, 4), "the scope, the page, and two of the log");
        server.stop().await;
    }
}

on_both! {
    async fn a_review_holds_for_the_interval_that_was_decided(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let id = staffed.protected(&server, &named("Älva", "Ärlig")).await;
        let responsible = staff(&server, &staffed, "Måns", "Åkerlund").await;
        let setting = server.get("/v1/handling-plan-setting").token(&staffed.officer).send().await.expect(200);
        assert_eq!((setting.etag(), &setting.body["intervalMonths"], &setting.body["decidedOn"]), ("\"0\"".to_owned(), &json!(12), &json!(null)));
        let decide = |etag: &str, body: Value| server.put("/v1/handling-plan-setting", etag, &body).token(&staffed.officer).send();
        let body = json!({ "intervalMonths": 6, "decidedOn": "2026-08-17", "decision": "Rektors beslut 2026-114" });
        for (wrong, pointer) in [
            (json!({ "intervalMonths": 0, "decidedOn": "2026-08-17", "decision": "Rektors beslut" }), "/intervalMonths"),
            (json!({ "intervalMonths": 61, "decidedOn": "2026-08-17", "decision": "Rektors beslut" }), "/intervalMonths"),
            (json!({ "intervalMonths": 6, "decidedOn": "2026-08-18", "decision": "Rektors beslut" }), "/decidedOn"),
        ] {
            assert_eq!(decide("\"0\"", wrong).await.expect(422).refused(), [pointer]);
        }
        assert_eq!(decide("\"0\"", body.clone()).await.expect(200).etag(), "\"1\"");
        assert_eq!(decide("\"0\"", body).await.expect(200).etag(), "\"1\"");
        decide("\"0\"", json!({ "intervalMonths": 3, "decidedOn": "2026-08-17", "decision": "Rektors beslut" })).await.expect(412);

        let review = |body: Value| server.post(&format!("{}/reviews", path(&id)), &body).token(&staffed.officer).send();
        // What is missing cannot be reviewed.
        review(json!({ "version": 1, "reason": "Genomgången" })).await.expect(409);
        let body = json!({ "responsibleId": responsible, "reason": "Samtal med modern" });
        let made = server.patch(&path(&id), "*", &body).token(&staffed.officer).send().await.expect(200);
        assert_eq!(made.body["reviewDue"], "2027-02-17");
        assert_eq!(review(json!({ "version": 1, "reason": "Genomgången" })).await.expect(409).body["code"], "conflict");
        assert_eq!(review(json!({ "version": 2, "reviewDue": "2026-08-17", "reason": "Genomgången" })).await.expect(422).refused(), ["/reviewDue"]);
        let reviewed = review(json!({ "version": 2, "reviewDue": "2026-11-01", "reason": "Genomgången" })).await.expect(200);
        assert_eq!((&reviewed.body["reviewDue"], reviewed.etag()), (&json!("2026-11-01"), "\"3\"".to_owned()));
        server.stop().await;
    }
}

on_both! {
    async fn twenty_saves_at_once_make_one_plan_and_no_two_have_the_same_alias(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let responsible = staff(&server, &staffed, "Måns", "Åkerlund").await;
        let mut ids = Vec::new();
        for number in 0..12 {
            let made = staffed.create(&server, &named("Älva", &format!("Ärlig{number}"))).await.expect(201);
            ids.push(made.body["id"].as_str().unwrap().to_owned());
        }
        let mark = |id: &String| server.put(&format!("/v1/persons/{id}/protection"), "\"1\"", &json!({ "protection": "marked" })).token(&staffed.officer).send();
        for answer in futures_util::future::join_all(ids.iter().map(mark)).await {
            answer.expect(200);
        }
        let mut aliases = BTreeSet::new();
        for id in &ids {
            aliases.insert(opened(&server, &staffed.officer, id).await.expect(200).body["alias"].as_str().unwrap().to_owned());
        }
        assert_eq!(aliases.len(), ids.len());
        let body = json!({ "responsibleId": responsible, "mayKnowIds": [responsible], "reason": "Samtal med modern" });
        let saves = (0..20).map(|_| server.patch(&path(&ids[0]), "\"1\"", &body).token(&staffed.officer).send());
        for answer in futures_util::future::join_all(saves).await {
            assert_eq!(answer.expect(200).etag(), "\"2\"");
        }
        let sql = "SELECT cast(count(*) AS text) AS value FROM handling_plan_staff";
        assert_eq!(server.raw().text(sql), "1");
        server.stop().await;
    }
}

on_both! {
    async fn those_about_whom_nobody_has_said_anything_are_listed_and_stated_together(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let secret = staffed.protected(&server, &named("Älva", "Ärlig")).await;
        let mut unknown = Vec::new();
        for (given, family, number) in [("Åsa", "Öberg", ÅSA), ("Örjan", "Ek", ÖRJAN)] {
            let made = staffed.create(&server, &numbered(given, family, number)).await.expect(201);
            unknown.push(made.body["id"].as_str().unwrap().to_owned());
        }
        let listed = async || families(&server.post("/v1/protected-persons/search?protection=not-stated", &json!({ "reason": "Kontroll mot Navet" })).token(&staffed.officer).send().await.expect(200));
        assert_eq!(listed().await, ["Ek", "Öberg"]);
        let state = |ids: Value| server.post("/v1/unprotected-statements", &json!({ "personIds": ids, "reason": "Kontrollerat mot folkbokföringen" })).token(&staffed.officer).send();
        let nobody = "0199a3f0-7c00-7000-8000-00000000dead";
        let refused = state(json!([unknown[0], secret, nobody, unknown[0]])).await.expect(422);
        assert_eq!(refused.refused(), ["/personIds/1", "/personIds/2", "/personIds/3"]);
        assert_eq!(listed().await, ["Ek", "Öberg"], "all or nothing");
        state(json!([])).await.expect(422);
        let (answer, statements) = server.statements(state(json!(unknown))).await;
        answer.expect(200);
        assert_eq!(statements, 6, "the scope, who they are, their rows, the change, and two of the log");
        assert_eq!(listed().await, [] as [&str; 0]);
        // Said again it changes nothing.
        state(json!(unknown)).await.expect(200);
        let person = server.get(&format!("/v1/persons/{}", unknown[0])).token(&staffed.registrar).send().await.expect(200);
        assert_eq!(person.body["version"], 2);
        server.post("/v1/unprotected-statements", &json!({ "personIds": unknown, "reason": "Kontrollerat" })).token(&staffed.registrar).send().await.expect(403);
        server.stop().await;
    }
}
