//! Class 7B reads mathematics in a split group: a year of it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use skolhus_tests::on_both;

use super::register::{Autumn, day, days, id};

/// Who takes part in an offering on a day.
fn present(participations: &[Value], on: &str) -> BTreeSet<String> {
    let held = |row: &&Value| {
        let held = &row["held"];
        held["from"].as_str().is_some_and(|from| from <= on) && held["to"].as_str().is_some_and(|to| on <= to)
    };
    participations.iter().filter(held).map(|row| row["personId"].as_str().unwrap().to_owned()).collect()
}

on_both! {
    async fn class_7b_reads_mathematics_in_a_split_group(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let class = autumn.group(&server, "class", "7B").await;
        let (one, two) = (autumn.group(&server, "teaching", "7B ma 1").await, autumn.group(&server, "teaching", "7B ma 2").await);
        let history = autumn.offering(&server, "Historia 7B", None, None).await;
        let (first, second) = (autumn.offering(&server, "Matematik 7B:1", None, None).await, autumn.offering(&server, "Matematik 7B:2", None, None).await);
        autumn.drive(&server, history, &json!([{ "groupId": class }])).await.expect(200);
        autumn.drive(&server, first, &json!([{ "groupId": one }])).await.expect(200);
        autumn.drive(&server, second, &json!([{ "groupId": two }])).await.expect(200);

        // 17 August: the class begins, four pupils in each half.
        let pupils = autumn.pupils(&server, 8).await;
        let mut items = Vec::new();
        for (place, pupil) in pupils.iter().enumerate() {
            for group in [&class, if place % 2 == 0 { &one } else { &two }] {
                items.push(json!({ "action": "creation", "groupId": group, "personId": pupil.to_string(), "period": { "from": day(0) } }));
            }
        }
        let made = autumn.batch(&server, &json!(items)).await.expect(200);
        let count = |rows: Vec<Value>, on: &'static str| present(&rows, on).len();
        assert_eq!(count(autumn.participations(&server, history).await, "2026-08-17"), 8);
        assert_eq!(count(autumn.participations(&server, first).await, "2026-08-17"), 4);

        // 1 October: pupil 0 changes halves; both participations say so, the class goes on.
        let in_one = id(&made.body["data"][1]);
        let change = json!([
            { "action": "change", "membershipId": in_one, "version": 1, "period": { "from": day(0), "to": "2026-09-30" } },
            { "action": "creation", "groupId": two, "personId": pupils[0].to_string(), "period": { "from": "2026-10-01" } },
        ]);
        autumn.batch(&server, &change).await.expect(200);
        assert_eq!(count(autumn.participations(&server, first).await, "2026-10-01"), 3);
        assert_eq!(count(autumn.participations(&server, second).await, "2026-10-01"), 5);
        assert_eq!(count(autumn.participations(&server, second).await, "2026-09-30"), 4);

        // It turns out that it was a week earlier: corrected in the past.
        let path = format!("/v1/group-memberships/{in_one}");
        autumn.patch(&server, &path, "\"2\"", &json!({ "period": { "from": day(0), "to": "2026-09-23" } })).await.expect(200);
        assert_eq!(count(autumn.participations(&server, first).await, "2026-09-24"), 3);

        // 2 November: pupil 2 moves away, and comes back in December.
        let (of_class, of_group) = (id(&made.body["data"][4]), id(&made.body["data"][5]));
        let leave = json!([
            { "action": "change", "membershipId": of_class, "version": 1, "period": { "from": day(0), "to": "2026-11-01" } },
            { "action": "change", "membershipId": of_group, "version": 1, "period": { "from": day(0), "to": "2026-11-01" } },
        ]);
        autumn.batch(&server, &leave).await.expect(200);
        assert_eq!(count(autumn.participations(&server, history).await, "2026-11-02"), 7);
        autumn.join(&server, &class, pupils[2], "2026-12-01".parse().unwrap(), None).await;
        let own = autumn.get(&server, &format!("/v1/participations?personId={}&offeringId={history}&sort=periodFrom", pupils[2])).await.expect(200);
        let own = own.body["data"].as_array().unwrap().clone();
        assert_eq!(own.iter().map(days).collect::<Vec<_>>(), [("2026-08-17", "2026-11-01"), ("2026-12-01", "2026-12-18")]);

        // The class is closed on 11 December: its members are out of history, mathematics goes on.
        let etag = autumn.get(&server, &format!("/v1/groups/{class}")).await.expect(200).etag();
        let closed = json!({ "period": { "from": "2026-08-17", "to": "2026-12-11" } });
        autumn.patch(&server, &format!("/v1/groups/{class}"), &etag, &closed).await.expect(200);
        assert_eq!(count(autumn.participations(&server, history).await, "2026-12-11"), 8);
        assert_eq!(count(autumn.participations(&server, history).await, "2026-12-12"), 0);
        assert_eq!(count(autumn.participations(&server, second).await, "2026-12-12"), 5);

        // Nobody is in an offering twice on a day.
        for offering in [history, first, second] {
            let rows = autumn.participations(&server, offering).await;
            for number in 0..124 {
                let on = day(number).to_string();
                let held = rows.iter().filter(|row| row["held"]["from"].as_str().is_some_and(|from| from <= on.as_str()) && row["held"]["to"].as_str().is_some_and(|to| on.as_str() <= to)).count();
                assert_eq!(held, present(&rows, &on).len(), "{on}");
            }
        }
        server.stop().await;
    }
}
