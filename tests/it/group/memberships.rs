use serde_json::{Value, json};
use skolhus_domain::person::ProtectionReport;
use skolhus_tests::on_both;

use super::register::{Autumn, day, id, membership};

on_both! {
    async fn a_membership_begins_ends_and_is_corrected(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let group = autumn.group(&server, "class", "7B").await;
        let pupil = autumn.pupils(&server, 1).await[0];
        let made = autumn.join(&server, &group, pupil, day(0), None).await;
        assert_eq!((&made["personName"]["givenName"], &made["period"]["to"]), (&json!("Åsa"), &json!(null)));
        let again = autumn.post(&server, "/v1/group-memberships", &membership(&group, pupil, day(9), None)).await;
        assert_eq!(again.expect(422).refused(), ["/period"]);
        let early = membership(&group, pupil, day(0).pred_opt().unwrap(), None);
        assert_eq!(autumn.post(&server, "/v1/group-memberships", &early).await.expect(422).refused(), ["/period/from"]);

        let path = format!("/v1/group-memberships/{}", id(&made));
        let ended = json!({ "period": { "from": day(0), "to": day(30) } });
        autumn.patch(&server, &path, "\"1\"", &ended).await.expect(200);
        autumn.patch(&server, &path, "\"1\"", &ended).await.expect(200);
        autumn.patch(&server, &path, "\"1\"", &json!({ "period": { "from": day(0), "to": day(31) } })).await.expect(412);
        autumn.join(&server, &group, pupil, day(31), None).await;
        let overlapping = json!({ "period": { "from": day(0), "to": day(31) } });
        assert_eq!(autumn.patch(&server, &path, "\"2\"", &overlapping).await.expect(422).refused(), ["/period"]);
        autumn.delete(&server, &path, "\"2\"").await.expect(204);
        autumn.get(&server, &path).await.expect(404);
        let left = autumn.get(&server, &format!("/v1/group-memberships?personId={pupil}&validOn=2026-12-01")).await.expect(200);
        assert_eq!(left.body["data"].as_array().unwrap().len(), 1);
        autumn.delete(&server, &format!("/v1/groups/{group}"), "\"1\"").await.expect(409);
        server.stop().await;
    }
}

fn creation(group: &str, person: impl std::fmt::Display) -> Value {
    json!({ "action": "creation", "groupId": group, "personId": person.to_string(), "period": { "from": day(0) } })
}

on_both! {
    async fn a_batch_is_saved_whole_or_not_at_all(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let (seven, eight) = (autumn.group(&server, "class", "7B").await, autumn.group(&server, "class", "8B").await);
        let pupils = autumn.pupils(&server, 3).await;
        let hidden = autumn.persons(&server, &[("Östen", "Hemlig")], ProtectionReport::Marked).await[0];
        let refused = autumn.batch(&server, &json!([creation(&seven, pupils[0]), creation(&seven, pupils[0]), creation(&seven, hidden), { "action": "withdrawal" }])).await;
        assert_eq!(refused.expect(422).refused(), ["/items/3/membershipId", "/items/3/version", "/items/1/period", "/items/2/personId"]);
        let none = autumn.get(&server, "/v1/group-memberships").await.expect(200);
        assert_eq!(none.body["data"], json!([]));

        let made = autumn.batch(&server, &json!([creation(&seven, pupils[0]), creation(&seven, pupils[1])])).await.expect(200);
        let (first, second) = (id(&made.body["data"][0]), id(&made.body["data"][1]));
        // One pupil moves to another class, the other entry was a mistake, a third begins.
        let moved = json!([
            { "action": "change", "membershipId": first, "version": 1, "period": { "from": day(0), "to": day(9) } },
            { "action": "withdrawal", "membershipId": second, "version": 1 },
            { "action": "creation", "groupId": eight, "personId": pupils[0].to_string(), "period": { "from": day(10) } },
            creation(&eight, pupils[2]),
        ]);
        let done = autumn.batch(&server, &moved).await.expect(200);
        assert_eq!(done.body["data"].as_array().unwrap().len(), 3);
        assert_eq!(autumn.batch(&server, &moved).await.expect(422).refused(), ["/items/1/membershipId", "/items/2/period", "/items/3/period"]);
        let stale = json!([{ "action": "withdrawal", "membershipId": first, "version": 1 }]);
        assert_eq!(autumn.batch(&server, &stale).await.expect(412).refused(), ["/items/0/version"]);
        server.stop().await;
    }
}

