use serde_json::{Value, json};
use skolhus_tests::{on_both, server::Answer};

use super::school::{SMALL, Size, Spring, register};

/// The places of warnings, each with how many records it names.
fn warned(preview: &Answer) -> Vec<(String, usize)> {
    let warnings = preview.body["warnings"].as_array().unwrap();
    warnings
        .iter()
        .map(|warning| {
            let records = warning["recordIds"].as_array().unwrap().len();
            (warning["pointer"].as_str().unwrap().to_owned(), records)
        })
        .collect()
}

fn refused(preview: &Answer) -> Vec<&str> {
    let refusals = preview.body["refusals"].as_array().unwrap();
    refusals.iter().map(|refusal| refusal["pointer"].as_str().unwrap()).collect()
}

/// The body with a member of it set.
fn with(body: &Value, at: &str, value: Value) -> Value {
    let mut body = body.clone();
    let (above, field) = at.rsplit_once('/').unwrap();
    body.pointer_mut(above).unwrap()[field] = value;
    body
}

on_both! {
    async fn names_years_and_places_can_be_said(server: TestServer) {
        let spring = Spring::enter(&server, Size { choosing: 4, ..SMALL }).await;
        let body = spring.body();
        let classes = |preview: &Answer| -> Vec<(Value, Value)> {
            preview.body["classes"].as_array().unwrap().iter().map(|class| (class["name"].clone(), class["goesUp"].clone())).collect()
        };
        // A school of six years, where 6A is the last; 7A, 8A and 9A are nobody's here.
        let short = with(&body, "/promotion/highestYears", json!([{ "schoolTypeCode": "GR", "schoolYear": 6 }]));
        let preview = spring.preview(&server, &with(&short, "/promotion/groupIds", json!([spring.classes["6A"].to_string()]))).await.expect(200);
        assert_eq!(classes(&preview), [(Value::Null, json!(false))]);
        assert_eq!((&preview.body["counts"]["enrolments"], &preview.body["counts"]["enrolmentsEnded"]), (&json!(0), &json!(3)));
        let named = with(&body, "/promotion/names", json!([{ "groupId": spring.classes["7A"].to_string(), "name": "8 Björken" }]));
        let preview = spring.preview(&server, &named).await.expect(200);
        assert_eq!(preview.body["classes"][1]["name"], "8 Björken");
        let other = with(&body, "/promotion/highestYears", json!([{ "schoolTypeCode": "GRAN", "schoolYear": 9 }]));
        let preview = spring.preview(&server, &other).await.expect(200);
        assert_eq!((refused(&preview), &preview.body["possible"]), (vec!["/promotion/highestYears"], &json!(false)));
        spring.turn(&server, &other, &preview).await.expect(422);

        // A name that another class has by then.
        let taken = json!({ "schoolUnitId": spring.unit.to_string(), "kind": "class", "name": "7a", "period": { "from": "2027-08-16" } });
        spring.post(&server, "/v1/groups", &taken).await.expect(201);
        let preview = spring.preview(&server, &body).await.expect(200);
        assert_eq!(refused(&preview), ["/classes/0/name"]);
        let freed = with(&body, "/promotion/names", json!([{ "groupId": spring.classes["6A"].to_string(), "name": "7C" }]));
        // The class that is named comes in autumn and does not go up itself.
        let preview = spring.preview(&server, &freed).await.expect(200);
        assert_eq!((refused(&preview), classes(&preview).len()), (vec![], 4));

        // Fewer places than go on.
        let change = json!([{ "offeringId": spring.offerings["Elevens val"].to_string(), "capacity": 3, "title": "Elevens val, hösten" }]);
        let full = with(&freed, "/copying/changes", change);
        let preview = spring.preview(&server, &full).await.expect(200);
        assert_eq!((refused(&preview), &preview.body["offerings"][0]["title"]), (vec!["/offerings/0/capacity"], &json!("Elevens val, hösten")));
        spring.turn(&server, &full, &preview).await.expect(409);
        let nobody = with(&full, "/copying/participants", json!("nobody"));
        let preview = spring.preview(&server, &nobody).await.expect(200);
        assert_eq!((refused(&preview), &preview.body["counts"]["participations"]), (vec![], &json!(0)));
        server.stop().await;
    }
}

