//! A day in one request: of a family, of a participant, of a teacher.

use serde_json::{Value, json};
use skolhus_domain::access::Role;
use skolhus_tests::on_both;

use super::home::Home;
use crate::{group::register::id, schedule::staff::Mathematics};

fn ids(lessons: &Value) -> Vec<Value> {
    lessons.as_array().unwrap().iter().map(|of| of["lesson"]["id"].clone()).collect()
}

on_both! {
    async fn a_guardian_and_the_child_see_the_childs_today(server: TestServer) {
        let home = Home::enter(&server).await;
        let family = &home.family;
        let over = home.lesson(&server, 17, "07:00", "08:00").await;
        let now = home.lesson(&server, 17, "08:00", "09:00").await;
        let off = home.lesson(&server, 17, "10:00", "11:00").await;
        let late = home.lesson(&server, 17, "13:00", "14:00").await;
        let tomorrow = home.lesson(&server, 18, "08:00", "09:00").await;
        home.register(&server, &over, "absent", false).await;
        let registrar = family.staff(&server, Role::Registrar).await;
        let reason = json!({ "reason": "Läraren är sjuk" });
        server.post(&format!("/v1/lessons/{off}/cancellation"), &reason).header("if-match", "*").token(&registrar).send().await.expect(200);
        let mother = family.guardian(&server, &family.mother).await;
        let body = json!({ "personIds": [family.child.id], "extent": "lessons", "lessonIds": [late] });
        let report = server.post("/v1/absence-reports", &body).token(&mother).send().await.expect(201);

        let (today, statements) = server.statements(server.get("/v1/today").token(&mother).send()).await;
        let today = today.expect(200);
        assert!(statements <= 7, "{statements}");
        assert_eq!((&today.body["date"], &today.body["now"]), (&json!("2026-08-17"), &json!("2026-08-17T06:10:00Z")));
        assert_eq!(today.body["persons"].as_array().unwrap().len(), 1, "the mother takes part in nothing");
        let child = &today.body["persons"][0];
        assert_eq!((&child["personId"], &child["name"]["familyName"]), (&json!(family.child.id), &json!("Häggmark")));
        assert_eq!((&child["isSelf"], &child["mayReportAbsence"]), (&json!(false), &json!(true)));
        assert_eq!(ids(&child["lessons"]), [&over, &now, &off, &late].map(|id| json!(id)));
        assert_eq!(child["nextLessonId"], json!(now), "it goes on");
        assert_eq!(child["lessons"][0]["mark"]["kind"], json!("absent-unauthorised"));
        assert_eq!((&child["lessons"][1]["mark"], &child["lessons"][1]["absenceReportId"]), (&Value::Null, &Value::Null));
        assert_eq!(child["lessons"][2]["lesson"]["state"], json!("cancelled"));
        assert_eq!(child["lessons"][3]["absenceReportId"], report.body["reports"][0]["id"]);
        assert_eq!(child["absenceReports"][0]["lessonIds"], json!([late]));

        // The same lessons as the list's, and the day that is asked for.
        let list = server.get(&format!("/v1/lessons?from=2026-08-17&to=2026-08-17&participantId={}", family.child.id));
        let list = list.token(&mother).send().await.expect(200);
        let listed: Vec<&Value> = list.body["data"].as_array().unwrap().iter().collect();
        let shown: Vec<&Value> = child["lessons"].as_array().unwrap().iter().map(|of| &of["lesson"]).collect();
        assert_eq!(listed, shown);
        let next = server.get("/v1/today?date=2026-08-18").token(&mother).send().await.expect(200);
        assert_eq!(ids(&next.body["persons"][0]["lessons"]), [json!(tomorrow)]);
        assert_eq!(next.body["persons"][0]["absenceReports"], json!([]));
        server.get("/v1/today?date=1815-06-18").token(&mother).send().await.expect(400);

        // The pupil sees their own, and may not report: they are not of age.
        let own = family.participant(&server, &family.child).await;
        let own = server.get("/v1/today").token(&own).send().await.expect(200);
        let me = &own.body["persons"][0];
        assert_eq!((&me["isSelf"], &me["mayReportAbsence"]), (&json!(true), &json!(false)));
        assert_eq!(me["lessons"], child["lessons"]);
        // Whoever is related to nobody gets nobody, and so does staff.
        let neighbour = family.guardian(&server, &family.neighbour).await;
        for token in [&neighbour, &registrar] {
            assert_eq!(server.get("/v1/today").token(token).send().await.expect(200).body["persons"], json!([]));
        }
        server.stop().await;
    }
}

