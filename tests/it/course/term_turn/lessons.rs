//! Weekly lessons go on in the next term, and are taken back with it.

use serde_json::{Value, json};
use skolhus_tests::{on_both, server::TestServer};

use super::school::{SMALL, Spring, register};
use crate::group::register::id;

/// A room, and in it every second week an afternoon of what pupils choose; beside it a pattern that ended in March.
async fn afternoons(server: &TestServer, spring: &Spring) -> (String, String) {
    let room = json!({ "schoolUnitId": spring.unit.to_string(), "kind": "room", "name": "Keramiksalen" });
    let room = id(&spring.post(server, "/v1/rooms", &room).await.expect(201).body);
    let pattern = |from: &str, to: &str, weekday: &str| {
        json!({
            "offeringId": spring.offerings["Elevens val"].to_string(), "period": { "from": from, "to": to }, "everyWeeks": 2,
            "slots": [{ "number": 0, "weekday": weekday, "startsAt": "13:00", "endsAt": "15:30", "roomIds": [room] }],
            "title": "Drejning",
        })
    };
    let series = |body: Value| async move {
        id(&spring.post(server, "/v1/lesson-series", &body).await.expect(201).body)
    };
    series(pattern("2027-01-11", "2027-03-19", "friday")).await;
    let goes_on = series(pattern("2027-03-22", "2027-06-11", "tuesday")).await;
    (room, goes_on)
}

async fn lessons(server: &TestServer, spring: &Spring, from: &str) -> Vec<Value> {
    spring.list(server, &format!("/v1/lessons?limit=500&from={from}")).await
}

on_both! {
    async fn weekly_lessons_go_on_and_are_taken_back(server: TestServer) {
        let spring = Spring::enter(&server, SMALL).await;
        let (room, pattern) = afternoons(&server, &spring).await;
        let off = json!({ "termId": spring.autumn.to_string(), "kind": "holiday", "name": "Höstlov", "firstDay": "2027-11-01", "lastDay": "2027-11-05" });
        spring.post(&server, "/v1/days-off", &off).await.expect(201);
        let mut raw = server.raw();
        let before = register(&mut raw);

        let body = spring.body();
        let preview = spring.preview(&server, &body).await.expect(200);
        assert_eq!(preview.body["refusals"], json!([]));
        let copies = preview.body["offerings"].as_array().unwrap();
        let of = |title: &str| copies.iter().find(|copy| copy["title"] == title).unwrap();
        // 18 weeks of two lessons, of which one week is off; every second Tuesday is nine.
        assert_eq!((&of("Matematik 8A 1")["lessonSeries"], &of("Matematik 8A 1")["lessons"]), (&json!(1), &json!(34)));
        assert_eq!((&of("Elevens val")["lessonSeries"], &of("Elevens val")["lessons"]), (&json!(1), &json!(9)));
        let turn = spring.turn(&server, &body, &preview).await.expect(201);

        let autumn = lessons(&server, &spring, "2027-08-01").await;
        assert_eq!(json!(autumn.len()), preview.body["counts"]["lessons"]);
        let off = autumn.iter().filter(|lesson| ("2027-11-01".."2027-11-06").contains(&lesson["startsAt"].as_str().unwrap()));
        assert_eq!(off.count(), 0);
        let chosen: Vec<&Value> = autumn.iter().filter(|lesson| lesson["offeringTitle"] == "Elevens val").collect();
        // At one o'clock by the wall clock, in summer time and after it.
        let times: Vec<&str> = chosen.iter().map(|lesson| lesson["startsAt"].as_str().unwrap()).collect();
        assert_eq!((times[0], *times.last().unwrap()), ("2027-08-17T11:00:00Z", "2027-12-07T12:00:00Z"));
        assert!(chosen.iter().all(|lesson| lesson["rooms"][0]["roomId"] == json!(room) && lesson["title"] == "Drejning"));
        assert!(chosen.iter().all(|lesson| lesson["seriesId"] != json!(pattern)));

        // A second turn makes nothing twice, and the first one can be undone.
        let again = spring.preview(&server, &body).await.expect(200);
        assert_eq!(again.body["counts"]["lessons"], json!(0));
        spring.undo(&server, &turn).await.expect(200);
        assert_eq!(register(&mut raw), before);
        assert_eq!(lessons(&server, &spring, "2027-08-01").await, Vec::<Value>::new());
        server.stop().await;
    }
}

on_both! {
    async fn a_room_that_is_gone_is_left_out_and_lessons_may_stay_behind(server: TestServer) {
        let spring = Spring::enter(&server, SMALL).await;
        let (room, _) = afternoons(&server, &spring).await;
        let path = format!("/v1/rooms/{room}");
        // A room with lessons is not withdrawn; those that are over stay where they were.
        let mut raw = server.raw();
        raw.execute("UPDATE rooms SET withdrawn_at = created_at");
        let preview = spring.preview(&server, &spring.body()).await.expect(200);
        spring.get(&server, &path).await.expect(404);
        let warning = preview.body["warnings"].as_array().unwrap().iter().find(|of| of["recordIds"] == json!([room])).unwrap();
        assert!(warning["pointer"].as_str().unwrap().ends_with("/series"), "{warning}");

        let mut without = spring.body();
        without["copying"]["lessons"] = json!(false);
        let preview = spring.preview(&server, &without).await.expect(200);
        assert_eq!(preview.body["counts"]["lessonSeries"], json!(0));
        let turn = spring.turn(&server, &without, &preview).await.expect(201);
        assert_eq!(lessons(&server, &spring, "2027-08-01").await, Vec::<Value>::new());
        spring.undo(&server, &turn).await.expect(200);
        server.stop().await;
    }
}

on_both! {
    async fn a_lesson_that_was_changed_or_used_stands_in_the_way_of_undoing(server: TestServer) {
        let spring = Spring::enter(&server, SMALL).await;
        let body = spring.body();
        let preview = spring.preview(&server, &body).await.expect(200);
        let turn = spring.turn(&server, &body, &preview).await.expect(201);
        let lesson = lessons(&server, &spring, "2027-08-01").await[0].clone();
        let path = format!("/v1/lessons/{}", id(&lesson));
        let title = json!({ "title": "Terminsstart" });
        server.patch(&path, "\"1\"", &title).token(&spring.registrar).send().await.expect(200);
        let refused = spring.undo(&server, &turn).await.expect(409);
        assert!(refused.text.contains(&id(&lesson)), "{}", refused.text);
        server.stop().await;
    }
}
