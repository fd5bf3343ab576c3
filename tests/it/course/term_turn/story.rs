use serde_json::{Value, json};
use skolhus_domain::access::{Level, Role};
use skolhus_tests::{on_both, proof::ChangeProof};

use super::school::{SMALL, Spring, register};

fn count(turn: &Value, entity: &str, action: &str) -> i64 {
    let counts = turn["counts"].as_array().unwrap();
    let found = counts.iter().find(|count| count["entity"] == entity && count["action"] == action);
    found.map_or(0, |count| count["records"].as_i64().unwrap())
}

on_both! {
    async fn a_term_is_turned_in_one_act_and_turned_back(server: TestServer) {
        let spring = Spring::enter(&server, SMALL).await;
        let mut raw = server.raw();
        let before = register(&mut raw);
        let body = spring.body();
        let preview = spring.preview(&server, &body).await.expect(200);
        assert_eq!(preview.body["refusals"], json!([]));
        assert_eq!(preview.body["possible"], true);
        let counts = json!({ "offerings": 6, "teachers": 4, "drivingGroups": 3, "lessonSeries": 4, "lessons": 4 * 36, "participations": 4, "following": 9,
            "classes": 3, "memberships": 9, "assignments": 3, "classesEnded": 0, "enrolments": 9, "enrolmentsEnded": 12 });
        // 9A leaves: what it drives is copied without it.
        let warned: Vec<&Value> = preview.body["warnings"].as_array().unwrap().iter().map(|warning| &warning["pointer"]).collect();
        assert_eq!(warned, [&json!("/offerings/4/groups")]);
        assert_eq!(preview.body["counts"], counts);
        assert_eq!(register(&mut raw), before, "a preview changes nothing");
        let titles: Vec<&str> = preview.body["offerings"].as_array().unwrap().iter().map(|copy| copy["title"].as_str().unwrap()).collect();
        assert_eq!(titles, ["Elevens val", "Matematik 7A 1", "Matematik 8A 1", "Matematik 9A 1", "Matematik 10A 1", "Keramik"]);

        let proof = ChangeProof::watch(&server);
        let turn = spring.turn(&server, &body, &preview).await.expect(201);
        assert!(proof.check() > 60);
        let id = turn.body["id"].as_str().unwrap().to_owned();
        assert_eq!(turn.headers["location"].to_str().unwrap(), format!("/v1/term-turns/{id}"));
        for (entity, action, records) in [
            ("course offering", "made", 6), ("offering term", "made", 6), ("offering teacher", "made", 4), ("offering group", "made", 3),
            ("group", "made", 3), ("group membership", "made", 9), ("group assignment", "made", 3),
            ("enrolment", "made", 9), ("enrolment", "ended", 12), ("participation", "made", 13), ("group", "ended", 0),
        ] {
            assert_eq!(count(&turn.body, entity, action), records, "{entity} {action}");
        }
        // One act: one transaction, one request.
        let acts = raw.text(
            "SELECT CAST(count(DISTINCT request_id) AS TEXT) || ' ' || CAST(count(DISTINCT transaction_id) AS TEXT) AS value \
             FROM changes WHERE permission = 'term-turn:manage'",
        );
        assert_eq!(acts, "1 1");

        // The school in autumn.
        let offered = spring.list(&server, &format!("/v1/course-offerings?termId={}&limit=500", spring.autumn)).await;
        let copy = offered.iter().find(|copy| copy["title"] == "Matematik 8A 1").unwrap();
        assert_eq!((&copy["firstDay"], &copy["lastDay"], &copy["placesTaken"]), (&json!("2027-08-16"), &json!("2027-12-17"), &json!(3)));
        assert_eq!(copy["teachers"][0]["role"], "responsible");
        let chosen = offered.iter().find(|copy| copy["title"] == "Elevens val").unwrap();
        let part = offered.iter().find(|copy| copy["title"] == "Keramik").unwrap();
        assert_eq!((&part["partOfId"], &part["placesTaken"], &chosen["placesTaken"]), (&chosen["id"], &json!(2), &json!(2)));
        let going = spring.list(&server, &format!("/v1/participations?offeringId={}", chosen["id"].as_str().unwrap())).await;
        assert!(going.iter().all(|going| going["state"]["code"] == "planned" && going["pace"][0]["pacePercent"] == 20));
        let groups = spring.get(&server, &format!("/v1/course-offerings/{}/groups", copy["id"].as_str().unwrap())).await.expect(200);
        let eighth = groups.body["groups"][0]["groupId"].as_str().unwrap().to_owned();
        assert_eq!(groups.body["groups"][0]["name"], "8A");
        let class = spring.get(&server, &format!("/v1/groups/{eighth}")).await.expect(200).body;
        assert_eq!((&class["schoolYear"], &class["period"]), (&json!(8), &json!({ "from": "2027-08-16", "to": "2028-06-09" })));
        assert_eq!(class["assignments"][0]["role"], "mentor");
        let pupil = spring.pupils["7A"][0];
        let enrolments = spring.list(&server, &format!("/v1/enrolments?personId={pupil}&sort=periodFrom")).await;
        let said: Vec<_> = enrolments.iter().map(|one| (&one["schoolYear"], &one["period"])).collect();
        assert_eq!(said, [
            (&json!(7), &json!({ "from": "2026-08-17", "to": "2027-08-15" })),
            (&json!(8), &json!({ "from": "2027-08-16", "to": null })),
        ]);
        let leaver = spring.pupils["9A"][0];
        let enrolments = spring.list(&server, &format!("/v1/enrolments?personId={leaver}")).await;
        assert_eq!((enrolments.len(), &enrolments[0]["period"]["to"]), (1, &json!("2027-06-30")));

        // What it made, by page.
        let mut found = Vec::new();
        let mut next = format!("/v1/term-turns/{id}/records?limit=20");
        loop {
            let page = spring.get(&server, &next).await.expect(200).body;
            found.extend(page["data"].as_array().unwrap().clone());
            let Some(token) = page["pageToken"].as_str() else { break };
            next = format!("/v1/term-turns/{id}/records?limit=20&pageToken={token}");
        }
        assert_eq!(found.len(), 68 + 4 * 37);
        let sources = spring.list(&server, &format!("/v1/term-turns/{id}/records?entity=group&action=made")).await;
        assert!(sources.iter().any(|made| made["recordId"] == eighth.as_str() && made["sourceId"] == spring.classes["7A"].to_string()));

        // Turned again, there is nothing left to turn.
        let again = spring.preview(&server, &body).await.expect(200);
        assert_eq!((&again.body["possible"], &again.body["counts"]["offerings"]), (&json!(false), &json!(0)));

        let undone = spring.undo(&server, &turn).await.expect(200);
        assert_eq!((&undone.body["state"], &undone.body["reversalReason"]), (&json!("reversed"), &json!("Fel termin valdes")));
        proof.check();
        assert_eq!(register(&mut raw), before);
        spring.undo(&server, &turn).await.expect(409);
        // And anew.
        let preview = spring.preview(&server, &body).await.expect(200);
        assert_eq!(preview.body["counts"], counts);
        spring.turn(&server, &body, &preview).await.expect(201);
        server.stop().await;
    }
}