on_both! {
    async fn who_goes_on_is_decided_by_what_the_register_says(server: TestServer) {
        let spring = Spring::enter(&server, Size { choosing: 4, ..SMALL }).await;
        let going = spring.list(&server, &format!("/v1/participations?offeringId={}&limit=500", spring.offerings["Elevens val"])).await;
        let act = async |place: usize, noun: &str, body: Value| {
            let path = format!("/v1/participations/{}/{noun}", going[place]["id"].as_str().unwrap());
            server.post(&path, &body).header("if-match", "\"1\"").token(&spring.registrar).send().await.expect(200)
        };
        let in_part = spring.list(&server, &format!("/v1/participations?offeringId={}&limit=500", spring.offerings["Keramik"])).await;
        // Parts are left first.
        let left = &in_part.iter().find(|part| part["personId"] == going[0]["personId"]).unwrap()["id"];
        let path = format!("/v1/participations/{}/interruption", left.as_str().unwrap());
        server.post(&path, &json!({ "on": "2027-05-01", "reason": "Byter inriktning" })).header("if-match", "\"1\"").token(&spring.registrar).send().await.expect(200);
        act(0, "interruption", json!({ "on": "2027-05-01", "reason": "Byter inriktning" })).await;
        act(1, "study-break", json!({ "from": "2027-05-03" })).await;
        // One pupil moves away in summer; another is in the class and not enrolled any more.
        let moved = going[2]["personId"].as_str().unwrap();
        let enrolment = spring.list(&server, &format!("/v1/enrolments?personId={moved}")).await.remove(0);
        let path = format!("/v1/enrolments/{}", enrolment["id"].as_str().unwrap());
        server.patch(&path, "\"1\"", &json!({ "period": { "from": "2026-08-17", "to": "2027-06-30" } })).token(&spring.registrar).send().await.expect(200);

        let body = spring.body();
        let preview = spring.preview(&server, &body).await.expect(200);
        let places = warned(&preview);
        for (at, records) in [("/offerings/0/participants", 1), ("/offerings/5/participants", 1), ("/classes/0", 1)] {
            assert!(places.contains(&(at.to_owned(), records)), "{at} of {places:?}: {}", preview.text);
        }
        assert_eq!((&preview.body["offerings"][0]["participations"], &preview.body["offerings"][5]["participations"]), (&json!(1), &json!(1)));
        // A school that enters an enrolment for each year says so.
        let renewed = with(&body, "/promotion/renewEndedEnrolments", json!(true));
        let preview = spring.preview(&server, &renewed).await.expect(200);
        assert_eq!(preview.body["counts"]["enrolments"], 9);

        let chosen = |ids: &[&Value]| with(&with(&body, "/copying/participants", json!("chosen")), "/copying/participationIds", json!(ids));
        let preview = spring.preview(&server, &chosen(&[&going[1]["id"]])).await.expect(200);
        assert_eq!((refused(&preview), &preview.body["offerings"][0]["participations"]), (vec![], &json!(1)));
        let nowhere = json!("0199a3f0-7c00-7000-8000-00000000dead");
        let preview = spring.preview(&server, &chosen(&[&going[0]["id"], &nowhere])).await.expect(200);
        assert_eq!(refused(&preview), ["/copying/participationIds/0", "/copying/participationIds/1"]);
        // A protected person's participation is answered as one that is not there.
        spring.protect(&server, going[3]["personId"].as_str().unwrap().parse().map(skolhus_domain::id::Id::from_uuid).unwrap()).await;
        let preview = spring.preview(&server, &chosen(&[&going[3]["id"]])).await.expect(200);
        let absent = spring.preview(&server, &chosen(&[&nowhere])).await.expect(200);
        assert_eq!(preview.text.replace(going[3]["id"].as_str().unwrap(), "…"), absent.text.replace("0199a3f0-7c00-7000-8000-00000000dead", "…"));
        server.stop().await;
    }
}

