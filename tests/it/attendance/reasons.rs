//! Why somebody was absent: asked for where the organiser has decided it, told to few, and forgotten.

use chrono::Duration;
use serde_json::{Value, json};
use skolhus_api::change::housekeeping;
use skolhus_domain::access::{Level, Role};
use skolhus_tests::{
    on_both,
    server::{Answer, TestServer},
};

use super::home::Home;
use crate::{
    group::register::{day, id},
    schedule::staff::Mathematics,
};

/// The settings with reasons that are kept for three days, or without.
async fn ask_for_reasons(server: &TestServer, token: &str, asked: bool) -> Answer {
    let settings = json!({
        "reportDaysAhead": 14, "reportDaysLong": 14, "mentorLeaveDays": 10, "countedIn": "lessons",
        "denominator": "reported", "lateCounts": "as-present", "detailedReasons": asked, "reasonsKeptDays": 3,
    });
    server.put("/v1/attendance-settings", "*", &settings).token(token).send().await.expect(200)
}

fn because(code: &str) -> Value {
    json!({ "reasonCode": code })
}

/// What a caller reads: what each reason is about, and what it says.
async fn told(server: &TestServer, token: &str) -> Vec<(bool, String)> {
    let list = server.get("/v1/absence-reasons").token(token).send().await.expect(200);
    let of =
        |reason: &Value| (reason["lessonId"].is_null(), reason["reasonCode"].as_str().unwrap().to_owned());
    list.body["data"].as_array().unwrap().iter().map(of).collect()
}

/// Everything that is kept of a reason in any table.
fn kept(server: &TestServer, word: &str) -> usize {
    let mut raw = server.raw();
    let rows = raw.texts("SELECT coalesce(code, '-') AS value FROM absence_reasons");
    let log = raw.texts("SELECT details AS value FROM change_details");
    let sent = raw.texts("SELECT payload AS value FROM outbox_messages");
    let quoted = format!("\"{word}\"");
    let tells = |text: &String| text == word || text.contains(&quoted);
    rows.into_iter().chain(log).chain(sent).filter(tells).count()
}

on_both! {
    async fn a_reason_is_stated_where_it_is_asked_for(server: TestServer) {
        let home = Home::enter(&server).await;
        let family = &home.family;
        let child = &family.child.id;
        let lesson = home.lesson(&server, 17, "08:10", "09:00").await;
        let of = format!("/v1/lessons/{lesson}/attendance/{child}/reason");
        let put = |etag: &str, code: &str| server.put(&of, etag, &because(code)).token(&home.registrar).send();
        let principal = family.staff(&server, Role::Principal).await;

        home.register(&server, &lesson, "absent", false).await;
        let settings = server.get("/v1/attendance-settings").token(&principal).send().await.expect(200);
        assert_eq!((&settings.body["detailedReasons"], &settings.body["reasonsKeptDays"]), (&json!(false), &json!(14)));
        put("\"0\"", "illness").await.expect(409);
        ask_for_reasons(&server, &principal, true).await;

        let (stated, statements) = server.statements(put("\"0\"", "illness")).await;
        assert!(statements <= 10, "{statements}");
        let stated = stated.expect(200);
        assert_eq!((stated.etag().as_str(), &stated.body["reasonCode"]), ("\"1\"", &json!("illness")));
        assert_eq!((&stated.body["day"], &stated.body["keptUntil"]), (&json!("2026-08-17"), &json!("2026-08-20")));
        assert_eq!(put("\"0\"", "illness").await.expect(200).text, stated.text, "again the same");
        put("\"0\"", "family").await.expect(412);
        assert_eq!(put("\"1\"", "förkylning").await.expect(422).refused(), ["/reasonCode"]);
        assert_eq!(put("\"1\"", "care-visit").await.expect(200).etag(), "\"2\"");
        assert_eq!(told(&server, &principal).await, [(false, "care-visit".to_owned())]);
        // It stands in the reason and nowhere else: not in the register, the lists, the log or what is sent.
        let register = home.sheet(&server, &lesson).await;
        let list = server.get(&format!("/v1/attendances?personId={child}")).token(&principal).send().await.expect(200);
        assert!(!register.text.contains("care-visit") && !list.text.contains("care-visit"));
        assert_eq!((kept(&server, "care-visit"), kept(&server, "illness")), (1, 0));

        // Who is absent from nothing has no reason, and what one was there for after all is not told.
        let neighbours = format!("/v1/lessons/{lesson}/attendance/{}/reason", family.neighbours_child.id);
        server.put(&neighbours, "\"0\"", &because("other")).token(&home.registrar).send().await.expect(409);
        let stranger = format!("/v1/lessons/{lesson}/attendance/{}/reason", family.mother.id);
        server.put(&stranger, "\"0\"", &because("other")).token(&home.registrar).send().await.expect(404);
        home.register(&server, &lesson, "present", false).await;
        assert_eq!(told(&server, &principal).await, []);
        home.register(&server, &lesson, "absent", false).await;
        assert_eq!(told(&server, &principal).await.len(), 1);

        let take = |etag: &str| server.delete(&of, etag).token(&home.registrar).send();
        take("\"1\"").await.expect(412);
        take("\"2\"").await.expect(204);
        take("\"2\"").await.expect(404);
        assert_eq!((told(&server, &principal).await, kept(&server, "care-visit")), (vec![], 0));
        assert_eq!(put("\"0\"", "transport").await.expect(200).etag(), "\"4\"");
        server.stop().await;
    }
}