on_both! {
    async fn an_act_makes_what_was_previewed_and_nothing_else(server: TestServer) {
        let spring = Spring::enter(&server, SMALL).await;
        let body = spring.body();
        let preview = spring.preview(&server, &body).await.expect(200);
        // A pupil joins 7A after the preview, and a title is corrected.
        let path = format!("/v1/course-offerings/{}", spring.offerings["Keramik"]);
        let etag = spring.get(&server, &path).await.expect(200).etag();
        server.patch(&path, &etag, &json!({ "title": "Keramik och lera" })).token(&spring.registrar).send().await.expect(200);
        let joins = json!({ "personId": spring.pupils["6A"][0].to_string(), "groupId": spring.classes["7A"].to_string(), "period": { "from": "2027-05-01" } });
        spring.post(&server, "/v1/group-memberships", &joins).await.expect(201);
        let mut raw = server.raw();
        let before = register(&mut raw);
        let refused = spring.turn(&server, &body, &preview).await.expect(409);
        let named = refused.refused();
        assert!(named.contains(&"/classes/1".to_owned()) && named.contains(&"/offerings/5".to_owned()), "{named:?}");
        assert!(!named.contains(&"/classes/0".to_owned()) && !named.contains(&"/offerings/1".to_owned()), "{named:?}");
        assert_eq!(register(&mut raw), before);
        let mut made_up = body.clone();
        made_up["fingerprint"] = json!("helt-annat");
        assert_eq!(spring.post(&server, "/v1/term-turns", &made_up).await.expect(422).refused(), ["/fingerprint"]);

        // Once, however often it is asked for.
        let preview = spring.preview(&server, &body).await.expect(200);
        let mut act = body.clone();
        act["fingerprint"] = preview.body["fingerprint"].clone();
        let once = || server.post("/v1/term-turns", &act).token(&spring.registrar).header("idempotency-key", "terminsskifte-ht27").send();
        let first = once().await.expect(201);
        let second = once().await.expect(201);
        assert_eq!(first.body, second.body);
        let turns = spring.list(&server, &format!("/v1/term-turns?schoolUnitId={}&termId={}&state=done", spring.unit, spring.autumn)).await;
        assert_eq!(turns.len(), 1);
        server.stop().await;
    }
}

