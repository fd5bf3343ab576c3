use serde_json::{Value, json};
use skolhus_domain::access::Role;
use skolhus_tests::on_both;

use crate::{
    group::register::{day, id},
    schedule::staff::Mathematics,
};

const FROM: &str = "2026-08-17T08:10:00+02:00";
const TO: &str = "2026-08-17T09:00:00+02:00";

on_both! {
    async fn a_client_saves_as_it_ticks(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 25).await;
        let lesson = mathematics.lesson(&server, FROM, TO).await;
        let register = format!("/v1/lessons/{}/attendance", id(&lesson));
        let of = |number: usize| format!("{register}/{}", mathematics.pupils[number]);
        let put = |number: usize, etag: &str, body: Value| {
            server.put(&of(number), etag, &body).token(&mathematics.teachers_token)
        };
        let before = mathematics.get(&server, &of(0)).await.expect(200);
        assert_eq!((before.etag().as_str(), &before.body["mark"]), ("\"0\"", &Value::Null));
        let (first, statements) = server.statements(put(0, "\"0\"", json!({ "kind": "present" })).send()).await;
        assert!(statements <= 8, "{statements}");
        assert_eq!(first.expect(200).etag(), "\"1\"");
        let (second, statements) =
            server.statements(put(1, "\"0\"", json!({ "kind": "present", "lateMinutes": 10 })).send()).await;
        assert!(statements <= 8, "{statements}");
        let second = second.expect(200);
        assert_eq!(second.body["mark"]["unauthorisedMinutes"], json!(10));
        assert_eq!(mathematics.get(&server, &of(1)).await.expect(200).text, second.text);

        // Each person's mark has a version of its own; the register's moves on with each.
        put(0, "\"0\"", json!({ "kind": "absent" })).send().await.expect(412);
        assert_eq!(put(0, "\"0\"", json!({ "kind": "present" })).send().await.expect(200).etag(), "\"1\"");
        assert_eq!(put(0, "\"1\"", json!({ "kind": "absent" })).send().await.expect(200).etag(), "\"2\"");
        let sheet = mathematics.get(&server, &register).await.expect(200);
        assert_eq!((sheet.etag().as_str(), &sheet.body["withoutMark"]), ("\"3\"", &json!(23)));
        let versions: Vec<i64> = sheet.body["participants"].as_array().unwrap().iter().map(|of| of["version"].as_i64().unwrap()).collect();
        assert_eq!(&versions[..3], [2, 1, 0]);

        // Taken away, and entered again.
        let gone = |etag: &str| server.delete(&of(0), etag).token(&mathematics.teachers_token);
        gone("\"1\"").send().await.expect(412);
        gone("\"2\"").send().await.expect(204);
        gone("\"2\"").send().await.expect(204);
        assert_eq!(mathematics.get(&server, &of(0)).await.expect(200).etag(), "\"0\"");
        put(0, "\"0\"", json!({ "kind": "other" })).send().await.expect(200);

        // What is wrong is named; who is not in the lesson is not there.
        let refused = put(2, "\"0\"", json!({ "kind": "present", "lateMinutes": 50 })).send().await.expect(422);
        assert_eq!(refused.refused(), ["/lateMinutes"]);
        let stranger = format!("{register}/{}", mathematics.teacher);
        server.put(&stranger, "*", &json!({ "kind": "present" })).token(&mathematics.teachers_token).send().await.expect(404);
        mathematics.get(&server, &format!("{register}/ingen")).await.expect(400);
        let (_, other) = mathematics.colleague(&server, "Örjan", "Åberg").await;
        server.put(&of(0), "*", &json!({ "kind": "present" })).token(&other).send().await.expect(404);
        server.stop().await;
    }
}

