use serde_json::json;
use skolhus_domain::access::Role;
use skolhus_tests::{on_both, register::School};

on_both! {
    async fn a_unit_is_entered_changed_and_withdrawn(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let unit = json!({
            "name": "Åkerö filial",
            "controllerId": school.controller.to_string(),
            "schoolTypes": ["FHS"],
            "codes": [{ "kind": "scb-school-code", "value": "F 17", "valid": { "from": "2001-07-01" } }],
            "valid": { "from": "2001-07-01" },
        });
        let made = server.post("/v1/school-units", &unit).token(&token).send().await.expect(201);
        assert_eq!(made.etag(), "\"1\"");
        let path = format!("/v1/school-units/{}", made.body["id"].as_str().unwrap());
        assert_eq!(made.headers["location"], path.as_str());

        let changed = server.patch(&path, "\"1\"", &json!({ "name": "Åkerö kursgård" })).token(&token).send().await.expect(200);
        assert_eq!((changed.etag().as_str(), &changed.body["name"]), ("\"2\"", &json!("Åkerö kursgård")));
        assert_eq!(changed.body["codes"], made.body["codes"]);

        server.patch(&path, "\"1\"", &json!({ "name": "Någon annans namn" })).token(&token).send().await.expect(412);
        let again = server.patch(&path, "\"1\"", &json!({ "name": "Åkerö kursgård" })).token(&token).send().await.expect(200);
        assert_eq!(again.etag(), "\"2\"");

        server.get(&path).token(&token).header("if-none-match", "\"2\"").send().await.expect(304);
        server.delete(&path, "\"2\"").token(&token).send().await.expect(204);
        server.get(&path).token(&token).send().await.expect(404);
        server.stop().await;
    }
}

on_both! {
    async fn units_are_listed_in_swedish_order_page_by_page(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        for name in ["Örby", "Zätagården", "Ängby", "Ålsta", "Andersberg"] {
            let unit = json!({ "name": name, "controllerId": school.controller.to_string(), "schoolTypes": ["FHS"], "valid": { "from": "2001-07-01" } });
            server.post("/v1/school-units", &unit).token(&token).send().await.expect(201);
        }
        let mut names = Vec::new();
        let mut path = "/v1/school-units?limit=2".to_owned();
        loop {
            let (page, statements) = server.statements(server.get(&path).token(&token).send()).await;
            let page = page.expect(200);
            assert_eq!(statements, 2, "the scope and the page");
            names.extend(page.body["data"].as_array().unwrap().iter().map(|unit| unit["name"].as_str().unwrap().to_owned()));
            match page.body["pageToken"].as_str() {
                Some(next) => path = format!("/v1/school-units?limit=2&pageToken={next}"),
                None => break,
            }
        }
        assert_eq!(names, ["Andersberg", "Väggarps folkhögskola", "Zätagården", "Ålsta", "Ängby", "Örby"]);
        let found = server.get("/v1/school-units?name=%C3%A5L&sort=-name").token(&token).send().await.expect(200);
        assert_eq!(found.body["data"].as_array().unwrap().len(), 1);
        server.get("/v1/school-units?colour=red").token(&token).send().await.expect(400);
        server.stop().await;
    }
}

on_both! {
    async fn bad_input_is_named_and_changes_nothing(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let unit = json!({
            "name": "Åkerö", "controllerId": school.controller.to_string(), "schoolTypes": ["FHS", "XYZ"],
            "codes": [{ "kind": "school-unit-code", "value": "123", "valid": { "from": "2001-07-01" } }],
            "valid": { "from": "2001-07-01" },
        });
        let refused = server.post("/v1/school-units", &unit).token(&token).send().await.expect(422);
        assert_eq!(refused.headers["content-type"], "application/problem+json");
        assert_eq!(refused.body["code"], "invalid-fields");
        assert_eq!(refused.refused(), ["/schoolTypes/1", "/codes/0/value"]);
        let refused = server.post("/v1/school-units", &json!({ "name": 7 })).token(&token).send().await.expect(400);
        assert_eq!(refused.refused(), ["/name"]);
        let list = server.get("/v1/school-units").token(&token).send().await.expect(200);
        assert_eq!(list.body["data"].as_array().unwrap().len(), 1);
        server.stop().await;
    }
}