on_both! {
    async fn a_registrar_of_another_unit_turns_nothing_here(server: TestServer) {
        let spring = Spring::enter(&server, SMALL).await;
        let body = spring.body();
        let preview = spring.preview(&server, &body).await.expect(200);
        let turn = spring.turn(&server, &body, &preview).await.expect(201);
        let other = spring.school.token_of(&server, Role::Registrar, Some(spring.school.unit), None, Level::Substantial).await;
        assert_eq!(server.post("/v1/term-turns/preview", &body).token(&other).send().await.expect(422).refused(), ["/schoolUnitId"]);
        let id = turn.body["id"].as_str().unwrap();
        server.get(&format!("/v1/term-turns/{id}")).token(&other).send().await.expect(404);
        server.get(&format!("/v1/term-turns/{id}/records")).token(&other).send().await.expect(404);
        server.post(&format!("/v1/term-turns/{id}/reversal"), &json!({ "reason": "Fel termin" })).token(&other).send().await.expect(404);
        assert_eq!(server.get("/v1/term-turns").token(&other).send().await.expect(200).body["data"], json!([]));
        let own = spring.school.token_of(&server, Role::Registrar, Some(spring.unit), None, Level::Substantial).await;
        server.post(&format!("/v1/term-turns/{id}/reversal"), &json!({ "reason": "Fel termin" })).token(&own).send().await.expect(200);
        let preview = server.post("/v1/term-turns/preview", &body).token(&own).send().await.expect(200);
        assert_eq!(preview.body["counts"]["memberships"], 9);
        server.stop().await;
    }
}

on_both! {
    // Two registrars press the button at once.
    async fn of_two_acts_at_once_one_is_made(server: TestServer) {
        let spring = Spring::enter(&server, SMALL).await;
        let body = spring.body();
        let preview = spring.preview(&server, &body).await.expect(200);
        let answers = futures_util::future::join_all((0..4).map(|_| spring.turn(&server, &body, &preview))).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409], "{:?}", answers.iter().map(|answer| &answer.text).collect::<Vec<_>>());
        let classes = spring.list(&server, &format!("/v1/groups?schoolUnitId={}&kind=class&validOn=2027-09-01", spring.unit)).await;
        assert_eq!(classes.len(), 3);
        server.stop().await;
    }
}
