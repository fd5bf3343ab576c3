//! Activity in offerings without lessons.

use serde_json::{Value, json};
use skolhus_domain::{access::Role, id::PersonId};
use skolhus_tests::{family::morning, on_both, server::TestServer};

use crate::schedule::staff::Mathematics;

fn entry(person: PersonId, is_active: bool) -> Value {
    json!({ "personId": person.to_string(), "isActive": is_active })
}

/// The course in its third week, with fresh tokens.
async fn in_september(server: &TestServer, pupils: usize) -> Mathematics {
    let mut mathematics = Mathematics::enter(server, pupils).await;
    server.clock.set(morning("2026-09-04"));
    mathematics.teachers_token =
        mathematics.autumn.token_of(server, Role::Teacher, mathematics.teacher).await;
    mathematics.autumn.registrar = mathematics.autumn.school.token(server, Role::Registrar).await;
    mathematics
}

on_both! {
    async fn a_distance_course_takes_activity_and_shows_no_attendance(server: TestServer) {
        let mathematics = in_september(&server, 3).await;
        let (pupils, offering) = (&mathematics.pupils, mathematics.offering);
        let path = |day: &str| format!("/v1/course-offerings/{offering}/activity/{day}");
        let save = |day: &str, etag: &str, entries: Vec<Value>| {
            server.put(&path(day), etag, &json!({ "entries": entries })).token(&mathematics.teachers_token).send()
        };
        let none = mathematics.get(&server, &path("2026-08-20")).await.expect(200);
        assert_eq!((none.etag().as_str(), &none.body["participants"][0]["isActive"]), ("\"0\"", &Value::Null));
        let class = vec![entry(pupils[0], true), entry(pupils[1], false)];
        let (saved, statements) = server.statements(save("2026-08-20", "\"0\"", class.clone())).await;
        assert!(statements <= 8, "{statements}");
        assert_eq!((saved.expect(200).etag().as_str()), "\"1\"");
        // The same again is the same, another one with an old version is told so.
        assert_eq!(save("2026-08-20", "\"0\"", class).await.expect(200).etag(), "\"1\"");
        save("2026-08-20", "\"0\"", vec![]).await.expect(412);
        save("2026-08-27", "\"0\"", vec![entry(pupils[0], true)]).await.expect(200);

        let figures = async |token: &str, query: &str| {
            let path = format!("/v1/course-offerings/{offering}/activity-figures{query}");
            server.get(&path).token(token).send().await.expect(200)
        };
        let weeks = figures(&mathematics.teachers_token, "").await;
        assert_eq!((&weeks.body["basis"], &weeks.body["from"], &weeks.body["to"]), (&json!("week"), &json!("2026-08-17"), &json!("2026-09-04")));
        let of = |answer: &Value, pupil: PersonId| {
            let all = answer["participants"].as_array().unwrap();
            all.iter().find(|of| of["personId"] == json!(pupil.to_string())).unwrap()["figure"].clone()
        };
        let wanted = json!({ "active": 2, "inactive": 0, "unreported": 1, "activePerMille": 1000 });
        assert_eq!(of(&weeks.body, pupils[0]), wanted);
        assert_eq!(of(&weeks.body, pupils[1]), json!({ "active": 0, "inactive": 1, "unreported": 2, "activePerMille": 0 }));
        assert_eq!(of(&weeks.body, pupils[2]), json!({ "active": 0, "inactive": 0, "unreported": 3, "activePerMille": null }));
        assert_eq!(weeks.body["figure"], json!({ "active": 2, "inactive": 1, "unreported": 6, "activePerMille": 667 }));
        let days = figures(&mathematics.teachers_token, "?basis=day&to=2026-08-21").await;
        assert_eq!(of(&days.body, pupils[0]), json!({ "active": 1, "inactive": 0, "unreported": 4, "activePerMille": 1000 }));

        // A participant reads their own, and the statistics say that there are no lessons.
        let own = mathematics.autumn.token_of(&server, Role::Participant, pupils[0]).await;
        let seen = figures(&own, "").await;
        assert_eq!((seen.body["participants"].as_array().unwrap().len(), of(&seen.body, pupils[0])), (1, wanted));
        let statistics = mathematics.get(&server, &format!("/v1/attendance-statistics?offeringId={offering}&by=offering")).await.expect(200);
        assert_eq!(statistics.body["data"][0]["hasNoLessons"], json!(true));
        server.stop().await;
    }
}

