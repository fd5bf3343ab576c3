use serde_json::json;
use skolhus_domain::access::{Level, Role};
use skolhus_tests::{on_both, register::School};

on_both! {
    async fn an_organiser_is_read_and_changed_by_its_own(server: TestServer) {
        let school = School::enter(&server).await;
        let elsewhere = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let local = school.token_of(&server, Role::Registrar, Some(school.unit), None, Level::Substantial).await;
        let stranger = elsewhere.token(&server, Role::Registrar).await;
        let list = server.get("/v1/organisers").token(&local).send().await.expect(200);
        assert_eq!((list.body["data"].as_array().unwrap().len(), &list.body["data"][0]["id"]), (1, &json!(school.organiser.to_string())));

        let path = format!("/v1/organisers/{}", school.organiser);
        let changed = server.patch(&path, "\"1\"", &json!({ "organisationNumber": "8024000005" })).token(&token).send().await.expect(200);
        assert_eq!((&changed.body["organisationNumber"], &changed.body["name"]), (&json!("802400-0005"), &json!("Väggarps folkhögskoleförening")));
        let refused = server.patch(&path, "\"2\"", &json!({ "name": " ", "organisationNumber": "802400-0008" })).token(&token).send().await.expect(422);
        assert_eq!(refused.refused(), ["/name", "/organisationNumber"]);
        server.patch(&path, "\"2\"", &json!({ "organisationNumber": null })).token(&token).send().await.expect(200);
        server.patch(&path, "\"1\"", &json!({ "name": "Sent" })).token(&token).send().await.expect(412);
        server.patch(&path, "\"3\"", &json!({ "name": "Kapad" })).token(&local).send().await.expect(403);
        server.patch(&path, "\"3\"", &json!({ "name": "Kapad" })).token(&stranger).send().await.expect(404);
        server.get(&path).token(&stranger).send().await.expect(404);
        server.get(&path).token(&local).header("if-none-match", "\"3\"").send().await.expect(304);
        server.stop().await;
    }
}
