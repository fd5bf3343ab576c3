use serde_json::{Value, json};
use skolhus_domain::access::{Level, Role};
use skolhus_tests::{
    on_both,
    register::School,
    server::{Answer, TestServer},
};

fn autumn(unit: Option<&str>) -> Value {
    json!({ "schoolUnitId": unit, "kind": "ht", "name": "HT 2026", "firstDay": "2026-08-17", "lastDay": "2026-12-18" })
}

async fn enter(server: &TestServer, token: &str, term: &Value) -> Answer {
    server.post("/v1/terms", term).token(token).send().await
}

fn names(answer: &Answer) -> Vec<String> {
    let data = answer.body["data"].as_array().cloned().unwrap_or_default();
    data.iter().map(|term| term["name"].as_str().unwrap_or_default().to_owned()).collect()
}

on_both! {
    async fn a_term_is_entered_changed_and_withdrawn(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let made = enter(&server, &token, &autumn(None)).await.expect(201);
        assert_eq!((&made.body["schoolYear"], &made.body["termDays"]), (&json!("2026/27"), &json!(90)));
        assert_eq!(made.body["schoolUnitId"], Value::Null);
        let path = format!("/v1/terms/{}", made.body["id"].as_str().unwrap());
        assert_eq!(made.headers["location"], path.as_str());

        let changed = server.patch(&path, "\"1\"", &json!({ "name": "Hösten på Åkerö", "lastDay": "2026-12-17" })).token(&token).send().await.expect(200);
        assert_eq!((&changed.body["termDays"], &changed.body["version"]), (&json!(89), &json!(2)));
        server.patch(&path, "\"1\"", &json!({ "name": "Någon annans" })).token(&token).send().await.expect(412);
        server.patch(&path, "\"1\"", &json!({ "name": "Hösten på Åkerö" })).token(&token).send().await.expect(200);
        let refused = server.patch(&path, "\"2\"", &json!({ "kind": "vt" })).token(&token).send().await.expect(422);
        assert_eq!(refused.refused(), ["/kind"]);
        let refused = server.patch(&path, "\"2\"", &json!({ "kind": null })).token(&token).send().await.expect(422);
        assert_eq!(refused.refused(), ["/kind"]);
        let refused = server.patch(&path, "\"2\"", &json!({ "kind": null, "name": "" })).token(&token).send().await.expect(422);
        assert_eq!(refused.refused(), ["/name"], "lengths are looked at before meaning");
        server.patch(&path, "\"2\"", &json!({ "schoolUnitId": null })).token(&token).send().await.expect(400);
        server.get(&path).token(&token).header("if-none-match", "\"2\"").send().await.expect(304);

        server.request(reqwest::Method::DELETE, &path).token(&token).send().await.expect(428);
        server.delete(&path, "\"2\"").token(&token).send().await.expect(204);
        server.get(&path).token(&token).send().await.expect(404);
        // A withdrawn term takes no days.
        enter(&server, &token, &autumn(None)).await.expect(201);
        server.stop().await;
    }
}

on_both! {
    async fn terms_of_one_owner_and_kind_share_no_day(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let unit = school.unit.to_string();
        // Twelve at once for the organiser and twelve for the unit: one of each stays.
        let terms: Vec<Value> = (0..24).map(|number| autumn((number % 2 == 0).then_some(unit.as_str()))).collect();
        let answers = futures_util::future::join_all(terms.iter().map(|term| enter(&server, &token, term))).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        let mut expected = vec![201, 201];
        expected.extend([422; 22]);
        assert_eq!(statuses, expected);
        let refused = answers.iter().find(|answer| answer.status == 422).unwrap();
        assert_eq!((refused.refused(), &refused.body["errors"][0]["code"]), (vec!["/firstDay".to_owned()], &json!("overlap")));
        assert!(refused.text.contains("HT 2026"), "{}", refused.text);

        let spring = json!({ "kind": "vt", "name": "VT 2027", "firstDay": "2026-12-18", "lastDay": "2027-06-11" });
        let spring = enter(&server, &token, &spring).await.expect(201);
        let path = format!("/v1/terms/{}", spring.body["id"].as_str().unwrap());
        let refused = server.patch(&path, "\"1\"", &json!({ "kind": "ht", "firstDay": "2026-12-18" })).token(&token).send().await.expect(422);
        assert_eq!(refused.refused(), ["/firstDay"]);
        server.stop().await;
    }
}

