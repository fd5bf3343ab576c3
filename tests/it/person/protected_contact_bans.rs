//! Contact bans of protected persons: by those who hold the permission, in the same way as all others.

use serde_json::{Value, json};
use skolhus_domain::access::Role;
use skolhus_tests::{
    family::{Family, Member, id_of},
    on_both,
    server::TestServer,
};

async fn mark(server: &TestServer, officer: &str, person: &Member) {
    let mark = json!({ "protection": "marked", "reason": "Beslut från Skatteverket" });
    server
        .put(&format!("/v1/persons/{}/protection", person.id), "*", &mark)
        .token(officer)
        .send()
        .await
        .expect(200);
}

on_both! {
    async fn an_officer_enters_and_lifts_what_a_registrar_cannot(server: TestServer) {
        let family = Family::enter(&server).await;
        let officer = family.staff(&server, Role::ProtectionOfficer).await;
        let second = family.staff(&server, Role::ProtectionOfficer).await;
        let registrar = family.staff(&server, Role::Registrar).await;
        let ban = family.ban(&family.father, "2026-08-14");
        let bans = "/v1/protected-contact-bans";
        let post = |body: &Value| server.post(bans, body).token(&officer).send();
        // As long as nobody is protected it is the registrar's.
        assert_eq!(post(&ban).await.expect(422).refused(), ["/personId"]);
        mark(&server, &officer, &family.child).await;
        assert_eq!(server.post("/v1/contact-bans", &ban).token(&registrar).send().await.expect(422).refused(), ["/personId"]);
        server.post(bans, &ban).token(&registrar).send().await.expect(403);
        let mut nobody = ban.clone();
        nobody["againstId"] = json!("0199a3f0-7c00-7000-8000-00000000dead");
        assert_eq!(post(&nobody).await.expect(422).refused(), ["/againstId"]);
        nobody["againstId"] = json!(null);
        assert_eq!(post(&nobody).await.expect(422).refused(), ["/againstId"]);
        nobody["described"] = json!("Farbrodern, kallas Kalle, cirka 45 år");
        let described = post(&nobody).await.expect(201);
        assert_eq!((&described.body["againstName"], &described.body["personName"]["familyName"]), (&json!(null), &json!("Häggmark")));

        // A father who is cleared sees the child until the ban is there.
        for (path, body) in [
            ("/v1/protected-relations", family.custody(&family.father, "2011-03-03")),
            ("/v1/clearings", json!({ "personId": family.child.id, "relativeId": family.father.id, "reason": "Vårdnadshavare, samtal hållet" })),
        ] {
            let made = server.post(path, &body).token(&officer).send().await.expect(201);
            server.post(&format!("{path}/{}/confirmation", id_of(&made)), &json!({ "version": 1 })).token(&second).send().await.expect(200);
        }
        let father = family.guardian(&server, &family.father).await;
        let wards = async || server.get("/v1/me/wards").token(&father).send().await.expect(200).body["data"].as_array().unwrap().len();
        assert_eq!(wards().await, 1);
        let made = post(&ban).await.expect(201);
        assert_eq!((&made.body["state"], made.etag()), (&json!("in-force"), "\"1\"".to_owned()));
        assert_eq!(wards().await, 0);
        let path = format!("{bans}/{}", id_of(&made));
        // The ordinary way does not lead to it.
        server.get(&format!("/v1/contact-bans/{}", id_of(&made))).token(&registrar).send().await.expect(404);
        let list = server.get("/v1/contact-bans").token(&registrar).send().await.expect(200);
        assert_eq!(list.body["data"], json!([]));

        // Days fewer wait, and so does the lifting; both hold until another has confirmed it.
        let fewer = json!({ "period": { "from": "2026-08-14", "to": "2026-08-15" }, "reason": "Kortare enligt beslutet" });
        let patch = |etag: &'static str| server.patch(&path, etag, &fewer).token(&officer).send();
        patch("\"7\"").await.expect(412);
        let waits = patch("\"1\"").await.expect(200);
        assert_eq!((&waits.body["state"], &waits.body["proposedPeriod"]["to"]), (&json!("change-waiting"), &json!("2026-08-15")));
        let rejection = json!({ "version": 2, "note": "Beslutet är överklagat" });
        let kept = server.post(&format!("{path}/rejection"), &rejection).token(&second).send().await.expect(200);
        assert_eq!(kept.body["lifted"], false);
        let lifting = json!({ "version": 3, "reason": "Åklagaren har hävt kontaktförbudet" });
        server.post(&format!("{path}/lifting"), &json!({ "version": 1, "reason": "Åklagaren har hävt det" })).token(&officer).send().await.expect(409);
        let asked = server.post(&format!("{path}/lifting"), &lifting).token(&officer).send().await.expect(200);
        assert_eq!((&asked.body["lifted"], wards().await), (&json!(false), 0));
        let confirm = |token: &str| server.post(&format!("{path}/confirmation"), &json!({ "version": 4 })).token(token).send();
        confirm(&officer).await.expect(422);
        assert_eq!(confirm(&second).await.expect(200).body["lifted"], true);
        assert_eq!(wards().await, 1);
        confirm(&second).await.expect(404);
        server.stop().await;
    }
}

