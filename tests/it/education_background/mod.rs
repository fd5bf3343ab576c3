//! Education backgrounds: stated, certified, corrected, and the queue of those that wait.

use serde_json::{Value, json};
use skolhus_domain::access::{Level, Role};
use skolhus_tests::{
    family::{Family, Member},
    on_both,
    server::{Answer, TestServer},
};

const DOCUMENT: &str = "Slutbetyg från Ängelholms gymnasieskola, 2019";

fn of(member: &Member) -> String {
    format!("/v1/persons/{}/education-background", member.id)
}

fn certification(code: &str) -> Value {
    json!({ "code": code, "basis": "document", "evidence": DOCUMENT })
}

async fn put(server: &TestServer, token: &str, path: &str, etag: &str, body: &Value) -> Answer {
    server.put(path, etag, body).token(token).send().await
}

/// A registrar who is a person: the program, and an account without one, certify nothing.
async fn registrar(server: &TestServer, family: &Family, who: &Member) -> String {
    family.school.token_of(server, Role::Registrar, None, Some(who.person()), Level::High).await
}

/// Who waits, by id.
async fn waiting(server: &TestServer, token: &str) -> Vec<String> {
    let list = server
        .get("/v1/education-backgrounds?waitsForCertification=true")
        .token(token)
        .send()
        .await
        .expect(200);
    list.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["personId"].as_str().unwrap().to_owned())
        .collect()
}

on_both! {
    async fn it_is_stated_by_one_and_certified_by_another(server: TestServer) {
        let family = Family::enter(&server).await;
        let path = of(&family.child);
        let child = family.participant(&server, &family.child).await;
        let office = registrar(&server, &family, &family.neighbour).await;
        let nothing = server.get(&path).token(&child).send().await.expect(200);
        assert_eq!((&nothing.body["version"], &nothing.body["stated"], &nothing.body["waitsForCertification"]), (&json!(0), &Value::Null, &json!(true)));
        assert!(waiting(&server, &office).await.contains(&family.child.id));

        let stated = json!({ "code": "compulsory", "evidence": DOCUMENT });
        let first = put(&server, &child, &format!("{path}/statement"), "\"0\"", &stated).await.expect(200);
        assert_eq!((&first.body["version"], &first.body["stated"]["code"], &first.body["certified"]), (&json!(1), &json!("compulsory"), &Value::Null));
        // The same once more is nothing new, whatever version it was decided on; another is, on the present one.
        put(&server, &child, &format!("{path}/statement"), "\"0\"", &stated).await.expect(200);
        put(&server, &child, &format!("{path}/statement"), "\"0\"", &json!({ "code": "upper-secondary-two-year" })).await.expect(412);
        let unknown = put(&server, &child, &format!("{path}/statement"), "\"1\"", &json!({ "code": "grundskola" })).await.expect(422);
        assert_eq!(unknown.refused(), ["/code"]);

        // Who certifies is a person, and neither the participant nor a relative.
        let certify = format!("{path}/certification");
        put(&server, &child, &certify, "\"1\"", &certification("compulsory")).await.expect(403);
        let nobody = family.staff(&server, Role::Registrar).await;
        put(&server, &nobody, &certify, "\"1\"", &certification("compulsory")).await.expect(403);
        family.relate(&server, &family.custody(&family.mother, "2011-03-03")).await;
        let mother = registrar(&server, &family, &family.mother).await;
        put(&server, &mother, &certify, "\"1\"", &certification("compulsory")).await.expect(403);
        let own = registrar(&server, &family, &family.child).await;
        put(&server, &own, &certify, "\"1\"", &certification("compulsory")).await.expect(403);

        // Another value is a correction and says why; the two stand side by side.
        let wrong = put(&server, &office, &certify, "\"1\"", &certification("upper-secondary-three-year")).await.expect(422);
        assert_eq!(wrong.refused(), ["/reason"]);
        let mut corrected = certification("upper-secondary-three-year");
        corrected["reason"] = json!("Betyget visar tre år");
        put(&server, &office, &certify, "\"7\"", &corrected).await.expect(412);
        let certified = put(&server, &office, &certify, "\"1\"", &corrected).await.expect(200);
        assert_eq!((&certified.body["stated"]["code"], &certified.body["certified"]["code"]), (&json!("compulsory"), &json!("upper-secondary-three-year")));
        assert_eq!(certified.body["certified"]["certifiedById"], family.neighbour.id);
        assert_eq!(certified.body["waitsForCertification"], false);
        assert!(!waiting(&server, &office).await.contains(&family.child.id));
        let by_value = server.get("/v1/education-backgrounds?certifiedCode=upper-secondary-three-year").token(&office).send().await.expect(200);
        assert_eq!(by_value.body["data"].as_array().unwrap().len(), 1);

        // Stated anew later, as something else: somebody should look at it.
        family.on(&server, "2026-09-01");
        let (child, office) = (family.participant(&server, &family.child).await, registrar(&server, &family, &family.neighbour).await);
        let again = put(&server, &child, &format!("{path}/statement"), "\"2\"", &json!({ "code": "upper-secondary-two-year" })).await.expect(200);
        assert_eq!((&again.body["waitsForCertification"], &again.body["certified"]["code"]), (&json!(true), &json!("upper-secondary-three-year")));
        assert!(waiting(&server, &office).await.contains(&family.child.id));
        let mut early = certification("upper-secondary-two-year");
        early["on"] = json!("2026-08-01");
        early["reason"] = json!("Betyget visar två år");
        let early = put(&server, &office, &certify, "\"3\"", &early).await.expect(422);
        assert_eq!(early.refused(), ["/on"]);

        server.delete(&path, "\"2\"").token(&office).send().await.expect(412);
        server.delete(&path, "\"3\"").token(&office).send().await.expect(204);
        assert_eq!(server.get(&path).token(&office).send().await.expect(200).body["version"], 0);
        server.stop().await;
    }
}

