use serde_json::{Value, json};
use skolhus_domain::person::ProtectionReport;
use skolhus_tests::{
    on_both,
    server::{Answer, TestServer},
};

use super::register::{Autumn, path, person, protect};

async fn save(
    server: &TestServer,
    autumn: &Autumn,
    offering: &Value,
    etag: &str,
    teachers: &Value,
) -> Answer {
    let url = format!("{}/teachers", path(offering));
    let put = server.request(reqwest::Method::PUT, &url).header("if-match", etag);
    put.json(&json!({ "teachers": teachers })).token(&autumn.registrar).send().await
}

on_both! {
    async fn the_whole_set_is_saved_and_moves_the_version(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let offering = autumn.offering(&server, "Svenska").await;
        let ake = person(&server, &autumn.school, "Åke", "Öman", ProtectionReport::Unmarked).await;
        let asa = person(&server, &autumn.school, "Åsa", "Ek", ProtectionReport::Unmarked).await;
        let (ake, asa) = (autumn.duty(&server, ake).await, autumn.duty(&server, asa).await);
        let one = json!([{ "dutyId": ake, "role": "responsible", "period": { "from": "2026-08-17" } }]);
        let both = json!([
            { "dutyId": ake, "role": "responsible", "period": { "from": "2026-08-17", "to": "2026-10-31" } },
            { "dutyId": asa, "role": "substitute", "period": { "from": "2026-11-01" } },
        ]);
        let saved = save(&server, &autumn, &offering, "\"1\"", &one).await.expect(200);
        assert_eq!(saved.etag(), "\"2\"");
        assert_eq!(saved.body["teachers"][0]["period"]["to"], "2026-12-18");
        save(&server, &autumn, &offering, "\"1\"", &both).await.expect(412);
        save(&server, &autumn, &offering, "\"1\"", &one).await.expect(200);
        let saved = save(&server, &autumn, &offering, "\"2\"", &both).await.expect(200);
        assert_eq!((saved.etag().as_str(), &saved.body["teachers"][1]["name"]), ("\"3\"", &json!("Åsa Ek")));
        let saved = save(&server, &autumn, &offering, "\"3\"", &json!([])).await.expect(200);
        assert_eq!(saved.body["teachers"], json!([]));
        save(&server, &autumn, &offering, "\"4\"", &one).await.expect(200);

        let wrong = json!([
            { "dutyId": ake, "role": "responsible", "period": { "from": "2026-08-01" } },
            { "dutyId": asa, "role": "lärare", "period": { "from": "2026-08-17" } },
            { "dutyId": uuid::Uuid::from_u128(7), "role": "teacher", "period": { "from": "2026-08-17" } },
        ]);
        let refused = save(&server, &autumn, &offering, "\"5\"", &wrong).await.expect(422);
        assert_eq!(refused.refused(), ["/teachers/0/period", "/teachers/1/role", "/teachers/2/dutyId"]);
        assert!(refused.text.contains("from 2026-08-17 to 2026-12-18"), "{}", refused.text);

        let shorter = json!({ "period": { "from": "2026-08-01", "to": "2026-10-31" } });
        let refused = server.patch(&format!("/v1/duties/{ake}"), "\"1\"", &shorter).token(&autumn.registrar).send().await.expect(422);
        assert_eq!(refused.refused(), ["/period"]);
        server.delete(&format!("/v1/duties/{ake}"), "\"1\"").token(&autumn.registrar).send().await.expect(409);
        server.stop().await;
    }
}

on_both! {
    async fn twenty_identical_sets_are_one_change(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let offering = autumn.offering(&server, "Svenska").await;
        let ake = person(&server, &autumn.school, "Åke", "Öman", ProtectionReport::Unmarked).await;
        let ake = autumn.duty(&server, ake).await;
        let one = json!([{ "dutyId": ake, "role": "teacher", "period": { "from": "2026-08-17" } }]);
        let answers = futures_util::future::join_all(
            (0..20).map(|_| save(&server, &autumn, &offering, "\"1\"", &one)),
        ).await;
        assert!(answers.iter().all(|answer| answer.status == 200 && answer.etag() == "\"2\""), "{answers:?}");
        server.stop().await;
    }
}

on_both! {
    async fn a_protected_teacher_stands_under_an_alias_and_stays(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let offering = autumn.offering(&server, "Svenska").await;
        let hidden = person(&server, &autumn.school, "Östen", "Hemlig", ProtectionReport::Unmarked).await;
        let duty = autumn.duty(&server, hidden).await;
        let set = json!([{ "dutyId": duty, "role": "teacher", "period": { "from": "2026-08-17" } }]);
        save(&server, &autumn, &offering, "\"1\"", &set).await.expect(200);
        protect(&server, &autumn.school, hidden).await;

        let shown = server.get(&path(&offering)).token(&autumn.registrar).send().await.expect(200);
        let alias = shown.body["teachers"][0]["name"].as_str().unwrap();
        assert!(alias.split(' ').nth(1).is_some_and(|number| number.parse::<u16>().is_ok()), "{alias}");
        assert_eq!(shown.body["teachers"][0]["personId"], json!(null));
        assert_eq!(shown.body["teachers"][0]["dutyId"], json!(duty));
        for text in [
            shown.text,
            server.get("/v1/course-offerings").token(&autumn.registrar).send().await.expect(200).text,
            server.get("/v1/duties").token(&autumn.registrar).send().await.expect(200).text,
        ] {
            assert!(!text.contains("Hemlig") && !text.contains(&hidden.to_string()), "{text}");
        }
        let found = server.get(&format!("/v1/course-offerings?teacherId={hidden}")).token(&autumn.registrar).send().await.expect(200);
        assert_eq!(found.body["data"], json!([]));
        server.get(&format!("/v1/duties/{duty}")).token(&autumn.registrar).send().await.expect(404);

        // The set can be saved again with the duty left where it stands.
        let asa = person(&server, &autumn.school, "Åsa", "Ek", ProtectionReport::Unmarked).await;
        let asa = autumn.duty(&server, asa).await;
        let both = json!([set[0], { "dutyId": asa, "role": "assistant", "period": { "from": "2026-08-17" } }]);
        save(&server, &autumn, &offering, "\"2\"", &both).await.expect(200);
        let elsewhere = autumn.offering(&server, "Engelska").await;
        save(&server, &autumn, &elsewhere, "\"1\"", &set).await.expect(422);
        server.stop().await;
    }
}
