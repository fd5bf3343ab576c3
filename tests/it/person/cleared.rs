//! Which relatives know of a protected person, and from which moment.

use serde_json::{Value, json};
use skolhus_domain::access::{Level, Role};
use skolhus_tests::{
    family::{Family, Member, id_of},
    on_both,
    server::{Answer, TestServer},
};

use super::wards::{SEES, asked, set, telling};

async fn officer(server: &TestServer, family: &Family) -> String {
    family.staff(server, Role::ProtectionOfficer).await
}

async fn protect(server: &TestServer, family: &Family, person: &Member, how: &str) {
    let body = json!({ "protection": how, "confirmed": true, "reason": "Beslut från Skatteverket" });
    let path = format!("/v1/persons/{}/protection", person.id);
    server.put(&path, "*", &body).token(&officer(server, family).await).send().await.expect(200);
}

fn clearing(person: &Member, relative: &Member) -> Value {
    json!({ "personId": person.id, "relativeId": relative.id, "reason": "Enligt samtal med polisen" })
}

/// Enters a clearing as one officer and confirms it as another; its address.
async fn clear(server: &TestServer, family: &Family, person: &Member, relative: &Member) -> String {
    let first = officer(server, family).await;
    let made =
        server.post("/v1/clearings", &clearing(person, relative)).token(&first).send().await.expect(201);
    let path = format!("/v1/clearings/{}", id_of(&made));
    let second = officer(server, family).await;
    let confirmed =
        server.post(&format!("{path}/confirmation"), &json!({ "version": 1 })).token(&second).send().await;
    assert_eq!(confirmed.expect(200).body["state"], "confirmed");
    path
}

/// Where a guardian meets the child, of every GET operation asked about everything.
async fn meets(server: &TestServer, family: &Family, member: &Member) -> std::collections::BTreeSet<String> {
    let token = family.guardian(server, member).await;
    let ids =
        [&family.child.id, &family.enrolment, &family.participation, &family.offering].map(Clone::clone);
    let answers = asked(server, &token, &ids).await;
    let secrets = [family.enrolment.as_str(), family.participation.as_str()];
    telling(&answers, |text| family.child.is_in(text) || secrets.iter().any(|id| text.contains(id)))
}

fn accesses(server: &TestServer) -> u32 {
    let sql = "SELECT cast(count(*) AS text) AS value FROM changes WHERE action = 'access'";
    server.raw().text(sql).parse().unwrap()
}