on_both! {
    async fn many_are_certified_together_or_none(server: TestServer) {
        let family = Family::enter(&server).await;
        let office = registrar(&server, &family, &family.father).await;
        let item = |member: &Member, version: i64, evidence: &str| json!({
            "personId": member.id, "version": version,
            "certification": { "code": "compulsory", "basis": "document", "evidence": evidence },
        });
        let certify = async |items: Value| {
            server.post("/v1/education-backgrounds/certifications", &json!({ "items": items })).token(&office).send().await
        };
        let (one, other) = (&family.child, &family.neighbours_child);
        let refused = certify(json!([item(one, 0, DOCUMENT), item(other, 0, " ")])).await.expect(422);
        assert_eq!(refused.refused(), ["/items/1/certification/evidence"]);
        let refused = certify(json!([item(one, 0, DOCUMENT), item(one, 0, DOCUMENT)])).await.expect(422);
        assert_eq!(refused.refused(), ["/items/1"]);
        certify(json!([item(one, 3, DOCUMENT)])).await.expect(409);
        assert_eq!(waiting(&server, &office).await.len(), 2, "nothing was saved");
        let done = certify(json!([item(other, 0, DOCUMENT), item(one, 0, "Studiebevis från komvux")])).await.expect(200);
        let data = done.body["data"].as_array().unwrap();
        assert_eq!((data.len(), &data[0]["personId"], &data[1]["certified"]["evidence"]), (2, &json!(other.id), &json!("Studiebevis från komvux")));
        assert_eq!(waiting(&server, &office).await, Vec::<String>::new());

        // Who is not within reach is nobody: another family's child for a guardian, a participant for another.
        let stranger = family.participant(&server, &family.child).await;
        server.get(&of(other)).token(&stranger).send().await.expect(404);
        put(&server, &stranger, &format!("{}/statement", of(other)), "*", &json!({ "code": "compulsory" })).await.expect(404);
        let list = server.get("/v1/education-backgrounds").token(&stranger).send().await.expect(200);
        assert_eq!(list.body["data"].as_array().unwrap().len(), 1);
        server.stop().await;
    }
}

on_both! {
    // Twenty at once, half of them stating and half certifying: each version is one answer's.
    async fn parallel_statements_and_certifications_lose_nothing(server: TestServer) {
        let family = Family::enter(&server).await;
        let path = of(&family.child);
        let (child, office) = (family.participant(&server, &family.child).await, registrar(&server, &family, &family.father).await);
        let answers = futures_util::future::join_all((0..20).map(|number| {
            let (path, child, office, server) = (&path, &child, &office, &server);
            async move {
                if number % 2 == 0 {
                    put(server, child, &format!("{path}/statement"), "\"0\"", &json!({ "code": "compulsory", "evidence": format!("betyg {number}.pdf") })).await
                } else {
                    let mut certified = certification("compulsory");
                    certified["evidence"] = json!(format!("Betyg nummer {number}"));
                    put(server, office, &format!("{path}/certification"), "\"0\"", &certified).await
                }
            }
        })).await;
        let won = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(won, 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
        assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 200 | 412)));
        assert_eq!(server.get(&path).token(&office).send().await.expect(200).body["version"], 1);
        server.stop().await;
    }
}
