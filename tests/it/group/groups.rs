use serde_json::json;
use skolhus_domain::person::ProtectionReport;
use skolhus_tests::on_both;

use super::register::{Autumn, day};

on_both! {
    async fn a_group_lives_and_its_name_is_its_own(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let unit = autumn.school.unit.to_string();
        let body = json!({ "schoolUnitId": unit, "kind": "class", "name": "7B", "schoolTypeCode": "FHS", "schoolYear": 7,
            "period": { "from": "2026-08-17", "to": "2027-06-11" } });
        let made = autumn.post(&server, "/v1/groups", &body).await.expect(201);
        let path = made.headers["location"].to_str().unwrap().to_owned();
        assert_eq!((&made.body["name"], &made.body["schoolYear"], made.etag().as_str()), (&json!("7B"), &json!(7), "\"1\""));

        let mut again = body.clone();
        again["name"] = json!("7b");
        assert_eq!(autumn.post(&server, "/v1/groups", &again).await.expect(422).refused(), ["/name"]);
        again["period"] = json!({ "from": "2027-08-16" });
        autumn.post(&server, "/v1/groups", &again).await.expect(201);
        let wrong = json!({ "schoolUnitId": unit, "kind": "teaching", "name": "7B ma", "schoolTypeCode": "GR", "schoolYear": 7,
            "period": { "from": "2026-08-17" } });
        assert_eq!(autumn.post(&server, "/v1/groups", &wrong).await.expect(422).refused(), ["/schoolTypeCode", "/schoolYear"]);

        autumn.patch(&server, &path, "\"7\"", &json!({ "name": "7B musik" })).await.expect(412);
        let renamed = autumn.patch(&server, &path, "\"1\"", &json!({ "name": "7B musik", "schoolTypeCode": null })).await.expect(200);
        assert_eq!((&renamed.body["name"], &renamed.body["schoolTypeCode"]), (&json!("7B musik"), &json!(null)));
        autumn.patch(&server, &path, "\"1\"", &json!({ "name": "7B musik" })).await.expect(200);

        let found = autumn.get(&server, "/v1/groups?kind=class&validOn=2026-09-01&name=mus&schoolYear=7").await.expect(200);
        assert_eq!(found.body["data"].as_array().unwrap().len(), 1);
        autumn.get(&server, "/v1/groups?schoolYear=11").await.expect(400);
        autumn.get(&server, "/v1/groups?kind=flock").await.expect(400);
        autumn.delete(&server, &path, "\"2\"").await.expect(204);
        autumn.get(&server, &path).await.expect(404);
        server.stop().await;
    }
}

