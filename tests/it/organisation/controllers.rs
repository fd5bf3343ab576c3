use serde_json::json;
use skolhus_domain::access::{Level, Role};
use skolhus_tests::{on_both, register::School};

on_both! {
    async fn a_controller_is_entered_found_changed_and_withdrawn(server: TestServer) {
        let school = School::enter(&server).await;
        let elsewhere = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let stranger = elsewhere.token(&server, Role::Registrar).await;
        let local = school.token_of(&server, Role::Registrar, Some(school.unit), None, Level::Substantial).await;
        let committee = json!({ "name": "Barn- och ungdomsnämnden", "kind": "public" });
        server.post("/v1/controllers", &committee).token(&local).send().await.expect(403);

        // The same name at once: one is entered, the others are told why not.
        let answers = futures_util::future::join_all((0..6).map(|_| server.post("/v1/controllers", &committee).token(&token).send())).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 422, 422, 422, 422, 422]);
        assert_eq!(answers.iter().find(|answer| answer.status == 422).unwrap().refused(), ["/name"]);
        let made = answers.into_iter().find(|answer| answer.status == 201).unwrap();
        let path = format!("/v1/controllers/{}", made.body["id"].as_str().unwrap());

        let (list, statements) = server.statements(server.get("/v1/controllers").token(&local).send()).await;
        let list = list.expect(200);
        assert_eq!(statements, 2);
        let names: Vec<&str> = list.body["data"].as_array().unwrap().iter().map(|controller| controller["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["Barn- och ungdomsnämnden", "Väggarps folkhögskoleförening"]);
        let found = server.get("/v1/controllers?kind=private&name=v%C3%A4gg").token(&token).send().await.expect(200);
        assert_eq!(found.body["data"].as_array().unwrap().len(), 1);

        let refused = server.patch(&path, "\"1\"", &json!({ "name": "Väggarps folkhögskoleförening" })).token(&token).send().await.expect(422);
        assert_eq!(refused.refused(), ["/name"]);
        server.patch(&path, "\"1\"", &json!({ "name": "Nämnden", "kind": "private" })).token(&token).send().await.expect(200);
        server.patch(&path, "\"1\"", &json!({ "name": "Sent" })).token(&token).send().await.expect(412);
        server.patch(&path, "\"2\"", &json!({ "name": "Kapad" })).token(&local).send().await.expect(403);
        server.patch(&path, "\"2\"", &json!({ "name": "Kapad" })).token(&stranger).send().await.expect(404);
        server.get(&path).token(&stranger).send().await.expect(404);
        server.patch(&path, "\"2\"", &json!({ "kind": "kommunal" })).token(&token).send().await.expect(400);

        // Six with one id at once: one is entered, and none of the others is a fault on our side.
        let with_id: Vec<_> = (0..6).map(|number| json!({
            "id": "0199a3f0-7c00-7000-8000-00000000abcd", "name": format!("Stiftelsen {number}"), "kind": "private",
        })).collect();
        let answers = futures_util::future::join_all(with_id.iter().map(|body| server.post("/v1/controllers", body).token(&token).send())).await;
        let (entered, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
        assert_eq!((entered.len(), refused.len()), (1, 5));
        assert!(refused.iter().all(|answer| answer.status == 422 && answer.refused() == ["/id"]), "{refused:?}");

        let used = format!("/v1/controllers/{}", school.controller);
        server.delete(&used, "\"1\"").token(&token).send().await.expect(409);
        server.delete(&path, "\"2\"").token(&token).send().await.expect(204);
        server.get(&path).token(&token).send().await.expect(404);
        server.post("/v1/controllers", &committee).token(&token).send().await.expect(201);
        server.stop().await;
    }
}
