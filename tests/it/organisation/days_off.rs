use serde_json::{Value, json};
use skolhus_domain::access::{Level, Role};
use skolhus_tests::{
    on_both,
    register::School,
    server::{Answer, TestServer},
};

async fn autumn(server: &TestServer, token: &str, unit: Option<String>) -> String {
    let term = json!({ "schoolUnitId": unit, "kind": "ht", "name": "HT 2026", "firstDay": "2026-08-17", "lastDay": "2026-12-18" });
    let made = server.post("/v1/terms", &term).token(token).send().await.expect(201);
    made.body["id"].as_str().unwrap_or_default().to_owned()
}

async fn enter(server: &TestServer, token: &str, term: &str, name: &str, first: &str, last: &str) -> Answer {
    let day = json!({ "termId": term, "kind": "holiday", "name": name, "firstDay": first, "lastDay": last });
    server.post("/v1/days-off", &day).token(token).send().await
}

on_both! {
    async fn days_off_shorten_their_term(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let term = autumn(&server, &token, None).await;
        let made = enter(&server, &token, &term, "Höstlov", "2026-10-26", "2026-11-01").await.expect(201);
        enter(&server, &token, &term, "Läslov för några", "2026-10-30", "2026-10-30").await.expect(201);
        let path = format!("/v1/terms/{term}");
        assert_eq!(server.get(&path).token(&token).send().await.expect(200).body["termDays"], 85);

        let days = server.get(&format!("{path}/days")).token(&token).send().await.expect(200);
        let days = days.body["data"].as_array().unwrap();
        assert_eq!((days.len(), days.iter().filter(|day| day["isSchoolDay"] == true).count()), (90, 85));
        let friday = days.iter().find(|day| day["date"] == "2026-10-30").unwrap();
        assert_eq!((&friday["week"], friday["dayOffIds"].as_array().unwrap().len()), (&json!(44), 2));

        let list = server.get(&format!("/v1/days-off?termId={term}&kind=holiday,study-day&validOn=2026-10-27")).token(&token).send().await.expect(200);
        assert_eq!((list.body["data"].as_array().unwrap().len(), &list.body["data"][0]["name"]), (1, &json!("Höstlov")));
        let list = server.get(&format!("/v1/days-off?schoolUnitId={}", school.unit)).token(&token).send().await.expect(200);
        assert_eq!(list.body["data"].as_array().unwrap().len(), 2);
        server.get("/v1/days-off?kind=lov").token(&token).send().await.expect(400);

        let day = format!("/v1/days-off/{}", made.body["id"].as_str().unwrap());
        let changed = server.patch(&day, "\"1\"", &json!({ "firstDay": "2026-10-29", "kind": "study-day" })).token(&token).send().await.expect(200);
        assert_eq!((&changed.body["firstDay"], &changed.body["kind"]), (&json!("2026-10-29"), &json!("study-day")));
        server.patch(&day, "\"1\"", &json!({ "name": "Sent" })).token(&token).send().await.expect(412);
        assert_eq!(server.get(&path).token(&token).send().await.expect(200).body["termDays"], 88);
        server.delete(&day, "\"2\"").token(&token).send().await.expect(204);
        server.get(&day).token(&token).send().await.expect(404);
        assert_eq!(server.get(&path).token(&token).send().await.expect(200).body["termDays"], 89);

        // Withdrawing the term takes its days off along.
        server.delete(&path, "\"1\"").token(&token).send().await.expect(204);
        let list = server.get("/v1/days-off").token(&token).send().await.expect(200);
        assert_eq!(list.body["data"], json!([]));
        server.stop().await;
    }
}

on_both! {
    async fn days_off_and_term_stay_inside_each_other(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let term = autumn(&server, &token, None).await;
        let refused = enter(&server, &token, &term, "Jullov", "2026-12-14", "2027-01-08").await.expect(422);
        assert_eq!((refused.refused(), &refused.body["errors"][0]["code"]), (vec!["/lastDay".to_owned()], &json!("outside-period")));
        assert!(refused.text.contains("from 2026-08-17 to 2026-12-18"), "{}", refused.text);
        let day = enter(&server, &token, &term, "Lucia", "2026-12-14", "2026-12-14").await.expect(201);
        let day = format!("/v1/days-off/{}", day.body["id"].as_str().unwrap());
        server.patch(&day, "\"1\"", &json!({ "lastDay": "2026-12-19" })).token(&token).send().await.expect(422);

        let path = format!("/v1/terms/{term}");
        let refused = server.patch(&path, "\"1\"", &json!({ "lastDay": "2026-12-11" })).token(&token).send().await.expect(422);
        assert_eq!(refused.refused(), ["/lastDay"]);
        assert!(refused.text.contains("Lucia"), "{}", refused.text);

        // Whichever comes first, the other is refused: days off never end up outside.
        let shorter = json!({ "firstDay": "2026-08-24" });
        let (changed, entered) = futures_util::future::join(
            server.patch(&path, "\"1\"", &shorter).token(&token).send(),
            enter(&server, &token, &term, "Uppstart", "2026-08-17", "2026-08-18"),
        ).await;
        let statuses = (changed.status.as_u16(), entered.status.as_u16());
        assert!(statuses == (200, 422) || statuses == (422, 201), "{statuses:?}");

        let nowhere = "0199a3f0-7c00-7000-8000-00000000ffff";
        let refused = enter(&server, &token, nowhere, "Höstlov", "2026-10-26", "2026-10-30").await.expect(422);
        assert_eq!(refused.refused(), ["/termId"]);
        server.stop().await;
    }
}

on_both! {
    async fn who_works_for_a_unit_enters_days_off_in_its_terms_only(server: TestServer) {
        let school = School::enter(&server).await;
        let elsewhere = School::enter(&server).await;
        let registrar = school.token(&server, Role::Registrar).await;
        let local = school.token_of(&server, Role::Registrar, Some(school.unit), None, Level::Substantial).await;
        let stranger = elsewhere.token(&server, Role::Registrar).await;
        let whole = autumn(&server, &registrar, None).await;
        let own = autumn(&server, &local, Some(school.unit.to_string())).await;
        enter(&server, &local, &whole, "Höstlov", "2026-10-26", "2026-10-30").await.expect(422);
        enter(&server, &stranger, &whole, "Höstlov", "2026-10-26", "2026-10-30").await.expect(422);
        let mine = enter(&server, &local, &own, "Höstlov", "2026-10-26", "2026-10-30").await.expect(201);
        let all = enter(&server, &registrar, &whole, "Höstlov", "2026-10-26", "2026-10-30").await.expect(201);
        let path = |answer: &Answer| format!("/v1/days-off/{}", answer.body["id"].as_str().unwrap_or_default());
        server.patch(&path(&mine), "\"1\"", &json!({ "name": "Läslov" })).token(&local).send().await.expect(200);
        server.patch(&path(&all), "\"1\"", &json!({ "name": "Läslov" })).token(&local).send().await.expect(404);
        server.get(&path(&all)).token(&local).send().await.expect(200);
        server.get(&path(&all)).token(&stranger).send().await.expect(404);
        assert_eq!(server.get("/v1/days-off").token(&stranger).send().await.expect(200).body["data"], Value::Array(vec![]));
        server.stop().await;
    }
}
