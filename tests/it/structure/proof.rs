use serde_json::json;
use skolhus_domain::access::Role;
use skolhus_tests::{on_both, proof::ChangeProof, raw::Raw, register::School};

on_both! {
    async fn each_changed_row_has_its_change(server: TestServer) {
        let proof = ChangeProof::watch(&server);
        let school = School::enter(&server).await;
        let (registrar, administrator) =
            (school.token(&server, Role::Registrar).await, school.token(&server, Role::Administrator).await);
        let unit = json!({ "name": "Åkerö filial", "controllerId": school.controller.to_string(), "schoolTypes": ["FHS"], "valid": { "from": "2001-07-01" } });
        let made = server.post("/v1/school-units", &unit).token(&registrar).send().await.expect(201);
        let path = format!("/v1/school-units/{}", made.body["id"].as_str().unwrap());
        server.patch(&path, "\"1\"", &json!({ "name": "Åkerö kursgård" })).token(&registrar).send().await.expect(200);
        server.patch(&path, "\"1\"", &json!({ "name": "Ingens" })).token(&registrar).send().await.expect(412);
        server.delete(&path, "\"2\"").token(&registrar).send().await.expect(204);
        let hook = json!({ "url": "https://receiver.example/" });
        server.post("/v1/webhook-subscriptions", &hook).token(&administrator).send().await.expect(201);
        let seen = proof.check();
        assert!(seen >= 10, "{seen}");
        server.stop().await;
    }
}

on_both! {
    async fn a_change_past_the_log_is_caught(server: TestServer) {
        let proof = ChangeProof::watch(&server);
        let school = School::enter(&server).await;
        proof.check();
        let mut raw = Raw::open(server.state.database.address());
        raw.execute("UPDATE school_units SET name = 'Smygvägen', version = version + 1");
        let missing = proof.missing();
        assert_eq!(missing.len(), 1, "{missing:?}");
        assert!(missing[0].starts_with("school_units") && missing[0].ends_with("version 2"), "{missing:?} {}", school.unit);
        drop(raw);
        server.stop().await;
    }
}