on_both! {
    async fn terms_are_found_by_unit_kind_year_and_day(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let other = json!({ "name": "Åkerö", "controllerId": school.controller.to_string(), "schoolTypes": ["FHS"], "valid": { "from": "2001-07-01" } });
        let other = server.post("/v1/school-units", &other).token(&token).send().await.expect(201);
        let other = other.body["id"].as_str().unwrap();
        let unit = school.unit.to_string();
        for (owner, kind, name, first, last) in [
            (None, "ht", "HT 2025", "2025-08-18", "2025-12-19"),
            (None, "vt", "VT 2026", "2026-01-12", "2026-06-12"),
            (Some(unit.as_str()), "sommar", "Sommar på Väggarp", "2026-06-15", "2026-08-07"),
            (Some(other), "ht", "HT på Åkerö", "2026-08-24", "2026-12-22"),
            (None, "ht", "HT 2026", "2026-08-17", "2026-12-18"),
        ] {
            let term = json!({ "schoolUnitId": owner, "kind": kind, "name": name, "firstDay": first, "lastDay": last });
            enter(&server, &token, &term).await.expect(201);
        }
        let participant = school.token(&server, Role::Participant).await;
        for (query, expected) in [
            (String::new(), vec!["HT 2025", "VT 2026", "Sommar på Väggarp", "HT 2026", "HT på Åkerö"]),
            (format!("?schoolUnitId={unit}"), vec!["HT 2025", "VT 2026", "Sommar på Väggarp", "HT 2026"]),
            (format!("?schoolUnitId={unit},{other}&kind=ht&sort=-firstDay"), vec!["HT på Åkerö", "HT 2026", "HT 2025"]),
            ("?schoolYear=2025/26".to_owned(), vec!["HT 2025", "VT 2026", "Sommar på Väggarp"]),
            ("?schoolYear=2026%2F27&validOn=2026-12-20".to_owned(), vec!["HT på Åkerö"]),
            ("?kind=vt,sommar".to_owned(), vec!["VT 2026", "Sommar på Väggarp"]),
            ("?validOn=2026-08-10".to_owned(), vec![]),
        ] {
            let (found, statements) = server.statements(server.get(&format!("/v1/terms{query}")).token(&participant).send()).await;
            assert_eq!(names(&found.expect(200)), expected, "{query}");
            assert!(statements <= 3, "the scope, the page, its days off: {statements}");
        }
        for query in ["?kind=höst", "?schoolYear=2026", "?schoolYear=2026/28", "?validOn=idag", "?schoolUnitId=1"] {
            server.get(&format!("/v1/terms{query}")).token(&participant).send().await.expect(400);
        }
        let mut walked = Vec::new();
        let mut path = "/v1/terms?limit=2".to_owned();
        loop {
            let page = server.get(&path).token(&participant).send().await.expect(200);
            walked.extend(names(&page));
            let Some(next) = page.body["pageToken"].as_str() else { break };
            path = format!("/v1/terms?limit=2&pageToken={next}");
        }
        assert_eq!(walked, ["HT 2025", "VT 2026", "Sommar på Väggarp", "HT 2026", "HT på Åkerö"]);
        server.stop().await;
    }
}

on_both! {
    async fn who_works_for_a_unit_changes_only_its_terms(server: TestServer) {
        let school = School::enter(&server).await;
        let elsewhere = School::enter(&server).await;
        let registrar = school.token(&server, Role::Registrar).await;
        let local = school.token_of(&server, Role::Registrar, Some(school.unit), None, Level::Substantial).await;
        let stranger = elsewhere.token(&server, Role::Registrar).await;
        let unit = school.unit.to_string();

        let whole = enter(&server, &registrar, &autumn(None)).await.expect(201);
        let path = format!("/v1/terms/{}", whole.body["id"].as_str().unwrap());
        enter(&server, &local, &autumn(None)).await.expect(403);
        server.get(&path).token(&local).send().await.expect(200);
        server.patch(&path, "\"1\"", &json!({ "name": "Kapad" })).token(&local).send().await.expect(404);
        let own = enter(&server, &local, &autumn(Some(&unit))).await.expect(201);
        let own = format!("/v1/terms/{}", own.body["id"].as_str().unwrap());
        server.patch(&own, "\"1\"", &json!({ "name": "Vår egen höst" })).token(&local).send().await.expect(200);

        server.get(&path).token(&stranger).send().await.expect(404);
        assert!(names(&server.get("/v1/terms").token(&stranger).send().await.expect(200)).is_empty());
        let refused = enter(&server, &stranger, &autumn(Some(&unit))).await.expect(422);
        assert_eq!((refused.refused(), &refused.body["errors"][0]["code"]), (vec!["/schoolUnitId".to_owned()], &json!("unknown-reference")));
        let teacher = school.token(&server, Role::Teacher).await;
        enter(&server, &teacher, &autumn(None)).await.expect(403);
        server.stop().await;
    }
}

on_both! {
    async fn a_term_lies_within_the_days_of_its_unit(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let closed = json!({ "name": "Åkerö", "controllerId": school.controller.to_string(), "schoolTypes": ["FHS"], "valid": { "from": "2001-07-01", "to": "2026-09-30" } });
        let closed = server.post("/v1/school-units", &closed).token(&token).send().await.expect(201);
        let refused = enter(&server, &token, &autumn(closed.body["id"].as_str())).await.expect(422);
        assert_eq!((refused.refused(), &refused.body["errors"][0]["code"]), (vec!["/lastDay".to_owned()], &json!("outside-period")));
        assert!(refused.text.contains("from 2001-07-01 to 2026-09-30"), "{}", refused.text);

        let mut term = autumn(None);
        for (field, value, status) in [
            ("name", json!("x".repeat(101)), 422), ("name", json!("HT\u{0}"), 422), ("kind", json!("hösten"), 400),
            ("firstDay", json!("2026-13-01"), 400), ("firstDay", json!("1899-08-17"), 422), ("lastDay", json!("2026-08-01"), 422),
        ] {
            let before = term[field].clone();
            term[field] = value;
            let refused = enter(&server, &token, &term).await.expect(status);
            assert!(refused.refused()[0].starts_with("/"), "{}", refused.text);
            term[field] = before;
        }
        assert!(names(&server.get("/v1/terms").token(&token).send().await.expect(200)).is_empty());

        // The caller's own id, twice at once: one term.
        term["id"] = json!("0199a3f0-7c00-7000-8000-00000000abcd");
        let spring = json!({ "id": term["id"], "kind": "vt", "name": "VT 2027", "firstDay": "2027-01-11", "lastDay": "2027-06-11" });
        let answers = futures_util::future::join_all([&term, &spring].map(|term| enter(&server, &token, term))).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 422]);
        server.stop().await;
    }
}