on_both! {
    async fn each_opening_of_a_ban_is_in_the_log_and_bans_between_others_are_not_there(server: TestServer) {
        let family = Family::enter(&server).await;
        let registrar = family.staff(&server, Role::Registrar).await;
        let officer = family.staff(&server, Role::ProtectionOfficer).await;
        let theirs = json!({ "personId": family.neighbours_child.id, "againstId": family.neighbour.id, "kind": "barred-relative", "period": { "from": "2026-08-14" }, "reason": "Socialnämndens beslut" });
        let ordinary = server.post("/v1/contact-bans", &theirs).token(&registrar).send().await.expect(201);
        let before_marking = server.post("/v1/contact-bans", &family.ban(&family.father, "2026-08-14")).token(&registrar).send().await.expect(201);
        let bans = "/v1/protected-contact-bans";
        let reason = json!({ "reason": "Frågor från förskolan om hämtning" });
        for (path, body) in [("disclosure", reason.clone()), ("lifting", json!({ "version": 1, "reason": "Åklagaren har hävt det" }))] {
            server.post(&format!("{bans}/{}/{path}", id_of(&ordinary)), &body).token(&officer).send().await.expect(404);
        }
        // It is the one against whom it is who is protected; a ban of before the marking is found.
        mark(&server, &officer, &family.father).await;
        let accesses = || -> u32 {
            server.raw().text("SELECT cast(count(*) AS text) AS value FROM changes WHERE action = 'access'").parse().unwrap()
        };
        let before = accesses();
        let opened = server.post(&format!("{bans}/{}/disclosure", id_of(&before_marking)), &reason).token(&officer).send().await.expect(200);
        assert_eq!((&opened.body["againstName"]["familyName"], accesses()), (&json!("Håkansbo"), before + 2));
        let search = async |query: &str, body: &Value| {
            let found = server.post(&format!("{bans}/search{query}"), body).token(&officer).send().await.expect(200);
            found.body["data"].as_array().unwrap().iter().map(|ban| ban["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(search("", &reason).await, [id_of(&before_marking)]);
        assert_eq!(accesses(), before + 4);
        assert_eq!(search("?state=change-waiting", &reason).await, [] as [&str; 0]);
        assert_eq!(search("?kind=contact-ban&sort=periodFrom", &json!({ "againstId": family.father.id, "reason": "Frågor om hämtning" })).await.len(), 1);
        assert_eq!(search("", &json!({ "personId": family.mother.id, "reason": "Frågor om hämtning" })).await, [] as [&str; 0]);
        for token in [&registrar, &family.guardian(&server, &family.mother).await] {
            server.post(&format!("{bans}/search"), &reason).token(token).send().await.expect(403);
        }
        server.stop().await;
    }
}