on_both! {
    async fn those_at_home_say_why_and_another_relative_does_not(server: TestServer) {
        let home = Home::enter(&server).await;
        let family = &home.family;
        let children = [&family.child.id];
        let mother = family.guardian(&server, &family.mother).await;
        let father = family.guardian(&server, &family.father).await;
        let principal = family.staff(&server, Role::Principal).await;
        let body = json!({ "personIds": children, "extent": "day", "firstDay": "2026-08-18", "reasonCode": "illness" });
        let report = || server.post("/v1/absence-reports", &body).token(&mother).send();
        report().await.expect(409);
        let none = server.get("/v1/absence-reports").token(&mother).send().await.expect(200);
        assert_eq!(none.body["data"], json!([]), "nothing is reported by halves");
        ask_for_reasons(&server, &principal, true).await;
        let made = report().await.expect(201);
        assert!(!made.text.contains("illness"), "{}", made.text);
        let id = made.body["reports"][0]["id"].as_str().unwrap();
        let of = format!("/v1/absence-reports/{id}/reason");
        let put = |token: &str, etag: &str, code: &str| server.put(&of, etag, &because(code)).token(token).send();
        put(&father, "\"1\"", "family").await.expect(403);
        put(&father, "\"7\"", "family").await.expect(403);
        server.delete(&of, "\"1\"").token(&father).send().await.expect(403);
        let neighbour = family.guardian(&server, &family.neighbour).await;
        put(&neighbour, "\"1\"", "family").await.expect(404);
        put(&mother, "\"0\"", "family").await.expect(412);
        assert_eq!(put(&mother, "\"1\"", "family").await.expect(200).body["absenceReportId"], json!(id));
        assert_eq!(put(&home.registrar, "\"2\"", "care-visit").await.expect(200).etag(), "\"3\"");

        // Both who have the right to see the child read it, with a login that is strong enough.
        for token in [&mother, &father] {
            assert_eq!(told(&server, token).await, [(true, "care-visit".to_owned())]);
        }
        assert_eq!(told(&server, &neighbour).await, []);
        let own = family.participant(&server, &family.child).await;
        assert_eq!(told(&server, &own).await.len(), 1);
        let weak = family.school.token_of(&server, Role::Guardian, None, Some(family.mother.person()), Level::Basic).await;
        server.get("/v1/absence-reasons").token(&weak).send().await.expect(401);
        let only = format!("/v1/absence-reasons?absenceReportId={id}&from=2026-08-18&to=2026-08-18");
        let only = server.get(&only).token(&mother).send().await.expect(200);
        assert_eq!(only.body["data"].as_array().unwrap().len(), 1);
        // No reason finds anybody.
        server.get("/v1/absence-reasons?reasonCode=illness").token(&principal).send().await.expect(400);
        server.delete(&of, "*").token(&mother).send().await.expect(204);
        assert_eq!((told(&server, &mother).await, kept(&server, "care-visit")), (vec![], 0));
        server.stop().await;
    }
}

