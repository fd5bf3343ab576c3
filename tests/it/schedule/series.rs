use serde_json::{Value, json};
use skolhus_tests::on_both;

use super::staff::Mathematics;
use crate::group::register::id;

fn pattern(mathematics: &Mathematics, slots: Value) -> Value {
    json!({ "offeringId": mathematics.offering.to_string(), "period": { "from": "2026-08-17", "to": "2026-12-18" }, "slots": slots })
}

fn starts(lessons: &[Value]) -> Vec<&str> {
    lessons.iter().map(|lesson| lesson["startsAt"].as_str().unwrap()).collect()
}

on_both! {
    async fn a_term_is_made_from_a_weekly_pattern(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 1).await;
        let autumn = &mathematics.autumn;
        let term = json!({ "kind": "ht", "firstDay": "2026-08-17", "lastDay": "2026-12-18", "name": "HT 2026" });
        let term = id(&autumn.post(&server, "/v1/terms", &term).await.expect(201).body);
        let off = json!({ "termId": term, "kind": "holiday", "firstDay": "2026-10-26", "lastDay": "2026-10-30", "name": "Höstlov" });
        autumn.post(&server, "/v1/days-off", &off).await.expect(201);
        let offering = format!("/v1/course-offerings/{}", mathematics.offering);
        let etag = autumn.get(&server, &offering).await.expect(200).etag();
        autumn.patch(&server, &offering, &etag, &json!({ "termIds": [term] })).await.expect(200);

        let slots = json!([
            { "number": 0, "weekday": "tuesday", "startsAt": "08:10", "endsAt": "09:00" },
            { "number": 1, "weekday": "thursday", "startsAt": "13:00", "endsAt": "14:20" },
        ]);
        let new = pattern(&mathematics, slots);
        let (made, statements) = server.statements(mathematics.post(&server, "/v1/lesson-series", &new)).await;
        let made = made.expect(201);
        assert!(statements <= 16, "{statements}, for 34 lessons");
        let of_series = format!("seriesId={}", id(&made.body));
        let lessons = mathematics.lessons(&server, &mathematics.teachers_token, &of_series).await;
        assert_eq!(lessons.len(), 17 * 2);
        let times = starts(&lessons);
        assert_eq!((times[0], times[33]), ("2026-08-18T06:10:00Z", "2026-12-17T12:00:00Z"));
        assert!(times.iter().all(|time| !("2026-10-26".."2026-10-31").contains(time)));
        assert!(times.contains(&"2026-11-03T07:10:00Z"), "winter time begins in the autumn holiday");

        // Nothing is made of a pattern with a fault.
        let twice = json!([
            { "number": 0, "weekday": "tuesday", "startsAt": "08:10", "endsAt": "09:00" },
            { "number": 0, "weekday": "thursday", "startsAt": "13:00", "endsAt": "13:04" },
        ]);
        let refused = mathematics.post(&server, "/v1/lesson-series", &pattern(&mathematics, twice)).await.expect(422);
        assert_eq!(refused.refused(), ["/slots/1/endsAt", "/slots/1/number"]);
        let not_a_time = json!([{ "number": 0, "weekday": "tuesday", "startsAt": "8.10", "endsAt": "24:00" }]);
        mathematics.post(&server, "/v1/lesson-series", &pattern(&mathematics, not_a_time)).await.expect(400);
        server.stop().await;
    }
}

on_both! {
    async fn a_change_of_a_series_leaves_history_and_what_was_done_by_hand(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 1).await;
        let autumn = &mathematics.autumn;
        let token = &mathematics.teachers_token;
        let slots = json!([{ "number": 0, "weekday": "tuesday", "startsAt": "08:10", "endsAt": "09:00" }]);
        let mut new = pattern(&mathematics, slots);
        new["period"] = json!({ "from": "2026-08-17", "to": "2026-09-18" });
        let made = mathematics.post(&server, "/v1/lesson-series", &new).await.expect(201);
        let of_series = format!("seriesId={}", id(&made.body));
        let lessons = mathematics.lessons(&server, token, &of_series).await;
        assert_eq!(lessons.len(), 5);
        let path = |number: usize| format!("/v1/lessons/{}", id(&lessons[number]));
        server.patch(&path(2), "\"1\"", &json!({ "startsAt": "2026-09-02T14:00:00+02:00" })).token(token).send().await.expect(200);
        server.delete(&path(3), "\"1\"").token(token).send().await.expect(204);

        // On the second day of the second week; the first two lessons have been.
        server.clock.set("2026-08-25T12:00:00Z".parse().unwrap());
        let token = &autumn.token_of(&server, skolhus_domain::access::Role::Teacher, mathematics.teacher).await;
        let series = format!("/v1/lesson-series/{}", id(&made.body));
        let later = json!({ "slots": [{ "number": 0, "weekday": "friday", "startsAt": "10:00", "endsAt": "10:50" }], "title": "Ekvationer" });
        let changed = server.patch(&series, "\"1\"", &later).token(token).send().await.expect(200);
        assert_eq!(changed.body["slots"][0]["weekday"], "friday");
        let after = mathematics.lessons(&server, token, &of_series).await;
        assert_eq!(
            starts(&after),
            ["2026-08-18T06:10:00Z", "2026-08-25T06:10:00Z", "2026-09-02T12:00:00Z", "2026-09-18T08:00:00Z"]
        );
        let kept: Vec<&Value> = after.iter().map(|lesson| &lesson["id"]).collect();
        let first: Vec<&Value> = [0, 1, 2, 4].iter().map(|number| &lessons[*number]["id"]).collect();
        assert_eq!(kept, first, "each keeps its id");
        assert_eq!((&after[1]["title"], &after[3]["title"]), (&Value::Null, &json!("Ekvationer")));
        // The same again changes nothing.
        let again = server.patch(&series, "\"1\"", &later).token(token).send().await.expect(200);
        assert_eq!(again.etag(), changed.etag());

        server.delete(&series, "\"2\"").token(token).send().await.expect(204);
        assert_eq!(mathematics.lessons(&server, token, &of_series).await.len(), 2);
        server.stop().await;
    }
}