on_both! {
    // Everything is made of the protected as of the others, and nothing is told of them.
    async fn the_protected_are_counted_and_not_named(server: TestServer) {
        let spring = Spring::enter(&server, SMALL).await;
        let hidden = spring.pupils["6A"][0];
        let body = spring.body();
        let open = spring.preview(&server, &body).await.expect(200);
        let enrolment = spring.list(&server, &format!("/v1/enrolments?personId={hidden}")).await.remove(0);
        spring.protect(&server, hidden).await;
        let closed = spring.preview(&server, &body).await.expect(200);
        assert_eq!(open.text, closed.text, "no difference of answers");
        let turn = spring.turn(&server, &body, &closed).await.expect(201);
        let id = turn.body["id"].as_str().unwrap();
        let mut raw = server.raw();
        let theirs = raw.either("m.person_id::text", "lower(hex(m.person_id))").to_owned();
        let person = hidden.to_string();
        let person = if raw.is_postgres() { person } else { person.replace('-', "") };
        assert_eq!(raw.text(&format!("SELECT CAST(count(*) AS TEXT) AS value FROM enrolments m WHERE {theirs} = '{person}'")), "2");
        assert_eq!(raw.text(&format!("SELECT CAST(count(*) AS TEXT) AS value FROM group_memberships m WHERE {theirs} = '{person}'")), "2");
        let records = spring.list(&server, &format!("/v1/term-turns/{id}/records?limit=500")).await;
        let counted: i64 = turn.body["counts"].as_array().unwrap().iter().map(|count| count["records"].as_i64().unwrap()).sum();
        // Enrolments, membership, two participations that go on, one that follows.
        let lessons = 4 * (1 + 36);
        assert_eq!((counted, i64::try_from(records.len()).unwrap()), (68 + lessons, 68 - 6 + lessons), "{records:?}");
        assert!(records.iter().all(|record| record["sourceId"] != enrolment["id"] && record["recordId"] != enrolment["id"]));
        let undone = spring.undo(&server, &turn).await.expect(200);
        assert_eq!(undone.body["state"], "reversed");
        assert_eq!(raw.text(&format!("SELECT CAST(count(*) AS TEXT) AS value FROM enrolments m WHERE {theirs} = '{person}' AND withdrawn_at IS NULL AND valid_to IS NULL")), "1");
        server.stop().await;
    }
}

on_both! {
    async fn teachers_go_on_as_far_as_their_duties_reach(server: TestServer) {
        let spring = Spring::enter(&server, SMALL).await;
        for (duty, to) in [(spring.duties[0], "2027-07-31"), (spring.duties[1], "2027-10-31")] {
            let path = format!("/v1/duties/{duty}");
            server.patch(&path, "\"1\"", &json!({ "period": { "from": "2020-08-01", "to": to } })).token(&spring.registrar).send().await.expect(200);
        }
        let body = spring.body();
        let preview = spring.preview(&server, &body).await.expect(200);
        let places = warned(&preview);
        assert!(places.contains(&("/offerings/1/teachers".to_owned(), 1)) && places.contains(&("/offerings/2/teachers".to_owned(), 1)), "{places:?}");
        assert_eq!((&preview.body["counts"]["teachers"], &preview.body["counts"]["assignments"]), (&json!(3), &json!(2)));
        let turn = spring.turn(&server, &body, &preview).await.expect(201);
        let offered = spring.list(&server, &format!("/v1/course-offerings?termId={}&limit=500", spring.autumn)).await;
        let copy = offered.iter().find(|copy| copy["title"] == "Matematik 8A 1").unwrap();
        assert_eq!(copy["teachers"][0]["period"], json!({ "from": "2027-08-16", "to": "2027-10-31" }));
        let mut raw = server.raw();
        let turned = register(&mut raw);
        assert_eq!(turned["offering_teachers"].len(), 7);
        spring.undo(&server, &turn).await.expect(200);
        server.stop().await;
    }
}
