use serde_json::{Value, json};
use skolhus_domain::access::Role;
use skolhus_tests::on_both;

use super::staff::Mathematics;
use crate::group::register::{day, id};

on_both! {
    async fn a_lesson_is_planned_moved_cancelled_and_put_back(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 1).await;
        let room = mathematics.room(&server, "Sal 114").await;
        let new = json!({ "offeringId": mathematics.offering.to_string(), "startsAt": "2026-08-18T08:10:00+02:00",
            "endsAt": "2026-08-18T09:00:00+02:00", "title": "Bråk och procent", "roomIds": [room] });
        let made = mathematics.post(&server, "/v1/lessons", &new).await.expect(201);
        assert_eq!((&made.body["startsAt"], &made.body["minutes"], &made.body["state"]), (&json!("2026-08-18T06:10:00Z"), &json!(50), &json!("planned")));
        assert_eq!((&made.body["rooms"][0]["name"], &made.body["offeringTitle"]), (&json!("Sal 114"), &json!("Matematik 7B")));
        let teacher = &made.body["teachers"][0];
        assert_eq!((&teacher["name"], &teacher["role"], &teacher["part"]), (&json!("Åsa Ek"), &json!("responsible"), &Value::Null));

        let path = format!("/v1/lessons/{}", id(&made.body));
        let change = |etag: &str, body: Value| {
            let request = server.patch(&path, etag, &body).token(&mathematics.teachers_token);
            async move { request.send().await }
        };
        let moved = change("\"1\"", json!({ "startsAt": "2026-08-19T10:00:00+02:00", "roomIds": [], "title": null })).await.expect(200);
        assert_eq!((&moved.body["endsAt"], &moved.body["rooms"], &moved.body["title"]), (&json!("2026-08-19T08:50:00Z"), &json!([]), &Value::Null));
        change("\"1\"", json!({ "startsAt": "2026-08-20T10:00:00+02:00" })).await.expect(412);
        change("\"1\"", json!({ "startsAt": "2026-08-19T10:00:00+02:00" })).await.expect(200);
        // Rooms are part of a version.
        let back = change("\"2\"", json!({ "roomIds": [room] })).await.expect(200);
        assert_eq!((back.etag().as_str(), &back.body["rooms"][0]["roomId"]), ("\"3\"", &json!(room)));

        let act = |noun: &str, etag: &str, body: Value| {
            let request = server.post(&format!("{path}/{noun}"), &body).header("if-match", etag).token(&mathematics.teachers_token);
            async move { request.send().await }
        };
        act("reinstatement", "\"3\"", json!({})).await.expect(409);
        let off = act("cancellation", "\"3\"", json!({ "reason": "Läraren är sjuk" })).await.expect(200);
        assert_eq!((&off.body["state"], &off.body["stateReason"]), (&json!("cancelled"), &json!("Läraren är sjuk")));
        act("cancellation", "\"4\"", json!({ "reason": "Läraren är sjuk" })).await.expect(409);
        act("reinstatement", "\"4\"", json!({})).await.expect(200);
        server.stop().await;
    }
}

on_both! {
    async fn what_a_lesson_may_not_be_is_named(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 0).await;
        let good = json!({ "offeringId": mathematics.offering.to_string(), "startsAt": "2026-08-18T08:10:00+02:00", "endsAt": "2026-08-18T09:00:00+02:00" });
        let with = |fields: Value| {
            let mut body = good.clone();
            body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            body
        };
        let elsewhere = "0199a3f0-7c00-7000-8000-00000000dead";
        let refused = [
            (json!({ "startsAt": "2026-08-18T08:10:30+02:00" }), "/startsAt"),
            (json!({ "endsAt": "2026-08-18T08:14:00+02:00" }), "/endsAt"),
            (json!({ "startsAt": "2026-08-10T08:10:00+02:00", "endsAt": "2026-08-10T09:10:00+02:00" }), "/startsAt"),
            (json!({ "roomIds": [elsewhere] }), "/roomIds/0"),
            (json!({ "staff": [{ "dutyId": elsewhere, "part": "substitute" }] }), "/staff/0/dutyId"),
            (json!({ "staff": [{ "dutyId": mathematics.duty, "part": "vikarie" }] }), "/staff/0/part"),
            (json!({ "staff": [{ "dutyId": mathematics.duty, "part": "away" }, { "dutyId": mathematics.duty, "part": "additional" }] }), "/staff/1/dutyId"),
            (json!({ "offeringId": elsewhere }), "/offeringId"),
            (json!({ "title": "\u{7}" }), "/title"),
        ];
        for (fields, pointer) in refused {
            let answer = mathematics.post(&server, "/v1/lessons", &with(fields.clone())).await.expect(422);
            assert_eq!(answer.refused(), [pointer], "{fields}");
        }
        // Another teacher plans nothing here, and does not learn whether it is there.
        let (_, other) = mathematics.colleague(&server, "Örjan", "Åberg").await;
        let answer = server.post("/v1/lessons", &good).token(&other).send().await.expect(422);
        assert_eq!(answer.refused(), ["/offeringId"]);
        server.stop().await;
    }
}

