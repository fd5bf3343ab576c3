//! Absence that is reported beforehand.

use serde_json::{Value, json};
use skolhus_domain::access::{Level, Role};
use skolhus_tests::on_both;

use super::home::Home;
use crate::schedule::staff::Mathematics;

on_both! {
    async fn a_guardian_reports_a_day_and_the_register_knows_it(server: TestServer) {
        let home = Home::enter(&server).await;
        let family = &home.family;
        let [mother, father] = [family.guardian(&server, &family.mother).await, family.guardian(&server, &family.father).await];
        let begun = home.lesson(&server, 17, "08:00", "08:10").await;
        let later = home.lesson(&server, 17, "09:00", "10:00").await;
        let last = home.lesson(&server, 17, "13:00", "14:00").await;
        let tomorrow = home.lesson(&server, 18, "09:00", "10:00").await;
        // What a teacher has registered stays as it is.
        home.register(&server, &later, "present", false).await;
        let body = json!({ "personIds": [family.child.id], "extent": "day", "firstDay": "2026-08-17" });
        let made = server.post("/v1/absence-reports", &body).token(&mother).header("idempotency-key", "a").send().await.expect(201);
        let report = made.body["reports"][0].clone();
        assert_eq!((&report["reportedBy"], &report["isOwn"], &report["extent"]), (&json!("relative"), &json!(true), &json!("day")));
        let again = server.post("/v1/absence-reports", &body).token(&mother).header("idempotency-key", "a").send().await.expect(201);
        assert_eq!(again.text, made.text);
        let proposed = async |lesson: &str| home.of_child(&server, lesson).await["proposed"].clone();
        assert_eq!(proposed(&begun).await, Value::Null, "it had begun");
        assert_eq!(proposed(&later).await, Value::Null);
        assert_eq!(home.of_child(&server, &later).await["mark"]["kind"], json!("present"));
        assert_eq!(proposed(&last).await, json!("absent-authorised"));
        assert_eq!(proposed(&tomorrow).await, Value::Null);

        // Both see it; the one who made it ends it.
        let path = format!("/v1/absence-reports/{}", report["id"].as_str().unwrap());
        assert_eq!(server.get(&path).token(&father).send().await.expect(200).body["isOwn"], json!(false));
        let neighbour = family.guardian(&server, &family.neighbour).await;
        server.get(&path).token(&neighbour).send().await.expect(404);
        let end = |token: &str| server.request(reqwest::Method::POST, &format!("{path}/ending")).token(token).send();
        end(&neighbour).await.expect(404);
        end(&father).await.expect(403);
        server.clock.set("2026-08-17T10:30:00Z".parse().unwrap());
        let mother = family.guardian(&server, &family.mother).await;
        let registrar = family.staff(&server, Role::Registrar).await;
        let ended = end(&mother).await.expect(200);
        assert_eq!((&ended.body["endedAt"], &ended.body["version"]), (&json!("2026-08-17T10:30:00Z"), &json!(2)));
        end(&mother).await.expect(409);
        end(&registrar).await.expect(409);
        assert_eq!(proposed(&last).await, Value::Null);
        let filtered = async |filter: &str| {
            let list = server.get(&format!("/v1/absence-reports?{filter}")).token(&registrar).send().await.expect(200);
            list.body["data"].as_array().unwrap().len()
        };
        assert_eq!(filtered("from=2026-08-17&to=2026-08-17").await, 1);
        assert_eq!(filtered("from=2026-08-18").await, 0);
        assert_eq!(filtered(&format!("personId={}", family.neighbours_child.id)).await, 0);
        server.stop().await;
    }
}