on_both! {
    async fn a_cleared_guardian_sees_what_guardians_see_and_the_other_nothing(server: TestServer) {
        let family = Family::enter(&server).await;
        for guardian in [&family.mother, &family.father] {
            family.relate(&server, &family.custody(guardian, "2011-03-03")).await;
        }
        // A ban from before the protection.
        let registrar = family.staff(&server, Role::Registrar).await;
        let ban = family.ban(&family.father, "2026-08-20");
        server.post("/v1/contact-bans", &ban).token(&registrar).send().await.expect(201);
        protect(&server, &family, &family.child, "marked").await;
        assert_eq!(meets(&server, &family, &family.mother).await, set(&[]));

        let first = officer(&server, &family).await;
        let made = server.post("/v1/clearings", &clearing(&family.child, &family.mother)).token(&first).send().await.expect(201);
        assert_eq!(made.body["state"], "waiting");
        assert_eq!(meets(&server, &family, &family.mother).await, set(&[]), "what waits clears nobody");
        let path = format!("/v1/clearings/{}", id_of(&made));
        let confirm = |token: &str, version: i64| server.post(&format!("{path}/confirmation"), &json!({ "version": version })).token(token).send();
        confirm(&first, 1).await.expect(422);
        // Nor one of the two whom it concerns.
        let herself = family.school.token_of(&server, Role::ProtectionOfficer, None, Some(family.mother.person()), Level::High).await;
        confirm(&herself, 1).await.expect(422);
        let second = officer(&server, &family).await;
        assert_eq!(confirm(&second, 2).await.expect(409).status, 409);
        confirm(&second, 1).await.expect(200);
        confirm(&second, 2).await.expect(409);
        assert_eq!(meets(&server, &family, &family.mother).await, set(SEES));
        assert_eq!(meets(&server, &family, &family.father).await, set(&[]));

        // The record is read with the access in the log, and holds what a guardian is shown.
        let mother = family.guardian(&server, &family.mother).await;
        let before = accesses(&server);
        let person = server.get(&format!("/v1/persons/{}", family.child.id)).token(&mother).send().await.expect(200);
        assert_eq!((&person.body["name"]["familyName"], &person.body["birthDate"]), (&json!("Häggmark"), &json!("2011-03-03")));
        assert!(["contact", "externalIdentifiers", "protection"].iter().all(|field| person.body.get(field).is_none()), "{}", person.text);
        let list = server.get("/v1/persons").token(&mother).send().await.expect(200);
        assert!(list.body["data"].as_array().unwrap().iter().any(|row| row["id"] == family.child.id.as_str()));
        server.get(&format!("/v1/participations/{}/study-certificate", family.participation)).token(&mother).send().await.expect(200);
        assert_eq!(accesses(&server), before + 3);
        let roster = server.get("/v1/participations").token(&mother).send().await.expect(200);
        assert_eq!(roster.body["data"][0]["personName"]["familyName"], "Häggmark", "the own name, not the alias");

        // Whom the law bars is not let in by a clearing.
        clear(&server, &family, &family.child, &family.father).await;
        assert_eq!(meets(&server, &family, &family.father).await, set(SEES), "before the ban begins");
        family.on(&server, "2026-08-20");
        assert_eq!(meets(&server, &family, &family.father).await, set(&[]), "from the first day of the ban");

        // What is taken away is away at once.
        let version = server.post(&format!("/v1/persons/{}/handling-plan/disclosure", family.child.id), &json!({ "reason": "Ny dom om vårdnaden" }));
        let plan = version.token(&officer(&server, &family).await).send().await.expect(200);
        assert_eq!(plan.body["clearings"].as_array().unwrap().len(), 2);
        let third = officer(&server, &family).await;
        server.delete(&path, "\"1\"").token(&third).send().await.expect(412);
        server.delete(&path, "\"2\"").token(&third).send().await.expect(204);
        assert_eq!(meets(&server, &family, &family.mother).await, set(&[]));
        server.delete(&path, "*").token(&third).send().await.expect(404);
        server.stop().await;
    }
}

on_both! {
    async fn a_clearing_gives_no_right_of_its_own_and_ends_with_the_protection(server: TestServer) {
        let family = Family::enter(&server).await;
        let custody = family.relate(&server, &family.custody(&family.mother, "2011-03-03")).await;
        let post = async |body: Value| -> Answer {
            let token = officer(&server, &family).await;
            server.post("/v1/clearings", &body).token(&token).send().await
        };
        // Nobody is protected yet; then nobody but a relative is cleared, and nobody twice.
        assert_eq!(post(clearing(&family.child, &family.mother)).await.expect(422).refused(), ["/personId"]);
        protect(&server, &family, &family.child, "marked").await;
        assert_eq!(post(clearing(&family.child, &family.father)).await.expect(422).refused(), ["/relativeId"]);
        assert_eq!(post(clearing(&family.child, &family.child)).await.expect(422).refused(), ["/relativeId"]);
        clear(&server, &family, &family.child, &family.mother).await;
        assert_eq!(post(clearing(&family.child, &family.mother)).await.expect(422).refused(), ["/relativeId"]);
        assert_eq!(meets(&server, &family, &family.mother).await, set(SEES));
        // The relation ends, and with it what it carried.
        let token = officer(&server, &family).await;
        let relation = custody.replace("/v1/relations", "/v1/protected-relations");
        let over = json!({ "period": { "from": "2011-03-03", "to": "2026-08-16" }, "reason": "Tingsrättens dom" });
        server.patch(&relation, "*", &over).token(&token).send().await.expect(200);
        assert_eq!(meets(&server, &family, &family.mother).await, set(&[]));
        // Protected anew, nobody is cleared by what was.
        protect(&server, &family, &family.child, "none").await;
        let registrar = family.staff(&server, Role::Registrar).await;
        let open = json!({ "period": { "from": "2011-03-03" }, "reason": "Hovrättens dom" });
        server.patch(&custody, "*", &open).token(&registrar).send().await.expect(200);
        family.confirm(&server, &custody).await;
        assert_eq!(meets(&server, &family, &family.mother).await, set(SEES));
        protect(&server, &family, &family.child, "protected-registration").await;
        assert_eq!(meets(&server, &family, &family.mother).await, set(&[]));
        server.stop().await;
    }
}

