//! Lessons over the change of the clock and over midnight, in lists and in figures.

use serde_json::{Value, json};
use skolhus_domain::access::Role;
use skolhus_tests::{family::morning, on_both};

use crate::schedule::staff::Mathematics;

on_both! {
    async fn a_night_with_two_hours_of_the_same_name_has_its_minutes_and_its_day(server: TestServer) {
        let mut mathematics = Mathematics::enter(&server, 1).await;
        // The clock goes back in the night to Sunday 25 October: from half past one to half past three is three hours.
        let pattern = json!({
            "offeringId": mathematics.offering.to_string(), "period": { "from": "2026-10-18", "to": "2026-10-31" },
            "slots": [
                { "number": 0, "weekday": "sunday", "startsAt": "01:30", "endsAt": "03:30" },
                { "number": 1, "weekday": "saturday", "startsAt": "23:00", "endsAt": "01:00" },
            ],
        });
        mathematics.post(&server, "/v1/lesson-series", &pattern).await.expect(201);
        let lessons = mathematics.lessons(&server, &mathematics.teachers_token, "from=2026-10-18").await;
        let facts: Vec<(&str, u64)> =
            lessons.iter().map(|lesson| (lesson["startsAt"].as_str().unwrap(), lesson["minutes"].as_u64().unwrap())).collect();
        let wanted = [
            ("2026-10-17T23:30:00Z", 120), ("2026-10-24T21:00:00Z", 120), ("2026-10-24T23:30:00Z", 180), ("2026-10-31T22:00:00Z", 120),
        ];
        assert_eq!(facts, wanted);
        // What begins on the evening belongs to it.
        for (day, place) in [("2026-10-24", 1), ("2026-10-25", 2)] {
            let of_day = mathematics.lessons(&server, &mathematics.teachers_token, &format!("from={day}&to={day}")).await;
            assert_eq!(of_day, [lessons[place].clone()]);
        }

        server.clock.set(morning("2026-11-02"));
        mathematics.teachers_token = mathematics.autumn.token_of(&server, Role::Teacher, mathematics.teacher).await;
        let marks = json!({ "marks": [{ "personId": mathematics.pupils[0].to_string(), "kind": "present" }] });
        for lesson in &lessons {
            let path = format!("/v1/lessons/{}/attendance", lesson["id"].as_str().unwrap());
            server.put(&path, "\"0\"", &marks).token(&mathematics.teachers_token).send().await.expect(200);
        }
        let figures = async |query: &str| {
            let path = format!("/v1/attendance-statistics?from=2026-10-12&to=2026-11-01&offeringId={}&{query}", mathematics.offering);
            mathematics.get(&server, &path).await.expect(200).body["data"].as_array().unwrap().clone()
        };
        let present = |rows: &[Value]| -> Vec<f64> { rows.iter().map(|row| row["figure"]["present"].as_f64().unwrap()).collect() };
        assert_eq!(present(&figures("unit=hours").await), [9.0]);
        assert_eq!(present(&figures("unit=lessons").await), [4.0]);
        assert_eq!(present(&figures("unit=lessons&by=week").await), [1.0, 2.0, 1.0]);
        assert_eq!(present(&figures("unit=hours&by=week").await), [2.0, 5.0, 2.0]);
        server.stop().await;
    }
}