on_both! {
    async fn a_repeated_creation_makes_one_unit(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let unit = json!({ "name": "Åkerö", "controllerId": school.controller.to_string(), "schoolTypes": ["FHS"], "valid": { "from": "2001-07-01" } });
        let once = || server.post("/v1/school-units", &unit).token(&token).header("idempotency-key", "nyckel-1").send();
        let answers = futures_util::future::join_all((0..8).map(|_| once())).await;
        let ids: std::collections::BTreeSet<String> =
            answers.into_iter().map(|answer| answer.expect(201).body["id"].to_string()).collect();
        assert_eq!(ids.len(), 1);
        let other = json!({ "name": "Ålsta", "controllerId": school.controller.to_string(), "schoolTypes": ["FHS"], "valid": { "from": "2001-07-01" } });
        server.post("/v1/school-units", &other).token(&token).header("idempotency-key", "nyckel-1").send().await.expect(422);
        server.stop().await;
    }
}

on_both! {
    async fn twenty_writers_at_once_lose_nothing(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let path = format!("/v1/school-units/{}", school.unit);
        let different: Vec<_> = (0..20).map(|number| json!({ "name": format!("Väggarp {number}") })).collect();
        let answers = futures_util::future::join_all(
            different.iter().map(|body| server.patch(&path, "\"1\"", body).token(&token).send()),
        ).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        let mut expected = vec![412; 19];
        expected.insert(0, 200);
        assert_eq!(statuses, expected);

        let same = json!({ "name": "Väggarps nya namn" });
        let answers = futures_util::future::join_all((0..20).map(|_| server.patch(&path, "\"2\"", &same).token(&token).send())).await;
        assert!(answers.iter().all(|answer| answer.status == 200 && answer.etag() == "\"3\""), "{answers:?}");
        server.stop().await;
    }
}

on_both! {
    async fn another_organiser_and_another_role_are_kept_out(server: TestServer) {
        let school = School::enter(&server).await;
        let elsewhere = School::enter(&server).await;
        let stranger = elsewhere.token(&server, Role::Registrar).await;
        let path = format!("/v1/school-units/{}", school.unit);
        server.get(&path).send().await.expect(401);
        server.get(&path).token(&stranger).send().await.expect(404);
        server.patch(&path, "\"1\"", &json!({ "name": "Kapad" })).token(&stranger).send().await.expect(404);
        let teacher = school.token(&server, Role::Teacher).await;
        server.get(&path).token(&teacher).send().await.expect(200);
        server.patch(&path, "\"1\"", &json!({ "name": "Kapad" })).token(&teacher).send().await.expect(403);
        server.stop().await;
    }
}

on_both! {
    async fn units_are_found_by_a_whole_code_now_or_earlier(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let valid = json!({ "from": "2001-07-01" });
        let earlier = json!({ "from": "2001-07-01", "to": "2012-06-30" });
        for (name, codes) in [
            ("Åkerö", json!([
                { "kind": "school-unit-code", "value": "12345678", "valid": earlier },
                { "kind": "school-unit-code", "value": "87654321", "valid": { "from": "2012-07-01" } },
                { "kind": "scb-school-code", "value": "F 17", "valid": valid },
            ])),
            ("Ängby", json!([{ "kind": "local-code", "value": "100%_Ä\\", "valid": valid }])),
        ] {
            let unit = json!({ "name": name, "controllerId": school.controller.to_string(), "schoolTypes": ["FHS"], "codes": codes, "valid": valid });
            server.post("/v1/school-units", &unit).token(&token).send().await.expect(201);
        }
        for (code, expected) in [
            ("12345678", vec!["Åkerö"]), ("87654321", vec!["Åkerö"]), ("f%2017", vec!["Åkerö"]),
            ("1234567", vec![]), ("%25", vec![]), ("_2345678", vec![]), ("100%25_%C3%84%5C", vec!["Ängby"]),
            ("12345678,100%25_%C3%84%5C", vec!["Åkerö", "Ängby"]),
        ] {
            let found = server.get(&format!("/v1/school-units?code={code}")).token(&token).send().await.expect(200);
            let names: Vec<&str> = found.body["data"].as_array().unwrap().iter().map(|unit| unit["name"].as_str().unwrap()).collect();
            assert_eq!(names, expected, "{code}");
        }
        server.stop().await;
    }
}