on_both! {
    async fn a_rejected_clearing_clears_nobody_and_where_one_person_is_enough_it_is_in_force(server: TestServer) {
        let family = Family::enter(&server).await;
        family.relate(&server, &family.custody(&family.mother, "2011-03-03")).await;
        protect(&server, &family, &family.child, "marked").await;
        let first = officer(&server, &family).await;
        let made = server.post("/v1/clearings", &clearing(&family.child, &family.mother)).token(&first).send().await.expect(201);
        let path = format!("/v1/clearings/{}", id_of(&made));
        let rejection = json!({ "version": 1, "note": "Vårdnaden är inte avgjord" });
        let rejected = server.post(&format!("{path}/rejection"), &rejection).token(&first).send().await.expect(200);
        assert_eq!((&rejected.body["state"], &rejected.body["decisionNote"]), (&json!("rejected"), &json!("Vårdnaden är inte avgjord")));
        assert_eq!(meets(&server, &family, &family.mother).await, set(&[]));
        let administrator = family.staff(&server, Role::Administrator).await;
        let setting = json!({ "secondPersonConfirms": false, "reason": "Bara en arbetar i sommar" });
        server.put("/v1/relation-setting", "\"0\"", &setting).token(&administrator).send().await.expect(200);
        // Ten at once clear her once.
        let body = clearing(&family.child, &family.mother);
        let at_once = (0..10).map(|_| server.post("/v1/clearings", &body).token(&first).send());
        let mut statuses: Vec<u16> = futures_util::future::join_all(at_once).await.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 422, 422, 422, 422, 422, 422, 422, 422, 422]);
        assert_eq!(meets(&server, &family, &family.mother).await, set(SEES));
        server.stop().await;
    }
}

on_both! {
    // The guardian is the one who is protected: she sees her child, and nobody is told of her.
    async fn a_protected_guardian_is_told_of_to_nobody_and_sees_her_child(server: TestServer) {
        let family = Family::enter(&server).await;
        for guardian in [&family.mother, &family.father] {
            family.relate(&server, &family.custody(guardian, "2011-03-03")).await;
        }
        protect(&server, &family, &family.mother, "marked").await;
        assert_eq!(meets(&server, &family, &family.mother).await, set(SEES));
        assert_eq!(meets(&server, &family, &family.father).await, set(SEES));
        let ids = [&family.child.id, &family.mother.id, &family.enrolment, &family.participation].map(Clone::clone);
        let callers = [
            ("father", family.guardian(&server, &family.father).await),
            ("child", family.participant(&server, &family.child).await),
            ("registrar", family.staff(&server, Role::Registrar).await),
            ("principal", family.staff(&server, Role::Principal).await),
        ];
        for (who, token) in &callers {
            let answers = asked(&server, token, &ids).await;
            assert_eq!(telling(&answers, |text| family.mother.is_in(text)), set(&[]), "{who}");
        }
        server.stop().await;
    }
}
