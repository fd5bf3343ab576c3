use serde_json::{Value, json};
use skolhus_domain::access::Role;
use skolhus_tests::on_both;

use crate::{group::register::id, schedule::staff::Mathematics};

fn mark(person: impl ToString, kind: &str) -> Value {
    json!({ "personId": person.to_string(), "kind": kind })
}

/// Everybody present but the last, who is absent.
fn class(mathematics: &Mathematics) -> Value {
    let last = mathematics.pupils.len() - 1;
    let marks: Vec<Value> = mathematics
        .pupils
        .iter()
        .enumerate()
        .map(|(number, pupil)| mark(pupil, if number == last { "absent" } else { "present" }))
        .collect();
    json!({ "marks": marks })
}

on_both! {
    async fn one_call_saves_a_class(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 25).await;
        let lesson = mathematics.lesson(&server, "2026-08-17T08:10:00+02:00", "2026-08-17T09:00:00+02:00").await;
        let path = format!("/v1/lessons/{}/attendance", id(&lesson));
        let before = mathematics.get(&server, &path).await.expect(200);
        assert_eq!((before.etag().as_str(), &before.body["withoutMark"]), ("\"0\"", &json!(25)));
        assert_eq!(before.body["participants"][0]["mark"], Value::Null);

        let put = |etag: &str, body: &Value| server.put(&path, etag, body).token(&mathematics.teachers_token);
        let mut body = class(&mathematics);
        body["marks"][3]["lateMinutes"] = json!(10);
        put("\"1\"", &body).send().await.expect(412);
        let (saved, statements) = server.statements(put("\"0\"", &body).send()).await;
        let saved = saved.expect(200);
        assert!(statements <= 8, "{statements}");
        assert_eq!((saved.etag().as_str(), &saved.body["withoutMark"], &saved.body["state"]), ("\"1\"", &json!(0), &json!("open")));
        let of = |number: usize| {
            let pupil = mathematics.pupils[number].to_string();
            let all = saved.body["participants"].as_array().unwrap();
            all.iter().find(|of| of["personId"] == json!(pupil)).unwrap()["mark"].clone()
        };
        assert_eq!((&of(3)["presentMinutes"], &of(3)["unauthorisedMinutes"], &of(3)["kind"]), (&json!(40), &json!(10), &json!("present")));
        assert_eq!((&of(24)["kind"], &of(24)["unauthorisedMinutes"]), (&json!("absent-unauthorised"), &json!(50)));
        assert_eq!(mathematics.get(&server, &path).await.expect(200).text, saved.text, "read again it is what was answered");

        // The same again changes nothing; another one on an old version is refused.
        let same = put("\"0\"", &body).send().await.expect(200);
        assert_eq!(same.etag(), "\"1\"");
        body["marks"][24]["kind"] = json!("absent-authorised");
        put("\"0\"", &body).send().await.expect(412);
        let (changed, statements) = server.statements(put("\"1\"", &body).send()).await;
        assert!(statements <= 8, "{statements}");
        assert_eq!(changed.expect(200).etag(), "\"2\"");

        // A lesson that becomes longer has longer marks.
        let longer = json!({ "endsAt": "2026-08-17T09:10:00+02:00" });
        let lesson = format!("/v1/lessons/{}", id(&lesson));
        server.patch(&lesson, "\"1\"", &longer).token(&mathematics.teachers_token).send().await.expect(200);
        let now = mathematics.get(&server, &path).await.expect(200);
        let minutes: Vec<u64> = now.body["participants"].as_array().unwrap().iter().map(|of| {
            let minutes = |kind: &str| of["mark"][kind].as_u64().unwrap();
            minutes("presentMinutes") + minutes("authorisedMinutes") + minutes("unauthorisedMinutes") + minutes("otherMinutes")
        }).collect();
        assert_eq!(minutes, [60; 25]);
        server.delete(&lesson, "\"2\"").token(&mathematics.teachers_token).send().await.expect(409);

        // Closed when everybody has a mark, and then it stays as it is.
        body["close"] = json!(true);
        let closed = put("\"2\"", &body).send().await.expect(200);
        assert_eq!((&closed.body["state"], &closed.body["closedAt"]), (&json!("closed"), &json!("2026-08-17T06:10:00Z")));
        body["marks"][0]["kind"] = json!("absent");
        put("\"3\"", &body).send().await.expect(409);
        server.stop().await;
    }
}

