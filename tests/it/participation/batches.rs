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

on_both! {
    // Bulk work: a selection is previewed, what it would come to is sent as it is, and done.
    async fn a_selection_becomes_items_that_can_be_sent(server: TestServer) {
        let autumn = Autumn::enter(&server, Some(50)).await;
        let names: Vec<String> = (0..12).map(|number| format!("Öhman{number:02}")).collect();
        let names: Vec<(&str, &str)> = names.iter().map(|name| ("Åke", name.as_str())).collect();
        let persons = autumn.persons(&server, &names, ProtectionReport::Unmarked).await;
        let hidden = autumn.persons(&server, &[("Östen", "Hemlig")], ProtectionReport::Marked).await[0];
        let post = |path: &str, body: serde_json::Value| server.post(path, &body).token(&autumn.registrar).send();
        let ids: Vec<String> = persons.iter().map(ToString::to_string).collect();
        let entering = json!({
            "selection": { "personIds": ids, "limit": 20 },
            "change": { "action": "creation", "offeringId": autumn.offering.to_string(), "pacePercent": 75 },
        });
        let preview = post("/v1/participation-batches/preview", entering).await.expect(200);
        assert_eq!((&preview.body["possible"], preview.body["items"].as_array().unwrap().len()), (&json!(true), 12));
        let list = server.get("/v1/participations").token(&autumn.registrar).send().await.expect(200);
        assert_eq!(list.body["data"], json!([]), "a preview changes nothing");
        post("/v1/participation-batches", json!({ "items": preview.body["items"] })).await.expect(200);

        let mut with_hidden = ids.clone();
        with_hidden.push(hidden.to_string());
        let entering = json!({
            "selection": { "personIds": [hidden.to_string()], "limit": 20 },
            "change": { "action": "creation", "offeringId": autumn.offering.to_string() },
        });
        let preview = post("/v1/participation-batches/preview", entering).await.expect(200);
        assert_eq!(preview.body["refusals"][0]["pointer"], "/items/0/personId", "as somebody who is not there");

        let select = |change: serde_json::Value, limit: u32| json!({
            "selection": { "offeringIds": [autumn.offering.to_string()], "states": ["planned", "active"], "limit": limit }, "change": change,
        });
        assert_eq!(post("/v1/participation-batches/preview", select(json!({ "action": "start" }), 11)).await.expect(422).refused(), ["/selection/limit"]);
        let (preview, statements) = server.statements(post("/v1/participation-batches/preview", select(json!({ "action": "start" }), 50))).await;
        let preview = preview.expect(200);
        assert_eq!((&preview.body["possible"], &preview.body["items"][0]["version"]), (&json!(true), &json!(1)));
        assert!(statements <= 12, "{statements}");
        post("/v1/participation-batches", json!({ "items": preview.body["items"] })).await.expect(200);

        // The pace of all from a day; some cannot, and each is named.
        let paced = post("/v1/participation-batches/preview", select(json!({ "action": "pace", "from": "2026-10-05", "pacePercent": 50 }), 50)).await.expect(200);
        let done = post("/v1/participation-batches", json!({ "items": paced.body["items"] })).await.expect(200);
        assert!(done.body["data"].as_array().unwrap().iter().all(|one| one["pace"].as_array().unwrap().len() == 2));
        let mut stale = paced.body["items"].clone();
        stale[3]["pacePercent"] = json!(30);
        let refused = post("/v1/participation-batches/preview", json!({ "items": stale })).await.expect(200);
        assert_eq!((&refused.body["possible"], &refused.body["refusals"][0]["pointer"]), (&json!(false), &json!("/items/3/version")));
        assert_eq!(refused.body["refusals"].as_array().unwrap().len(), 1, "what is so already needs no version");
        let outside = post("/v1/participation-batches/preview", select(json!({ "action": "completion", "on": "2029-01-01" }), 50)).await.expect(200);
        assert_eq!(outside.body["refusals"].as_array().unwrap().len(), 12);
        assert_eq!(outside.body["refusals"][11]["pointer"], "/items/11/on");
        for nonsense in [json!({}), json!({ "items": stale, "change": { "action": "start" } })] {
            assert_eq!(post("/v1/participation-batches/preview", nonsense).await.expect(422).refused(), ["/items"]);
        }
        server.stop().await;
    }
}

on_both! {
    async fn many_go_over_to_another_offering_at_once(server: TestServer) {
        let autumn = Autumn::enter(&server, None).await;
        let names = [("Åke", "Öhman"), ("Åsa", "Öberg"), ("Örjan", "Ångström")];
        let persons = autumn.persons(&server, &names, ProtectionReport::Unmarked).await;
        let post = |path: &str, body: serde_json::Value| server.post(path, &body).token(&autumn.registrar).send();
        let read = server.get(&format!("/v1/course-offerings/{}", autumn.offering)).token(&autumn.registrar).send().await.expect(200).body;
        let mut other = json!({ "title": "Skrivarlinjen", "capacity": 2 });
        for field in ["courseId", "schoolUnitId", "termIds", "firstDay", "lastDay", "form", "pacePercent"] {
            other[field] = read[field].clone();
        }
        if other["termIds"] == json!([]) {
            let term = json!({ "kind": "ht", "firstDay": read["firstDay"], "lastDay": read["lastDay"], "name": "Hösten" });
            let term = server.post("/v1/terms", &term).token(&autumn.registrar).send().await.expect(201);
            other["termIds"] = json!([term.body["id"]]);
        }
        let other = post("/v1/course-offerings", other).await.expect(201).body["id"].as_str().unwrap().to_owned();
        let creations: Vec<_> = persons.iter()
            .map(|person| json!({ "action": "creation", "personId": person.to_string(), "offeringId": autumn.offering.to_string(), "pacePercent": 40 })).collect();
        let made = post("/v1/participation-batches", json!({ "items": creations })).await.expect(200).body["data"].clone();
        let item = |place: usize, version: i64, on: &str| json!({
            "action": "move", "participationId": made[place]["id"], "version": version, "offeringId": other, "on": on, "reason": "Byter kurs",
        });
        let first = made[0]["period"]["from"].as_str().unwrap();
        // Three into two places: the third is named, and nothing is done.
        let all: Vec<_> = (0..3).map(|place| item(place, 1, "2026-10-05")).collect();
        let refused = post("/v1/participation-batches", json!({ "items": all })).await.expect(409);
        assert_eq!(refused.refused(), ["/items/2/offeringId"]);
        let start = json!({ "items": [{ "action": "start", "participationId": made[0]["id"], "version": 1, "on": first }] });
        post("/v1/participation-batches", start).await.expect(200);
        let moved = json!({ "items": [item(0, 2, "2026-10-05"), item(1, 1, first)] });
        let done = post("/v1/participation-batches", moved).await.expect(200).body["data"].clone();
        assert_eq!((&done[0]["offeringId"], &done[0]["period"]["from"], &done[0]["pace"][0]["pacePercent"]), (&json!(other), &json!("2026-10-05"), &json!(40)));
        let read = async |place: usize| server.get(&format!("/v1/participations/{}", made[place]["id"].as_str().unwrap())).token(&autumn.registrar).send().await.expect(200).body;
        let left = read(0).await;
        assert_eq!((&left["state"]["code"], &left["state"]["on"]), (&json!("interrupted"), &json!("2026-10-04")));
        // One that had not begun was cancelled.
        assert_eq!(read(1).await["state"]["code"], "cancelled");
        assert_eq!(read(2).await["state"]["code"], "planned");
        server.stop().await;
    }
}