on_both! {
    async fn spans_days_and_single_lessons_make_absence_authorised(server: TestServer) {
        let home = Home::enter(&server).await;
        let family = &home.family;
        let mother = family.guardian(&server, &family.mother).await;
        let morning = home.lesson(&server, 18, "08:00", "09:00").await;
        let noon = home.lesson(&server, 18, "11:00", "12:00").await;
        let evening = home.lesson(&server, 18, "15:00", "16:00").await;
        let next = home.lesson(&server, 19, "08:00", "09:00").await;
        let bodies = [
            json!({ "personIds": [family.child.id], "extent": "lessons", "lessonIds": [morning] }),
            json!({ "personIds": [family.child.id], "extent": "span", "startsAt": "2026-08-18T11:30:00+02:00", "endsAt": "2026-08-18T13:00:00+02:00" }),
            json!({ "personIds": [family.child.id], "extent": "days", "firstDay": "2026-08-19", "lastDay": "2026-08-20" }),
        ];
        for body in &bodies {
            server.post("/v1/absence-reports", body).token(&mother).send().await.expect(201);
        }
        server.clock.set("2026-08-19T08:00:00Z".parse().unwrap());
        for (lesson, kind) in [(&morning, "absent-authorised"), (&noon, "absent-authorised"), (&evening, "absent-unauthorised"), (&next, "absent-authorised")] {
            home.register(&server, lesson, "absent", false).await;
            assert_eq!(home.of_child(&server, lesson).await["mark"]["kind"], json!(kind));
        }
        let mother = family.guardian(&server, &family.mother).await;
        let list = server.get("/v1/absence-reports?from=2026-08-18&to=2026-08-18").token(&mother).send().await.expect(200);
        assert_eq!(list.body["data"].as_array().unwrap().len(), 2);
        assert!(list.body["data"].as_array().unwrap().iter().any(|of| of["lessonIds"] == json!([morning])));
        server.stop().await;
    }
}

on_both! {
    async fn what_is_reported_wrongly_is_named_and_nothing_is_saved(server: TestServer) {
        let home = Home::enter(&server).await;
        let family = &home.family;
        let mother = family.guardian(&server, &family.mother).await;
        let lesson = home.lesson(&server, 17, "08:00", "08:10").await;
        let report = |body: Value| server.post("/v1/absence-reports", &body).token(&mother).send();
        let child = &family.child.id;
        let stranger = &family.neighbours_child.id;
        let refused = [
            (json!({ "personIds": [child, stranger], "extent": "day", "firstDay": "2026-08-17" }), vec!["/personIds/1"]),
            (json!({ "personIds": [child, child], "extent": "day", "firstDay": "2026-08-17" }), vec!["/personIds/1"]),
            (json!({ "personIds": [child], "extent": "vecka" }), vec!["/extent"]),
            (json!({ "personIds": [child], "extent": "day", "firstDay": "2026-08-16" }), vec!["/firstDay"]),
            (json!({ "personIds": [child], "extent": "day" }), vec!["/firstDay"]),
            (json!({ "personIds": [child], "extent": "day", "firstDay": "2026-10-01" }), vec!["/firstDay"]),
            (json!({ "personIds": [child], "extent": "lessons", "lessonIds": [stranger] }), vec!["/lessonIds/0"]),
        ];
        for (body, pointers) in refused {
            assert_eq!(report(body).await.expect(422).refused(), pointers);
        }
        let begun = report(json!({ "personIds": [child], "extent": "lessons", "lessonIds": [lesson] })).await.expect(409);
        assert_eq!(begun.refused(), ["/lessonIds/0"]);
        // A relative without the right, and a child for themselves, may not.
        let mut custody = family.custody(&family.neighbour, "2020-01-01");
        custody["rights"] = json!(["see"]);
        family.relate(&server, &custody).await;
        let today = json!({ "personIds": [child], "extent": "day", "firstDay": "2026-08-17" });
        let neighbour = family.guardian(&server, &family.neighbour).await;
        server.post("/v1/absence-reports", &today).token(&neighbour).send().await.expect(403);
        let own = family.participant(&server, &family.child).await;
        server.post("/v1/absence-reports", &today).token(&own).send().await.expect(403);
        let list = server.get("/v1/absence-reports").token(&home.registrar).send().await.expect(200);
        assert_eq!(list.body["data"], json!([]));

        // The organiser's limits.
        let principal = family.staff(&server, Role::Principal).await;
        let settings = json!({ "reportDaysAhead": 60, "reportDaysLong": 3, "mentorLeaveDays": 5,
            "countedIn": "lessons", "denominator": "reported", "lateCounts": "as-present" });
        let before = server.get("/v1/attendance-settings").token(&mother).send().await.expect(200);
        assert_eq!((before.etag().as_str(), &before.body["reportDaysAhead"]), ("\"0\"", &json!(14)));
        server.put("/v1/attendance-settings", "\"0\"", &settings).token(&mother).send().await.expect(403);
        server.put("/v1/attendance-settings", "\"1\"", &settings).token(&principal).send().await.expect(412);
        let saved = server.put("/v1/attendance-settings", "\"0\"", &settings).token(&principal).send().await.expect(200);
        assert_eq!(saved.etag(), "\"1\"");
        server.put("/v1/attendance-settings", "\"0\"", &settings).token(&principal).send().await.expect(200);
        report(json!({ "personIds": [child], "extent": "day", "firstDay": "2026-10-01" })).await.expect(201);
        let long = report(json!({ "personIds": [child], "extent": "days", "firstDay": "2026-08-18", "lastDay": "2026-08-21" })).await.expect(422);
        assert_eq!(long.refused(), ["/lastDay"]);
        server.stop().await;
    }
}