on_both! {
    async fn two_teachers_who_tick_different_pupils_never_hinder_each_other(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 20).await;
        let lesson = mathematics.lesson(&server, FROM, TO).await;
        let register = format!("/v1/lessons/{}/attendance", id(&lesson));
        let bodies: Vec<(String, Value)> = mathematics.pupils.iter().enumerate().map(|(number, pupil)| {
            let kind = ["present", "absent", "other", "absent-authorised"][number % 4];
            (format!("{register}/{pupil}"), json!({ "kind": kind }))
        }).collect();
        let saves = bodies.iter().map(|(path, body)| server.put(path, "\"0\"", body).token(&mathematics.teachers_token).send());
        for answer in futures_util::future::join_all(saves).await {
            assert_eq!(answer.expect(200).etag(), "\"1\"");
        }
        let sheet = mathematics.get(&server, &register).await.expect(200);
        assert_eq!((sheet.etag().as_str(), &sheet.body["withoutMark"]), ("\"20\"", &json!(0)));
        server.stop().await;
    }
}

on_both! {
    async fn a_register_is_closed_and_opened_again(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 1).await;
        let lesson = mathematics.lesson(&server, FROM, TO).await;
        let register = format!("/v1/lessons/{}/attendance", id(&lesson));
        let pupil = format!("{register}/{}", mathematics.pupils[0]);
        let put = |etag: &str, kind: &str| server.put(&pupil, etag, &json!({ "kind": kind })).token(&mathematics.teachers_token);
        let become_of = |path: &str, etag: &str| {
            server.post(&format!("{register}/{path}"), &json!({})).header("if-match", etag).token(&mathematics.teachers_token)
        };
        become_of("closure", "\"0\"").send().await.expect(409);
        let closure = format!("{register}/closure");
        let not_here = mathematics.get(&server, &closure).await.expect(405);
        assert_eq!(not_here.headers["allow"], "POST", "it is no person's attendance");
        put("\"0\"", "absent").send().await.expect(200);
        server.post(&format!("{register}/closure"), &json!({})).token(&mathematics.teachers_token).send().await.expect(428);
        become_of("closure", "\"0\"").send().await.expect(412);
        let closed = become_of("closure", "\"1\"").send().await.expect(200);
        assert_eq!((closed.etag().as_str(), &closed.body["state"]), ("\"2\"", &json!("closed")));
        assert_eq!(become_of("closure", "\"1\"").send().await.expect(200).text, closed.text);
        assert_eq!(mathematics.get(&server, &register).await.expect(200).text, closed.text);
        put("\"1\"", "present").send().await.expect(409);
        put("\"1\"", "absent").send().await.expect(200);
        let opened = become_of("reopening", "\"2\"").send().await.expect(200);
        assert_eq!((&opened.body["state"], &opened.body["closedAt"]), (&json!("open"), &Value::Null));
        put("\"1\"", "present").send().await.expect(200);
        server.stop().await;
    }
}