on_both! {
    async fn parallel_registrars_make_one_membership(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let group = autumn.group(&server, "class", "7B").await;
        let offering = autumn.offering(&server, "Matematik 7", None, None).await;
        autumn.drive(&server, offering, &json!([{ "groupId": group }])).await.expect(200);
        let pupil = autumn.pupils(&server, 1).await[0];
        let body = membership(&group, pupil, day(0), None);
        let answers = futures_util::future::join_all((0..20).map(|_| autumn.post(&server, "/v1/group-memberships", &body))).await;
        let count = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
        assert_eq!((count(201), count(422)), (1, 19), "{answers:?}");
        assert_eq!(autumn.participations(&server, offering).await.len(), 1);
        server.stop().await;
    }
}

on_both! {
    // A group put on an offering while somebody joins it: whoever comes second sees the first.
    async fn joining_and_driving_at_once_leave_nobody_out(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        for round in 0..4 {
            let group = autumn.group(&server, "teaching", &format!("Ma{round}")).await;
            let offering = autumn.offering(&server, "Matematik 7", None, None).await;
            let pupil = autumn.pupils(&server, 1).await[0];
            let (body, groups) = (membership(&group, pupil, day(0), None), json!([{ "groupId": group }]));
            let (joined, driven) = futures_util::future::join(
                autumn.post(&server, "/v1/group-memberships", &body),
                autumn.drive(&server, offering, &groups),
            ).await;
            joined.expect(201);
            driven.expect(200);
            assert_eq!(autumn.participations(&server, offering).await.len(), 1, "round {round}");
        }
        server.stop().await;
    }
}

on_both! {
    // Half a class goes over to another: selected, previewed, done; participations follow.
    async fn a_selection_goes_over_to_another_group(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let (from, to) = (autumn.group(&server, "class", "7B").await, autumn.group(&server, "class", "7C").await);
        let offering = autumn.offering(&server, "Matematik 7C", None, None).await;
        autumn.drive(&server, offering, &json!([{ "groupId": to }])).await.expect(200);
        let pupils = autumn.pupils(&server, 6).await;
        for pupil in &pupils {
            autumn.join(&server, &from, *pupil, day(0), None).await;
        }
        autumn.protect(&server, pupils[5]).await;
        let preview = |limit: u32| json!({
            "selection": { "groupIds": [from], "on": day(0), "limit": limit },
            "change": { "action": "move", "groupId": to, "from": day(30) },
        });
        assert_eq!(autumn.post(&server, "/v1/group-membership-batches/preview", &preview(4)).await.expect(422).refused(), ["/selection/limit"]);
        let seen = autumn.post(&server, "/v1/group-membership-batches/preview", &preview(50)).await.expect(200);
        assert_eq!((&seen.body["possible"], seen.body["items"].as_array().unwrap().len()), (&json!(true), 5));
        assert!(autumn.participations(&server, offering).await.is_empty(), "a preview changes nothing");
        let done = autumn.batch(&server, &seen.body["items"]).await.expect(200);
        assert!(done.body["data"].as_array().unwrap().iter().all(|one| one["groupId"] == to.as_str() && one["period"]["from"] == "2026-09-16"));
        assert_eq!(autumn.participations(&server, offering).await.len(), 5);
        let left = autumn.get(&server, &format!("/v1/group-memberships?groupId={from}")).await.expect(200);
        assert!(left.body["data"].as_array().unwrap().iter().all(|one| one["period"]["to"] == "2026-09-15"));

        // From the first day on nothing is left of the one that had not begun.
        let whole = json!([{ "action": "move", "membershipId": done.body["data"][0]["id"], "version": 1, "groupId": from, "from": day(30) }]);
        let back = autumn.batch(&server, &whole).await.expect(200);
        autumn.get(&server, &format!("/v1/group-memberships/{}", id(&done.body["data"][0]))).await.expect(404);
        assert_eq!(back.body["data"][0]["groupId"], from.as_str());
        let refused = json!({ "items": [{ "action": "move", "membershipId": id(&done.body["data"][1]), "version": 7, "groupId": from, "from": day(60) }] });
        let seen = autumn.post(&server, "/v1/group-membership-batches/preview", &refused).await.expect(200);
        assert_eq!((&seen.body["possible"], &seen.body["refusals"][0]["pointer"]), (&json!(false), &json!("/items/0/version")));
        server.stop().await;
    }
}