on_both! {
    async fn staff_take_a_call_and_adults_report_themselves(server: TestServer) {
        let home = Home::without_duty(&server).await;
        let family = &home.family;
        let today = |id: &str| json!({ "personIds": [id], "extent": "day", "firstDay": "2026-08-17" });
        let made = server.post("/v1/absence-reports", &today(&family.child.id)).token(&home.registrar).send().await.expect(201);
        assert_eq!((&made.body["reports"][0]["reportedBy"], &made.body["reports"][0]["isOwn"]), (&json!("staff"), &json!(false)));
        let path = format!("/v1/absence-reports/{}/ending", made.body["reports"][0]["id"].as_str().unwrap());
        let colleague = family.staff(&server, Role::Registrar).await;
        server.request(reqwest::Method::POST, &path).token(&colleague).send().await.expect(200);
        let adult = family.participant(&server, &family.mother).await;
        let made = server.post("/v1/absence-reports", &today(&family.mother.id)).token(&adult).send().await.expect(201);
        assert_eq!((&made.body["reports"][0]["reportedBy"], &made.body["reports"][0]["isOwn"]), (&json!("themselves"), &json!(true)));
        server.post("/v1/absence-reports", &today(&family.child.id)).token(&adult).send().await.expect(422);
        // Who works at the school meets their own child as a guardian, with the rights of one.
        let mut custody = family.custody(&family.mother, "2020-01-01");
        custody["rights"] = json!(["see"]);
        family.relate(&server, &custody).await;
        let roles = [(Role::Registrar, None), (Role::Guardian, None)];
        let both = family.school.token_with(&server, &roles, Some(family.mother.person()), Level::High).await;
        server.post("/v1/absence-reports", &today(&family.child.id)).token(&both).send().await.expect(403);
        server.stop().await;
    }
}

on_both! {
    async fn a_class_costs_no_more_with_reports_and_a_report_no_more_for_more_children(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 25).await;
        let lesson = mathematics.lesson(&server, "2026-08-17T09:10:00+02:00", "2026-08-17T10:00:00+02:00").await;
        let ids: Vec<String> = mathematics.pupils.iter().map(ToString::to_string).collect();
        let report = |ids: &[String]| {
            let body = json!({ "personIds": ids, "extent": "lessons", "lessonIds": [lesson["id"]] });
            server.statements(server.post("/v1/absence-reports", &body).token(&mathematics.teachers_token).send())
        };
        let (one, few) = report(&ids[..1]).await;
        one.expect(201);
        let (many, same) = report(&ids[1..20]).await;
        many.expect(201);
        assert_eq!(few, same);
        server.clock.set("2026-08-17T07:30:00Z".parse().unwrap());
        let token = mathematics.autumn.token_of(&server, Role::Teacher, mathematics.teacher).await;
        let marks: Vec<Value> = ids.iter().map(|id| json!({ "personId": id, "kind": "absent" })).collect();
        let path = format!("/v1/lessons/{}/attendance", lesson["id"].as_str().unwrap());
        let (saved, statements) = server.statements(server.put(&path, "\"0\"", &json!({ "marks": marks })).token(&token).send()).await;
        let saved = saved.expect(200);
        assert!(statements <= 8, "{statements}");
        let kinds = saved.body["participants"].as_array().unwrap().iter().filter(|of| of["mark"]["kind"] == json!("absent-authorised"));
        assert_eq!(kinds.count(), 20);
        // Closing costs a few fixed more: there is no duty here.
        let body = json!({ "marks": marks, "close": true });
        let (closed, statements) = server.statements(server.put(&path, "\"1\"", &body).token(&token).send()).await;
        closed.expect(200);
        assert!(statements <= 9, "{statements}");
        server.stop().await;
    }
}