on_both! {
    async fn staff_is_a_set_that_moves_the_version(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let group = autumn.group(&server, "mentor", "7B").await;
        let staff = autumn.persons(&server, &[("Åke", "Öman"), ("Åsa", "Ek")], ProtectionReport::Unmarked).await;
        let (ake, asa) = (autumn.duty(&server, staff[0]).await, autumn.duty(&server, staff[1]).await);
        let path = format!("/v1/groups/{group}/assignments");
        let save = |etag: &'static str, set: serde_json::Value| {
            server.put(&path, etag, &json!({ "assignments": set })).token(&autumn.registrar).send()
        };
        let one = json!([{ "dutyId": ake, "role": "mentor", "period": { "from": "2026-08-17" } }]);
        let saved = save("\"1\"", one.clone()).await.expect(200);
        assert_eq!((saved.etag().as_str(), &saved.body["assignments"][0]["name"]), ("\"2\"", &json!("Åke Öman")));
        save("\"1\"", one.clone()).await.expect(200);
        let wrong = json!([
            { "dutyId": ake, "role": "mentor", "period": { "from": "2026-08-01" } },
            { "dutyId": asa, "role": "vakt", "period": { "from": "2026-08-17" } },
            { "dutyId": uuid::Uuid::from_u128(7), "role": "mentor", "period": { "from": "2026-08-17" } },
        ]);
        let refused = save("\"2\"", wrong).await.expect(422);
        assert_eq!(refused.refused(), ["/assignments/0/period", "/assignments/1/role", "/assignments/2/dutyId"]);
        autumn.delete(&server, &format!("/v1/duties/{ake}"), "\"1\"").await.expect(409);

        // A protected mentor stands there under an alias, and stays when the set is saved anew.
        autumn.protect(&server, staff[0]).await;
        let shown = autumn.get(&server, &format!("/v1/groups/{group}")).await.expect(200);
        assert_eq!((&shown.body["assignments"][0]["personId"], &shown.body["assignments"][0]["dutyId"]), (&json!(null), &json!(ake)));
        assert!(shown.body["assignments"][0]["name"].is_string() && !shown.text.contains("Hemlig"), "{}", shown.text);
        let found = autumn.get(&server, &format!("/v1/groups?assignedPersonId={}", staff[0])).await.expect(200);
        assert_eq!(found.body["data"], json!([]));
        let both = json!([one[0], { "dutyId": asa, "role": "assistant", "period": { "from": "2026-08-17", "to": "2026-10-31" } }]);
        save("\"2\"", both).await.expect(200);
        let found = autumn.get(&server, &format!("/v1/groups?assignedPersonId={}&validOn=2026-10-01", staff[1])).await.expect(200);
        assert_eq!(found.body["data"].as_array().unwrap().len(), 1);
        let found = autumn.get(&server, &format!("/v1/groups?assignedPersonId={}&validOn=2026-11-01", staff[1])).await.expect(200);
        assert_eq!(found.body["data"], json!([]));
        server.stop().await;
    }
}

on_both! {
    async fn lists_and_rosters_take_few_statements_in_swedish_order(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        for name in ["Örnen", "Zebran", "Ängeln", "Åran"] {
            autumn.group(&server, "department", name).await;
        }
        let (groups, statements) = server.statements(autumn.get(&server, "/v1/groups")).await;
        let names: Vec<_> = groups.expect(200).body["data"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect();
        assert_eq!((names.join(" ").as_str(), statements), ("Zebran Åran Ängeln Örnen", 3));

        let group = autumn.group(&server, "class", "7B").await;
        let names = [("Bo", "Öberg"), ("Bo", "Zorn"), ("Bo", "Ärlig"), ("Östen", "Hemlig")];
        let pupils = autumn.persons(&server, &names, ProtectionReport::Unmarked).await;
        for pupil in &pupils {
            autumn.join(&server, &group, *pupil, day(0), None).await;
        }
        autumn.protect(&server, pupils[3]).await;
        let (roster, statements) = server.statements(autumn.get(&server, &format!("/v1/groups/{group}/members"))).await;
        let roster = roster.expect(200);
        assert!(statements <= 3, "{statements}");
        assert!(!roster.text.contains("Hemlig") && !roster.text.contains(&pupils[3].to_string()));
        let names: Vec<_> = roster.body["data"].as_array().unwrap().iter().map(|row| row["personName"]["familyName"].as_str().unwrap().to_owned()).collect();
        assert_eq!(names, ["Zorn", "Ärlig", "Öberg"]);
        let before = autumn.get(&server, &format!("/v1/groups/{group}/members?on=2026-08-16")).await.expect(200);
        assert_eq!(before.body["data"], json!([]));
        autumn.get(&server, &format!("/v1/groups/{}/members", pupils[0])).await.expect(404);
        let found = autumn.get(&server, &format!("/v1/groups?memberPersonId={}", pupils[3])).await.expect(200);
        assert_eq!(found.body["data"], json!([]));
        let found = autumn.get(&server, &format!("/v1/groups?memberPersonId={}&validOn=2026-09-01", pupils[0])).await.expect(200);
        assert_eq!(found.body["data"].as_array().unwrap().len(), 1);
        server.stop().await;
    }
}