on_both! {
    async fn everybody_sees_the_lessons_in_which_they_are_expected(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 2).await;
        let autumn = &mathematics.autumn;
        mathematics.lesson(&server, "2026-08-18T08:10:00+02:00", "2026-08-18T09:00:00+02:00").await;
        let taken = mathematics.lesson(&server, "2026-08-20T08:10:00+02:00", "2026-08-20T09:00:00+02:00").await;
        let other = autumn.offering(&server, "Svenska 7C", None, None).await;
        let elsewhere = json!({ "offeringId": other.to_string(), "startsAt": "2026-08-18T10:00:00+02:00", "endsAt": "2026-08-18T11:00:00+02:00" });
        autumn.post(&server, "/v1/lessons", &elsewhere).await.expect(201);

        let (duty, substitute) = mathematics.colleague(&server, "Örjan", "Åberg").await;
        assert_eq!(mathematics.lessons(&server, &substitute, "").await.len(), 0);
        let path = format!("/v1/lessons/{}", id(&taken));
        let staff = json!({ "staff": [{ "dutyId": mathematics.duty, "part": "away" }, { "dutyId": duty, "part": "substitute" }] });
        let put_in = autumn.patch(&server, &path, "\"1\"", &staff).await.expect(200);
        let parts: Vec<(&Value, &Value)> =
            put_in.body["teachers"].as_array().unwrap().iter().map(|of| (&of["name"], &of["part"])).collect();
        assert_eq!(parts, [(&json!("Åsa Ek"), &json!("away")), (&json!("Örjan Åberg"), &json!("substitute"))]);
        // For that lesson only, and not to plan it.
        assert_eq!(mathematics.lessons(&server, &substitute, "").await.len(), 1);
        let moved = json!({ "startsAt": "2026-08-21T08:10:00+02:00" });
        server.patch(&path, "\"2\"", &moved).token(&substitute).send().await.expect(404);

        let count = |token: String, filter: String| {
            let (server, mathematics) = (&server, &mathematics);
            async move { mathematics.lessons(server, &token, &filter).await.len() }
        };
        let registrar = autumn.registrar.clone();
        assert_eq!(count(registrar.clone(), String::new()).await, 3);
        assert_eq!(count(registrar.clone(), "from=2026-08-18&to=2026-08-18".to_owned()).await, 2);
        assert_eq!(count(registrar.clone(), format!("groupId={}", mathematics.group)).await, 2);
        assert_eq!(count(registrar.clone(), format!("participantId={}", mathematics.pupils[0])).await, 2);
        assert_eq!(count(registrar.clone(), format!("teacherId={}", mathematics.teacher)).await, 1, "away from the other");
        assert_eq!(count(mathematics.teachers_token.clone(), String::new()).await, 2);

        // A pupil sees lessons on the days on which they take part.
        let pupil = autumn.token_of(&server, Role::Participant, mathematics.pupils[0]).await;
        assert_eq!(count(pupil.clone(), String::new()).await, 2);
        server.get(&path).token(&pupil).send().await.expect(200);
        let members = autumn.get(&server, &format!("/v1/group-memberships?personId={}", mathematics.pupils[0])).await.expect(200);
        let membership = format!("/v1/group-memberships/{}", id(&members.body["data"][0]));
        autumn.patch(&server, &membership, "\"1\"", &json!({ "period": { "from": day(0), "to": day(1) } })).await.expect(200);
        assert_eq!(count(pupil.clone(), String::new()).await, 1);
        server.get(&path).token(&pupil).send().await.expect(404);

        // However many there are, a day is one statement beside the scope.
        let (_, statements) = server.statements(mathematics.lessons(&server, &mathematics.teachers_token, "from=2026-08-17&to=2026-08-21")).await;
        assert!(statements <= 3, "{statements}");
        server.stop().await;
    }
}
