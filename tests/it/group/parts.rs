use serde_json::{Value, json};
use skolhus_domain::person::ProtectionReport;
use skolhus_tests::on_both;

use super::register::{Autumn, day, days, id};

on_both! {
    // The subjects of an allmän kurs: who takes part in it decides who may take part in them.
    async fn parts_are_taken_only_within_the_outermost_offering(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let outer = autumn.offering(&server, "Allmän kurs", Some(10), None).await;
        let swedish = autumn.offering(&server, "Svenska", None, Some(outer)).await;
        let mathematics = autumn.offering(&server, "Matematik", None, Some(outer)).await;
        let parts = autumn.get(&server, &format!("/v1/course-offerings?partOfId={outer}")).await.expect(200);
        assert_eq!(parts.body["data"].as_array().unwrap().len(), 2);
        let group = autumn.group(&server, "teaching", "Svenska 1").await;
        autumn.drive(&server, swedish, &json!([{ "groupId": group }])).await.expect(200);
        let person = autumn.pupils(&server, 1).await[0];
        autumn.join(&server, &group, person, day(0), None).await;
        assert!(autumn.participations(&server, swedish).await.is_empty(), "not before the outermost");

        let enter = |offering: String, from: u64, to: u64| {
            let body = json!({ "personId": person.to_string(), "offeringId": offering, "period": { "from": day(from), "to": day(to) } });
            let request = server.post("/v1/participations", &body).token(&autumn.registrar);
            async move { request.send().await }
        };
        assert_eq!(enter(mathematics.to_string(), 20, 60).await.expect(422).refused(), ["/period"]);
        let whole = enter(outer.to_string(), 10, 100).await.expect(201);
        let followed = autumn.participations(&server, swedish).await;
        assert_eq!(days(&followed[0]), ("2026-08-27", "2026-11-25"));
        assert_eq!(enter(mathematics.to_string(), 20, 101).await.expect(422).refused(), ["/period"]);
        let part = enter(mathematics.to_string(), 20, 60).await.expect(201);

        // The whole cannot end before a part that was entered directly; what follows a group is cut.
        let path = format!("/v1/participations/{}", id(&whole.body));
        let shorter = json!({ "period": { "from": day(10), "to": day(50) } });
        let refused = autumn.patch(&server, &path, "\"1\"", &shorter).await.expect(422);
        assert!(refused.text.contains("Matematik"), "{}", refused.text);
        let start = |of: &Value| json!({ "action": "start", "participationId": of["id"], "version": 1, "on": day(20) });
        let started = json!({ "items": [start(&whole.body), start(&part.body)] });
        autumn.post(&server, "/v1/participation-batches", &started).await.expect(200);
        let leave = |of: &Value| json!({ "action": "interruption", "participationId": of["id"], "version": 2, "on": day(40), "reason": "Arbete" });
        let alone = json!({ "items": [leave(&whole.body)] });
        assert_eq!(autumn.post(&server, "/v1/participation-batches", &alone).await.expect(422).refused(), ["/items/0/period"]);
        let together = json!({ "items": [leave(&whole.body), leave(&part.body)] });
        autumn.post(&server, "/v1/participation-batches", &together).await.expect(200);
        let followed_now = autumn.participations(&server, swedish).await;
        assert_eq!((days(&followed_now[0]), &followed_now[0]["id"]), (("2026-08-27", "2026-09-26"), &followed[0]["id"]));
        server.stop().await;
    }
}

on_both! {
    async fn persons_above_full_time_are_listed(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let (one, other) = (autumn.offering(&server, "Musiklinjen", None, None).await, autumn.offering(&server, "Skrivarlinjen", None, None).await);
        let part = autumn.offering(&server, "Gehör", None, Some(one)).await;
        let names = [("Bo", "Öberg"), ("Bo", "Zorn"), ("Bo", "Ärlig"), ("Östen", "Hemlig")];
        let people = autumn.persons(&server, &names, ProtectionReport::Unmarked).await;
        let enter = |person: usize, offering: String, pace: u32, from: u64, to: u64| {
            let body = json!({ "personId": people[person].to_string(), "offeringId": offering, "pacePercent": pace,
                "period": { "from": day(from), "to": day(to) } });
            let request = server.post("/v1/participations", &body).token(&autumn.registrar);
            async move { request.send().await.expect(201) }
        };
        // 60 + 60 from the tenth day; 60 + 40; 60 and a part of it; protected, 60 + 60.
        enter(0, one.to_string(), 60, 0, 60).await;
        enter(0, other.to_string(), 60, 10, 60).await;
        enter(1, one.to_string(), 60, 0, 60).await;
        enter(1, other.to_string(), 40, 0, 60).await;
        enter(2, one.to_string(), 60, 0, 60).await;
        enter(2, part.to_string(), 60, 0, 60).await;
        enter(3, one.to_string(), 60, 0, 60).await;
        enter(3, other.to_string(), 60, 0, 60).await;
        autumn.protect(&server, people[3]).await;
        let (list, statements) = server.statements(autumn.get(&server, "/v1/pace-warnings")).await;
        let list = list.expect(200);
        let rows = list.body["data"].as_array().unwrap().clone();
        assert_eq!((rows.len(), statements), (1, 3), "{}", list.text);
        assert_eq!((&rows[0]["personName"]["familyName"], &rows[0]["from"], &rows[0]["percent"]), (&json!("Öberg"), &json!("2026-08-27"), &json!(120)));
        let later = autumn.get(&server, &format!("/v1/pace-warnings?onOrAfter={}&schoolUnitId={}", day(61), autumn.school.unit)).await.expect(200);
        assert_eq!(later.body["data"], json!([]));
        server.stop().await;
    }
}