on_both! {
    async fn what_activity_may_not_be_is_named_and_changes_nothing(server: TestServer) {
        let mathematics = in_september(&server, 2).await;
        let (pupils, offering) = (&mathematics.pupils, mathematics.offering);
        let lesson = mathematics.lesson(&server, "2026-09-03T08:10:00+02:00", "2026-09-03T09:00:00+02:00").await;
        let save = |token: &str, day: &str, entries: Vec<Value>| {
            let path = format!("/v1/course-offerings/{offering}/activity/{day}");
            server.put(&path, "\"0\"", &json!({ "entries": entries })).token(token).send()
        };
        let teacher = &mathematics.teachers_token;
        let twice = vec![entry(pupils[0], true), entry(mathematics.teacher, true), entry(pupils[0], false)];
        let refused = save(teacher, "2026-09-02", twice).await.expect(422);
        assert_eq!(refused.refused(), ["/entries/1/personId", "/entries/2/personId"]);
        save(teacher, "2026-09-07", vec![]).await.expect(422);
        save(teacher, "2026-08-10", vec![]).await.expect(422);
        save(teacher, "2026-09-03", vec![entry(pupils[0], true)]).await.expect(409);
        let off = json!({ "reason": "Inställd" });
        let cancellation = format!("/v1/lessons/{}/cancellation", lesson["id"].as_str().unwrap());
        server.post(&cancellation, &off).header("if-match", "\"1\"").token(teacher).send().await.expect(200);
        save(teacher, "2026-09-03", vec![entry(pupils[0], true)]).await.expect(200);
        for odd in ["igår", "1815-06-18", "2026-02-30"] {
            save(teacher, odd, vec![]).await.expect(400);
        }
        let (_, other) = mathematics.colleague(&server, "Örjan", "Åberg").await;
        save(&other, "2026-09-02", vec![]).await.expect(404);
        let pupil = mathematics.autumn.token_of(&server, Role::Participant, pupils[0]).await;
        save(&pupil, "2026-09-02", vec![]).await.expect(403);
        for query in ["?basis=month", "?from=2026-09-04&to=2026-09-01", "?from=2020-01-01"] {
            let path = format!("/v1/course-offerings/{offering}/activity-figures{query}");
            mathematics.get(&server, &path).await.expect(400);
        }
        server.stop().await;
    }
}

on_both! {
    async fn a_protected_participant_keeps_their_entry_when_somebody_else_saves(server: TestServer) {
        let mathematics = in_september(&server, 2).await;
        let (pupils, autumn) = (&mathematics.pupils, &mathematics.autumn);
        autumn.protect(&server, pupils[1]).await;
        let path = format!("/v1/course-offerings/{}/activity/2026-09-02", mathematics.offering);
        let body = json!({ "entries": [entry(pupils[0], true), entry(pupils[1], true)] });
        let saved = server.put(&path, "\"0\"", &body).token(&mathematics.teachers_token).send().await.expect(200);
        assert!(!saved.text.contains("Hemlig"), "{}", saved.text);
        let seen = autumn.get(&server, &path).await.expect(200);
        assert_eq!(seen.body["participants"].as_array().unwrap().len(), 1);
        server.put(&path, "\"1\"", &json!({ "entries": [] })).token(&autumn.registrar).send().await.expect(200);
        let now = mathematics.get(&server, &path).await.expect(200);
        let active: Vec<&Value> = now.body["participants"].as_array().unwrap().iter().map(|of| &of["isActive"]).collect();
        assert!(active.contains(&&json!(true)) && active.contains(&&Value::Null), "{}", now.text);
        server.stop().await;
    }
}