on_both! {
    async fn the_mentor_excuses_and_the_teacher_does_not(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 2).await;
        let autumn = &mathematics.autumn;
        let lesson = mathematics.lesson(&server, FROM, TO).await;
        let register = format!("/v1/lessons/{}/attendance", id(&lesson));
        let excuses = format!("{register}/excuses");
        let [one, two] = [mathematics.pupils[0], mathematics.pupils[1]];
        let put = |pupil: skolhus_domain::id::PersonId, kind: &str| {
            server.put(&format!("{register}/{pupil}"), "*", &json!({ "kind": kind })).token(&mathematics.teachers_token)
        };
        put(one, "absent").send().await.expect(200);
        put(two, "present").send().await.expect(200);

        // A mentor of a group to which only the first belongs.
        let group = autumn.group(&server, "mentor", "Mentorsgrupp Åberg").await;
        autumn.join(&server, &group, one, day(0), None).await;
        let (duty, mentor) = mathematics.colleague(&server, "Örjan", "Åberg").await;
        let assign = |role: &str| json!({ "assignments": [{ "dutyId": duty, "role": role, "period": { "from": day(0) } }] });
        let assignments = format!("/v1/groups/{group}/assignments");
        server.put(&assignments, "*", &assign("teacher")).token(&autumn.registrar).send().await.expect(200);
        let excuse = |person: skolhus_domain::id::PersonId| json!({ "personId": person.to_string(), "authorised": true, "reason": "Läkarbesök, intyg visat" });
        let ask = |token: &str, body: &Value| server.post(&excuses, body).token(token);
        ask(&mentor, &excuse(one)).send().await.expect(422);
        server.put(&assignments, "*", &assign("mentor")).token(&autumn.registrar).send().await.expect(200);
        assert_eq!(ask(&mathematics.teachers_token, &excuse(one)).send().await.expect(422).refused(), ["/personId"]);
        let (excused, statements) = server.statements(ask(&mentor, &excuse(one)).send()).await;
        assert!(statements <= 9, "{statements}");
        let excused = excused.expect(200);
        assert_eq!((&excused.body["mark"]["kind"], &excused.body["mark"]["isDecided"]), (&json!("absent-authorised"), &json!(true)));
        assert_eq!(ask(&mentor, &excuse(two)).send().await.expect(422).refused(), ["/personId"]);
        ask(&autumn.registrar, &excuse(two)).send().await.expect(409);
        let wordless = json!({ "personId": one.to_string(), "authorised": false, "reason": " " });
        assert_eq!(ask(&autumn.registrar, &wordless).send().await.expect(422).refused(), ["/reason"]);

        // The teacher's saves leave it, and cannot say otherwise.
        put(one, "absent-unauthorised").send().await.expect(422);
        assert_eq!(put(one, "absent").send().await.expect(200).body["mark"]["kind"], json!("absent-authorised"));

        // The reason is told to the pupil, and to no teacher.
        let reasons = async |token: &str| {
            let list = server.get(&format!("/v1/attendances?personId={one}")).token(token).send().await.expect(200);
            list.body["data"][0]["decidedReason"].clone()
        };
        assert_eq!(reasons(&mathematics.teachers_token).await, Value::Null);
        let pupil = autumn.token_of(&server, Role::Participant, one).await;
        assert_eq!(reasons(&pupil).await, json!("Läkarbesök, intyg visat"));
        ask(&pupil, &excuse(one)).send().await.expect(403);
        server.stop().await;
    }
}

on_both! {
    async fn a_day_is_saved_in_one_call_or_not_at_all(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 25).await;
        let mut lessons = Vec::new();
        for hour in 6..8 {
            let lesson = mathematics.lesson(&server, &format!("2026-08-17T{hour:02}:10:00+02:00"), &format!("2026-08-17T{hour:02}:50:00+02:00")).await;
            lessons.push(id(&lesson));
        }
        let marks: Vec<Value> = mathematics.pupils.iter().map(|pupil| json!({ "personId": pupil.to_string(), "kind": "present" })).collect();
        let register = |lesson: &str, version: i64| json!({ "lessonId": lesson, "version": version, "marks": marks, "close": true });
        let path = "/v1/attendance-batches";
        let post = async |registers: Value| mathematics.post(&server, path, &json!({ "registers": registers })).await;

        let mut wrong = register(&lessons[1], 0);
        wrong["marks"][2]["kind"] = json!("borta");
        let nowhere = json!({ "lessonId": mathematics.teacher.to_string(), "version": 0, "marks": [] });
        let refused = post(json!([register(&lessons[0], 0), wrong, nowhere, register(&lessons[0], 0)])).await.expect(422);
        assert_eq!(refused.refused(), ["/registers/1/marks/2/kind", "/registers/2/lessonId", "/registers/3/lessonId"]);
        let stale = post(json!([register(&lessons[0], 0), register(&lessons[1], 4)])).await.expect(412);
        assert_eq!(stale.refused(), ["/registers/1/version"]);
        let none = mathematics.get(&server, &format!("/v1/lessons/{}/attendance", lessons[0])).await.expect(200);
        assert_eq!(none.etag(), "\"0\"", "nothing was saved");

        let (one, few) = server.statements(post(json!([register(&lessons[0], 0)]))).await;
        one.expect(200);
        let (both, more) = server.statements(post(json!([register(&lessons[0], 0), register(&lessons[1], 0)]))).await;
        let both = both.expect(200);
        assert!(few <= 10 && more <= 10, "{few} and {more}");
        for (place, lesson) in lessons.iter().enumerate() {
            let now = mathematics.get(&server, &format!("/v1/lessons/{lesson}/attendance")).await.expect(200);
            assert_eq!((&now.body["version"], &now.body["state"]), (&json!(1), &json!("closed")));
            assert_eq!(both.body["data"][place], now.body);
        }
        server.stop().await;
    }
}