on_both! {
    async fn today_ends_with_the_right_to_see_and_with_protection(server: TestServer) {
        let home = Home::without_duty(&server).await;
        let family = &home.family;
        home.lesson(&server, 17, "13:00", "14:00").await;
        let mut collects = family.custody(&family.neighbour, "2020-01-01");
        collects["rights"] = json!(["collect", "report-absence"]);
        family.relate(&server, &collects).await;
        family.relate(&server, &family.custody(&family.mother, "2011-03-03")).await;
        let persons = async |token: &str| {
            let today = server.get("/v1/today").token(token).send().await.expect(200);
            today.body["persons"].as_array().unwrap().len()
        };
        let mother = family.guardian(&server, &family.mother).await;
        let neighbour = family.guardian(&server, &family.neighbour).await;
        assert_eq!((persons(&mother).await, persons(&neighbour).await), (1, 0));
        let officer = family.staff(&server, Role::ProtectionOfficer).await;
        let body = json!({ "protection": "marked", "confirmed": true, "reason": "Beslut från Skatteverket" });
        server.put(&format!("/v1/persons/{}/protection", family.child.id), "*", &body).token(&officer).send().await.expect(200);
        assert_eq!(persons(&mother).await, 0, "nobody has cleared her");
        let own = family.participant(&server, &family.child).await;
        assert_eq!(persons(&own).await, 1);
        // On the birthday that makes the child an adult the rights are over.
        server.clock.set("2029-03-02T23:00:00Z".parse().unwrap());
        let mother = family.guardian(&server, &family.mother).await;
        assert_eq!(persons(&mother).await, 0);
        server.stop().await;
    }
}

on_both! {
    async fn a_teachers_day_is_one_request_of_three_statements(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 25).await;
        let autumn = &mathematics.autumn;
        let day = async |token: &str, query: &str| {
            let (answer, statements) = server.statements(server.get(&format!("/v1/teachers-day{query}")).token(token).send()).await;
            assert!(statements <= 3, "{statements}");
            answer.expect(200)
        };
        assert_eq!(day(&mathematics.teachers_token, "").await.body["lessons"], json!([]));
        let over = mathematics.lesson(&server, "2026-08-17T07:00:00+02:00", "2026-08-17T08:00:00+02:00").await;
        let off = mathematics.lesson(&server, "2026-08-17T08:10:00+02:00", "2026-08-17T09:00:00+02:00").await;
        let next = mathematics.lesson(&server, "2026-08-17T10:00:00+02:00", "2026-08-17T11:00:00+02:00").await;
        mathematics.lesson(&server, "2026-08-18T10:00:00+02:00", "2026-08-18T11:00:00+02:00").await;
        let reason = json!({ "reason": "Läraren är på fortbildning" });
        server.post(&format!("/v1/lessons/{}/cancellation", id(&off)), &reason).header("if-match", "\"1\"").token(&mathematics.teachers_token).send().await.expect(200);
        let marks = json!({ "marks": [{ "personId": mathematics.pupils[0].to_string(), "kind": "present" }] });
        server.put(&format!("/v1/lessons/{}/attendance", id(&over)), "\"0\"", &marks).token(&mathematics.teachers_token).send().await.expect(200);
        for pupil in [1, 2] {
            let body = json!({ "personIds": [mathematics.pupils[pupil].to_string()], "extent": "day", "firstDay": "2026-08-17" });
            server.post("/v1/absence-reports", &body).token(&mathematics.teachers_token).send().await.expect(201);
        }
        autumn.protect(&server, mathematics.pupils[1]).await;

        let today = day(&mathematics.teachers_token, "").await;
        assert_eq!(ids(&today.body["lessons"]), [id(&over), id(&off), id(&next)].map(|id| json!(id)));
        assert_eq!(today.body["nextLessonId"], next["id"]);
        let of = |place: usize, field: &str| today.body["lessons"][place][field].clone();
        assert_eq!((of(0, "registerVersion"), of(0, "registerState")), (json!(1), json!("open")));
        assert_eq!((of(0, "expected"), of(0, "withoutMark")), (json!(25), json!(24)));
        assert_eq!(of(0, "reportedAbsent"), json!([]), "it had begun");
        let away = of(2, "reportedAbsent");
        assert_eq!((away.as_array().unwrap().len(), &away[0]["ground"]), (2, &json!("absence-report")));
        assert!(!today.text.contains("Hemlig"), "{}", today.text);
        // What the register proposes is the same.
        let sheet = mathematics.get(&server, &format!("/v1/lessons/{}/attendance", id(&next))).await.expect(200);
        let proposed = sheet.body["participants"].as_array().unwrap().iter().filter(|of| of["proposed"] == json!("absent-authorised"));
        let proposed: Vec<&Value> = proposed.map(|of| &of["personId"]).collect();
        assert_eq!(proposed, away.as_array().unwrap().iter().map(|of| &of["personId"]).collect::<Vec<_>>());

        // A substitute has that lesson; the registrar reads a colleague's day, without whom they do not meet.
        let (duty, substitute) = mathematics.colleague(&server, "Örjan", "Åberg").await;
        let staff = json!({ "staff": [{ "dutyId": duty, "part": "substitute" }, { "dutyId": mathematics.duty, "part": "away" }] });
        server.patch(&format!("/v1/lessons/{}", id(&next)), "*", &staff).token(&autumn.registrar).send().await.expect(200);
        assert_eq!(ids(&day(&substitute, "").await.body["lessons"]), [next["id"].clone()]);
        let rest = day(&mathematics.teachers_token, "").await;
        assert_eq!((ids(&rest.body["lessons"]).len(), &rest.body["nextLessonId"]), (2, &Value::Null));
        let theirs = day(&autumn.registrar, &format!("?teacherId={}", mathematics.teacher)).await;
        assert_eq!(theirs.body["lessons"][0]["expected"], json!(24));
        let another = day(&substitute, &format!("?teacherId={}", mathematics.teacher)).await;
        assert_eq!(another.body["lessons"], json!([]));
        server.stop().await;
    }
}
