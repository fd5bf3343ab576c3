use serde_json::json;
use skolhus_domain::access::{Level, Role};
use skolhus_tests::{on_both, register::School};

on_both! {
    async fn a_site_is_entered_found_changed_and_withdrawn(server: TestServer) {
        let school = School::enter(&server).await;
        let elsewhere = School::enter(&server).await;
        let token = school.token_of(&server, Role::Registrar, Some(school.unit), None, Level::Substantial).await;
        let stranger = elsewhere.token(&server, Role::Registrar).await;
        let site = |name: &str, municipality: &str| json!({
            "schoolUnitId": school.unit.to_string(), "name": name, "municipalityCode": municipality,
            "address": "Storgatan 1\n262 32 Ängelholm", "valid": { "from": "2024-08-01", "to": "2026-12-31" },
        });
        for (name, municipality) in [("Örby", "1283"), ("Ängelholms filial", "1292"), ("Åkerö", "1292")] {
            server.post("/v1/sites", &site(name, municipality)).token(&token).send().await.expect(201);
        }
        server.post("/v1/sites", &site("Kapad", "1292")).token(&stranger).send().await.expect(422);
        let names = |answer: skolhus_tests::server::Answer| -> Vec<String> {
            answer.expect(200).body["data"].as_array().unwrap().iter().map(|site| site["name"].as_str().unwrap().to_owned()).collect()
        };
        for (query, expected) in [
            ("", vec!["Åkerö", "Ängelholms filial", "Örby"]),
            ("?municipalityCode=1292,1480&sort=-name", vec!["Ängelholms filial", "Åkerö"]),
            ("?name=fil%20%C3%A4ng", vec!["Ängelholms filial"]),
            ("?validOn=2027-01-01", vec![]),
            ("?validOn=2026-12-31&limit=1", vec!["Åkerö"]),
        ] {
            let (found, statements) = server.statements(server.get(&format!("/v1/sites{query}")).token(&token).send()).await;
            assert_eq!((names(found), statements), (expected.into_iter().map(str::to_owned).collect::<Vec<_>>(), 2), "{query}");
        }
        let of_unit = server.get(&format!("/v1/sites?schoolUnitId={}", school.unit)).token(&token).send().await;
        assert_eq!(names(of_unit).len(), 3);
        assert!(names(server.get("/v1/sites").token(&stranger).send().await).is_empty());
        server.get("/v1/sites?municipalityCode=129").token(&token).send().await.expect(400);

        let list = server.get("/v1/sites?name=%C3%A5ker").token(&token).send().await.expect(200);
        let path = format!("/v1/sites/{}", list.body["data"][0]["id"].as_str().unwrap());
        let changed = server.patch(&path, "\"1\"", &json!({ "address": null, "valid": { "from": "2024-08-01" } })).token(&token).send().await.expect(200);
        assert_eq!((&changed.body["address"], &changed.body["valid"]["to"], &changed.body["name"]), (&json!(null), &json!(null), &json!("Åkerö")));
        server.patch(&path, "\"1\"", &json!({ "name": "Sent" })).token(&token).send().await.expect(412);
        let refused = server.patch(&path, "\"2\"", &json!({ "municipalityCode": "Åker", "valid": { "from": "1899-01-01" } })).token(&token).send().await.expect(422);
        assert_eq!(refused.refused(), ["/municipalityCode", "/valid/from"]);
        server.get(&path).token(&stranger).send().await.expect(404);
        // The unit's sites stand in the way of its withdrawal.
        let registrar = school.token(&server, Role::Registrar).await;
        let unit = format!("/v1/school-units/{}", school.unit);
        let refused = server.delete(&unit, "\"1\"").token(&registrar).send().await.expect(409);
        assert!(refused.text.contains("sites"), "{}", refused.text);
        server.delete(&path, "\"2\"").token(&token).send().await.expect(204);
        server.get(&path).token(&token).send().await.expect(404);
        server.stop().await;
    }
}

on_both! {
    async fn a_site_is_used_only_while_its_unit_exists(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let unit = json!({ "name": "Åkerö", "controllerId": school.controller.to_string(), "schoolTypes": ["FHS"], "valid": { "from": "2001-07-01", "to": "2020-06-30" } });
        let unit = server.post("/v1/school-units", &unit).token(&token).send().await.expect(201);
        let mut site = json!({ "schoolUnitId": unit.body["id"], "name": "Ön", "municipalityCode": "1292", "valid": { "from": "2020-08-01" } });
        let refused = server.post("/v1/sites", &site).token(&token).send().await.expect(422);
        assert_eq!((refused.refused(), &refused.body["errors"][0]["code"]), (vec!["/valid/from".to_owned()], &json!("outside-period")));
        assert!(refused.text.contains("from 2001-07-01 to 2020-06-30"), "{}", refused.text);
        site["valid"] = json!({ "from": "2019-08-01", "to": "2020-06-30" });
        let made = server.post("/v1/sites", &site).token(&token).send().await.expect(201);
        let path = format!("/v1/sites/{}", made.body["id"].as_str().unwrap());
        let refused = server.patch(&path, "\"1\"", &json!({ "valid": { "from": "2019-08-01", "to": "2021-06-30" } })).token(&token).send().await.expect(422);
        assert_eq!(refused.refused(), ["/valid/to"]);

        // Nor can the unit leave its site or its terms behind.
        let unit_path = format!("/v1/school-units/{}", unit.body["id"].as_str().unwrap());
        let shorter = json!({ "valid": { "from": "2001-07-01", "to": "2020-05-31" } });
        let refused = server.patch(&unit_path, "\"1\"", &shorter).token(&token).send().await.expect(422);
        assert_eq!((refused.refused(), &refused.body["errors"][0]["code"]), (vec!["/valid".to_owned()], &json!("outside-period")));
        assert!(refused.text.contains("Ön (from 2019-08-01 to 2020-06-30)"), "{}", refused.text);
        server.patch(&path, "\"1\"", &json!({ "valid": { "from": "2019-08-01" } })).token(&token).send().await.expect(200);
        let term = json!({ "schoolUnitId": unit.body["id"], "kind": "vt", "name": "VT 2020", "firstDay": "2020-01-13", "lastDay": "2020-06-05" });
        server.post("/v1/terms", &term).token(&token).send().await.expect(201);
        let refused = server.patch(&unit_path, "\"1\"", &shorter).token(&token).send().await.expect(422);
        assert!(refused.text.contains("VT 2020"), "{}", refused.text);
        let longer = json!({ "valid": { "from": "2001-07-01", "to": "2020-06-05" } });
        server.patch(&unit_path, "\"1\"", &longer).token(&token).send().await.expect(200);
        server.stop().await;
    }
}