on_both! {
    async fn what_may_not_be_registered_is_named_and_changes_nothing(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 2).await;
        let lesson = mathematics.lesson(&server, "2026-08-17T08:10:00+02:00", "2026-08-17T09:00:00+02:00").await;
        let path = format!("/v1/lessons/{}/attendance", id(&lesson));
        let stranger = mathematics.teacher;
        let [one, two] = [mathematics.pupils[0], mathematics.pupils[1]];
        let put = |body: Value| server.put(&path, "\"0\"", &body).token(&mathematics.teachers_token);
        let late = |person: skolhus_domain::id::PersonId, minutes: u32| json!({ "personId": person.to_string(), "kind": "present", "lateMinutes": minutes });
        let refused = [
            (json!([mark(one, "present"), mark(stranger, "present")]), vec!["/marks/1/personId"]),
            (json!([mark(one, "närvarande"), late(two, 50)]), vec!["/marks/0/kind", "/marks/1/lateMinutes"]),
            (json!([mark(one, "present"), mark(one, "present")]), vec!["/marks/1/personId"]),
        ];
        for (marks, pointers) in refused {
            let answer = put(json!({ "marks": marks })).send().await.expect(422);
            assert_eq!(answer.refused(), pointers);
        }
        put(json!({ "marks": [mark(one, "present")], "close": true })).send().await.expect(409);
        server.put(&path, "\"0\"", &json!({ "marks": [] })).token(&mathematics.autumn.registrar).send().await.expect(200);
        let now = mathematics.get(&server, &path).await.expect(200);
        assert_eq!((now.etag().as_str(), &now.body["withoutMark"]), ("\"1\"", &json!(2)));

        // Not before its day, nor in what is cancelled.
        let tomorrow = mathematics.lesson(&server, "2026-08-18T08:10:00+02:00", "2026-08-18T09:00:00+02:00").await;
        let early = format!("/v1/lessons/{}/attendance", id(&tomorrow));
        let body = json!({ "marks": [mark(one, "present")] });
        server.put(&early, "\"0\"", &body).token(&mathematics.teachers_token).send().await.expect(409);
        // Another teacher does not reach it; a pupil has nothing to do there.
        let (_, other) = mathematics.colleague(&server, "Örjan", "Åberg").await;
        server.put(&path, "\"1\"", &body).token(&other).send().await.expect(404);
        let pupil = mathematics.autumn.token_of(&server, Role::Participant, one).await;
        server.put(&path, "\"1\"", &body).token(&pupil).send().await.expect(403);
        server.stop().await;
    }
}

on_both! {
    async fn twelve_identical_saves_leave_one_state_and_no_error(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 25).await;
        let lesson = mathematics.lesson(&server, "2026-08-17T08:10:00+02:00", "2026-08-17T09:00:00+02:00").await;
        let path = format!("/v1/lessons/{}/attendance", id(&lesson));
        let body = class(&mathematics);
        let saves = (0..12).map(|_| server.put(&path, "\"0\"", &body).token(&mathematics.teachers_token).send());
        for answer in futures_util::future::join_all(saves).await {
            assert_eq!(answer.expect(200).etag(), "\"1\"");
        }
        let mut others = Vec::new();
        for number in 0..12 {
            let mut other = body.clone();
            other["marks"][number]["kind"] = json!("other");
            others.push(other);
        }
        let saves = others.iter().map(|other| server.put(&path, "\"1\"", other).token(&mathematics.teachers_token).send());
        let answers = futures_util::future::join_all(saves).await;
        let won = answers.iter().filter(|answer| answer.status == 200).count();
        let stale = answers.iter().filter(|answer| answer.status == 412).count();
        assert_eq!((won, stale), (1, 11));
        server.stop().await;
    }
}

on_both! {
    async fn a_substitute_takes_the_lesson_and_meets_a_protected_pupil_under_another_name(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 2).await;
        let autumn = &mathematics.autumn;
        autumn.protect(&server, mathematics.pupils[1]).await;
        let lesson = mathematics.lesson(&server, "2026-08-17T08:10:00+02:00", "2026-08-17T09:00:00+02:00").await;
        let (duty, substitute) = mathematics.colleague(&server, "Örjan", "Åberg").await;
        let path = format!("/v1/lessons/{}/attendance", id(&lesson));
        server.get(&path).token(&substitute).send().await.expect(404);
        let staff = json!({ "staff": [{ "dutyId": duty, "part": "substitute" }] });
        autumn.patch(&server, &format!("/v1/lessons/{}", id(&lesson)), "\"1\"", &staff).await.expect(200);
        let sheet = server.get(&path).token(&substitute).send().await.expect(200);
        assert_eq!(sheet.body["participants"].as_array().unwrap().len(), 2);
        assert!(!sheet.text.contains("Hemlig"), "{}", sheet.text);
        server.put(&path, "\"0\"", &class(&mathematics)).token(&substitute).send().await.expect(200);

        // The registrar meets the unprotected one, and what they save leaves the other's mark.
        let seen = autumn.get(&server, &path).await.expect(200);
        assert_eq!(seen.body["participants"].as_array().unwrap().len(), 1);
        let body = json!({ "marks": [mark(mathematics.pupils[0], "absent")] });
        server.put(&path, "\"1\"", &body).token(&autumn.registrar).send().await.expect(200);
        let now = mathematics.get(&server, &path).await.expect(200);
        let kinds: Vec<&Value> = now.body["participants"].as_array().unwrap().iter().map(|of| &of["mark"]["kind"]).collect();
        assert_eq!(kinds, [&json!("absent-unauthorised"); 2]);
        server.stop().await;
    }
}
