use serde_json::json;
use skolhus_domain::person::ProtectionReport;
use skolhus_tests::on_both;

use super::register::Autumn;

on_both! {
    async fn a_batch_is_saved_whole_or_not_at_all(server: TestServer) {
        let autumn = Autumn::enter(&server, Some(50)).await;
        let names: Vec<String> = (0..40).map(|number| format!("Öhman{number}")).collect();
        let names: Vec<(&str, &str)> = names.iter().map(|name| ("Åke", name.as_str())).collect();
        let persons = autumn.persons(&server, &names, ProtectionReport::Unmarked).await;
        let item = |person: &str| json!({ "action": "creation", "personId": person, "offeringId": autumn.offering.to_string() });
        let mut items: Vec<_> = persons.iter().map(|person| item(&person.to_string())).collect();
        items[3] = item("0199a3f0-7c00-7000-8000-00000000ffff");
        let batch = json!({ "items": items });
        let refused = server.post("/v1/participation-batches", &batch).token(&autumn.registrar).send().await.expect(422);
        assert_eq!(refused.refused(), ["/items/3/personId"]);
        let list = server.get("/v1/participations").token(&autumn.registrar).send().await.expect(200);
        assert!(list.body["data"].as_array().unwrap().is_empty());

        let one = json!({ "items": [item(&persons[0].to_string())] });
        let (made, few) = server.statements(server.post("/v1/participation-batches", &one).token(&autumn.registrar).send()).await;
        made.expect(200);
        let rest: Vec<_> = persons.iter().skip(1).map(|person| item(&person.to_string())).collect();
        let (made, many) = server.statements(server.post("/v1/participation-batches", &json!({ "items": rest })).token(&autumn.registrar).send()).await;
        let made = made.expect(200);
        assert_eq!(made.body["data"].as_array().unwrap().len(), 39);
        assert_eq!(few, many);
        assert!(many <= 12, "{many}");
        let starts: Vec<_> = made.body["data"].as_array().unwrap().iter()
            .map(|made| json!({ "action": "start", "participationId": made["id"], "version": 1 })).collect();
        let (started, many) = server.statements(server.post("/v1/participation-batches", &json!({ "items": starts })).token(&autumn.registrar).send()).await;
        assert!(started.expect(200).body["data"].as_array().unwrap().iter().all(|made| made["state"]["code"] == "active"));
        assert!(many <= 12, "{many}");
        server.stop().await;
    }
}