on_both! {
    async fn a_reason_is_forgotten_after_its_time_and_when_nobody_asks_any_more(server: TestServer) {
        let home = Home::enter(&server).await;
        let child = &home.family.child.id;
        let principal = async || home.family.staff(&server, Role::Principal).await;
        ask_for_reasons(&server, &principal().await, true).await;
        let early = home.lesson(&server, 17, "08:10", "09:00").await;
        let late = home.lesson(&server, 18, "08:10", "09:00").await;
        let state = async |lesson: &str, code: &str| {
            home.register(&server, lesson, "absent", false).await;
            let path = format!("/v1/lessons/{lesson}/attendance/{child}/reason");
            let registrar = home.family.staff(&server, Role::Registrar).await;
            server.put(&path, "*", &because(code)).token(&registrar).send().await
        };
        state(&early, "family").await.expect(200);
        server.clock.advance(Duration::days(1));
        state(&late, "transport").await.expect(200);
        let keep_house = async || while housekeeping::pass(&server.state, 1).await.unwrap() {};
        keep_house().await;
        assert_eq!((kept(&server, "family"), kept(&server, "transport")), (1, 1));
        // The fourth day after the first lesson: it is told no longer, and then it is not there any more.
        server.clock.advance(Duration::days(3));
        assert_eq!(told(&server, &principal().await).await, [(false, "transport".to_owned())]);
        keep_house().await;
        assert_eq!((kept(&server, "family"), kept(&server, "transport")), (0, 1));
        state(&early, "family").await.expect(409);
        // Nobody asks any more.
        ask_for_reasons(&server, &principal().await, false).await;
        assert_eq!(told(&server, &principal().await).await, []);
        keep_house().await;
        assert_eq!(kept(&server, "transport"), 0);
        server.stop().await;
    }
}

on_both! {
    async fn a_mentor_reads_why_and_a_teacher_does_not(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 2).await;
        let autumn = &mathematics.autumn;
        let lesson = mathematics.lesson(&server, "2026-08-17T08:10:00+02:00", "2026-08-17T09:00:00+02:00").await;
        let strong = |role: Role, person| autumn.school.token_of(&server, role, None, person, Level::High);
        let principal = strong(Role::Principal, None).await;
        ask_for_reasons(&server, &principal, true).await;
        let teacher = &mathematics.teachers_token;
        let [one, hidden] = [mathematics.pupils[0], mathematics.pupils[1]];
        for (pupil, kind) in [(one, "absent"), (hidden, "absent-authorised")] {
            let mark = format!("/v1/lessons/{}/attendance/{pupil}", id(&lesson));
            server.put(&mark, "*", &json!({ "kind": kind })).token(teacher).send().await.expect(200);
            server.put(&format!("{mark}/reason"), "\"0\"", &because("illness")).token(teacher).send().await.expect(200);
        }
        server.get("/v1/absence-reasons").token(teacher).send().await.expect(401);
        // Whoever takes the lesson too learns nothing by guessing: the same is a new statement like any other.
        let of = format!("/v1/lessons/{}/attendance/{one}/reason", id(&lesson));
        for guess in ["illness", "family"] {
            server.put(&of, "\"9\"", &because(guess)).token(&autumn.registrar).send().await.expect(412);
        }
        let again = server.put(&of, "*", &because("illness")).token(&autumn.registrar).send().await.expect(200);
        assert_eq!(again.etag(), "\"2\"");
        let again = server.put(&of, "\"1\"", &because("illness")).token(&autumn.registrar).send().await.expect(200);
        assert_eq!(again.etag(), "\"2\"", "what one has stated oneself stays");
        let teacher = strong(Role::Teacher, Some(mathematics.teacher)).await;
        assert_eq!(told(&server, &teacher).await, [], "they have stated it, and read none");
        assert_eq!(told(&server, &principal).await.len(), 2);
        autumn.protect(&server, hidden).await;
        assert_eq!(told(&server, &principal).await.len(), 1, "a protected pupil is in no list");
        let group = autumn.group(&server, "mentor", "Mentorsgrupp Åberg").await;
        autumn.join(&server, &group, one, day(0), None).await;
        let assigned = json!({ "assignments": [{ "dutyId": mathematics.duty, "role": "mentor", "period": { "from": "2026-08-17" } }] });
        let path = format!("/v1/groups/{group}/assignments");
        server.put(&path, "*", &assigned).token(&autumn.registrar).send().await.expect(200);
        assert_eq!(told(&server, &teacher).await.len(), 1);
        server.stop().await;
    }
}
