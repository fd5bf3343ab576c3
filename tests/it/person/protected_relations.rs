//! Relations of protected persons: by those who hold the permission, in the same way as all others.

use serde_json::json;
use skolhus_domain::access::Role;
use skolhus_tests::{
    family::{Family, id_of},
    on_both,
};

on_both! {
    async fn an_officer_enters_what_a_registrar_cannot_and_another_confirms_it(server: TestServer) {
        let family = Family::enter(&server).await;
        let officer = family.staff(&server, Role::ProtectionOfficer).await;
        let custody = family.custody(&family.mother, "2011-03-03");
        let post = |body: &serde_json::Value| server.post("/v1/protected-relations", body).token(&officer).send();
        // As long as nobody is protected it is the registrar's.
        assert_eq!(post(&custody).await.expect(422).refused(), ["/personId"]);
        let mark = json!({ "protection": "marked", "reason": "Beslut från Skatteverket" });
        server.put(&format!("/v1/persons/{}/protection", family.child.id), "*", &mark).token(&officer).send().await.expect(200);
        let registrar = family.staff(&server, Role::Registrar).await;
        assert_eq!(server.post("/v1/relations", &custody).token(&registrar).send().await.expect(422).refused(), ["/personId"]);
        server.post("/v1/protected-relations", &custody).token(&registrar).send().await.expect(403);

        let mut nobody = custody.clone();
        nobody["relativeId"] = json!("0199a3f0-7c00-7000-8000-00000000dead");
        assert_eq!(post(&nobody).await.expect(422).refused(), ["/relativeId"]);
        let made = post(&custody).await.expect(201);
        assert_eq!((&made.body["state"], &made.body["rightsToday"], &made.body["personName"]["familyName"]), (&json!("waiting"), &json!([]), &json!("Häggmark")));
        assert_eq!(post(&custody).await.expect(422).refused(), ["/period"], "the same days twice");
        let path = format!("/v1/protected-relations/{}", id_of(&made));
        let confirm = |token: &str| server.post(&format!("{path}/confirmation"), &json!({ "version": 1 })).token(token).send();
        confirm(&officer).await.expect(422);
        let second = family.staff(&server, Role::ProtectionOfficer).await;
        let confirmed = confirm(&second).await.expect(200);
        assert_eq!((&confirmed.body["state"], &confirmed.body["rightsToday"]), (&json!("confirmed"), &json!([])), "she is not cleared");
        // The ordinary way does not lead to it.
        for token in [&registrar, &officer] {
            let there = server.get(&format!("/v1/relations/{}", id_of(&made))).token(token).send().await;
            assert!(matches!(there.status.as_u16(), 403 | 404), "{}", there.text);
        }
        let search = |person: &str| server.post("/v1/protected-relations/search", &json!({ "personId": person, "reason": "Ny dom om vårdnaden" })).token(&officer).send();
        let found = search(&family.child.id).await.expect(200);
        assert_eq!((found.body["data"].as_array().unwrap().len(), &found.body["data"][0]["relativeId"]), (1, &json!(family.mother.id)));
        assert_eq!(search("0199a3f0-7c00-7000-8000-00000000dead").await.expect(200).body["data"], json!([]));

        // What it loses it loses at once, what it gains waits.
        let patch = |etag: &'static str, rights: serde_json::Value| {
            let body = json!({ "rights": rights, "reason": "Ensam vårdnad enligt domen" });
            server.patch(&path, etag, &body).token(&officer).send()
        };
        let less = patch("\"2\"", json!(["see"])).await.expect(200);
        assert_eq!((&less.body["rights"], &less.body["state"]), (&json!(["see"]), &json!("confirmed")));
        patch("\"2\"", json!(["see", "collect"])).await.expect(412);
        let more = patch("\"3\"", json!(["see", "collect"])).await.expect(200);
        assert_eq!((&more.body["rights"], &more.body["state"]), (&json!(["see"]), &json!("change-waiting")));
        let rejection = json!({ "version": 4, "note": "Domen har inte vunnit laga kraft" });
        let rejected = server.post(&format!("{path}/rejection"), &rejection).token(&second).send().await.expect(200);
        assert_eq!((&rejected.body["rights"], &rejected.body["state"]), (&json!(["see"]), &json!("confirmed")));
        server.delete(&path, "\"5\"").token(&officer).send().await.expect(204);
        server.delete(&path, "*").token(&officer).send().await.expect(404);
        server.stop().await;
    }
}

on_both! {
    async fn each_opening_is_in_the_log_and_a_relation_between_others_is_not_there(server: TestServer) {
        let family = Family::enter(&server).await;
        let ordinary = family.relate(&server, &family.custody(&family.father, "2011-03-03")).await;
        let officer = family.staff(&server, Role::ProtectionOfficer).await;
        let ordinary = ordinary.replace("/v1/relations", "/v1/protected-relations");
        let patch = json!({ "rights": ["see"], "reason": "Ensam vårdnad enligt domen" });
        server.patch(&ordinary, "*", &patch).token(&officer).send().await.expect(404);
        server.delete(&ordinary, "*").token(&officer).send().await.expect(404);
        // It is the guardian who is protected.
        let mark = json!({ "protection": "marked", "reason": "Beslut från Skatteverket" });
        server.put(&format!("/v1/persons/{}/protection", family.mother.id), "*", &mark).token(&officer).send().await.expect(200);
        let accesses = || -> u32 {
            let sql = "SELECT cast(count(*) AS text) AS value FROM changes WHERE action = 'access'";
            server.raw().text(sql).parse().unwrap()
        };
        let before = accesses();
        let made = server.post("/v1/protected-relations", &family.custody(&family.mother, "2011-03-03")).token(&officer).send().await.expect(201);
        assert_eq!(accesses(), before + 2, "to both");
        let second = family.staff(&server, Role::ProtectionOfficer).await;
        let path = format!("/v1/protected-relations/{}/confirmation", id_of(&made));
        let confirmed = server.post(&path, &json!({ "version": 1 })).token(&second).send().await.expect(200);
        assert_eq!(confirmed.body["rightsToday"], json!(["see", "report-absence", "decide", "receive-notices", "collect"]), "the child is not protected");
        assert_eq!(accesses(), before + 4);
        server.stop().await;
    }
}
