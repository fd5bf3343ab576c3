//! Records of protected persons that are opened in an emergency: to whom they open, who is told, who looks into it.

use serde_json::{Value, json};
use skolhus_domain::access::{Level, Role};
use skolhus_tests::{
    family::{Family, id_of},
    on_both,
    server::TestServer,
};

const REASON: &str = "Eleven har blivit akut sjuk, vårdnadshavaren måste nås";

/// Who is told by messages on their way out, how often each.
fn told(server: &TestServer) -> Vec<String> {
    server
        .raw()
        .texts("SELECT payload AS value FROM outbox_messages WHERE kind = 'emergency-opening' ORDER BY id")
}

on_both! {
    // A teacher who works with the pupil opens the record; the principal of the unit and the officers are told, and one of
    // them looks into it.
    async fn a_teacher_opens_and_the_principal_looks_into_it(server: TestServer) {
        let family = Family::enter(&server).await;
        let registrar = family.staff(&server, Role::Registrar).await;
        let keeper = family.staff(&server, Role::ProtectionOfficer).await;
        let school = &family.school;
        let unit = school.unit.to_string();
        let teacher = json!({ "name": { "givenName": "Ylva", "familyName": "Östlund" }, "schoolUnitId": unit });
        let teacher = id_of(&server.post("/v1/persons", &teacher).token(&registrar).send().await.expect(201));
        let duty = json!({ "personId": teacher, "schoolUnitId": unit, "role": "teacher", "period": { "from": "2026-08-01" } });
        let duty = id_of(&server.post("/v1/duties", &duty).token(&registrar).send().await.expect(201));
        let teaches = json!({ "teachers": [{ "dutyId": duty, "role": "teacher", "period": { "from": "2026-08-17" } }] });
        server.put(&format!("/v1/course-offerings/{}/teachers", family.offering), "*", &teaches).token(&registrar).send().await.expect(200);
        let teacher = skolhus_tests::family::Member { id: teacher, markers: vec![] }.person();
        let teacher = school.token_of(&server, Role::Teacher, None, Some(teacher), Level::Substantial).await;
        let path = format!("/v1/persons/{}", family.child.id);
        let (opening, why) = (format!("{path}/emergency-opening"), json!({ "reason": REASON }));

        // Who is not protected is read as others are.
        server.post(&opening, &why).token(&teacher).send().await.expect(404);
        server.put(&format!("{path}/protection"), "*", &json!({ "protection": "marked" })).token(&keeper).send().await.expect(200);
        server.get(&path).token(&teacher).send().await.expect(404);
        let refused = server.post(&opening, &json!({ "reason": "nu" })).token(&teacher).send().await.expect(422);
        assert_eq!(refused.refused(), ["/reason"]);
        let other = school.token_of(&server, Role::Teacher, None, Some(family.neighbour.person()), Level::Substantial).await;
        server.post(&opening, &why).token(&other).send().await.expect(404);
        assert_eq!(told(&server), Vec::<String>::new());

        let principal = school.token_of(&server, Role::Principal, Some(school.unit), None, Level::Substantial).await;
        let opened = server.post(&opening, &why).token(&teacher).send().await.expect(200);
        assert_eq!(opened.body["name"]["familyName"], "Häggmark");
        assert!(["hemlig1@exempel.se", "Hemliggatan 100"].iter().all(|marker| opened.text.contains(marker)), "{}", opened.text);
        // The principal of the unit and the officer of the whole organiser, each once.
        assert_eq!(told(&server).len(), 2);

        let list = server.get("/v1/emergency-openings?isReviewed=false").token(&principal).send().await.expect(200);
        let [one] = list.body["data"].as_array().unwrap().as_slice() else { panic!("{}", list.text) };
        assert_eq!((&one["roles"], &one["reason"], &one["review"]), (&json!(["teacher"]), &json!(REASON), &Value::Null));
        assert!(one["alias"].is_string() && !family.child.is_in(&list.text), "{}", list.text);
        assert!(told(&server).iter().all(|payload| payload.contains(one["id"].as_str().unwrap()) && !payload.contains(&family.child.id)));
        let review = format!("/v1/emergency-openings/{}/review", one["id"].as_str().unwrap());
        server.post(&review, &json!({ "finding": "justified" })).token(&registrar).send().await.expect(403);
        let refused = server.post(&review, &json!({ "finding": "vet inte" })).token(&principal).send().await.expect(422);
        assert_eq!(refused.refused(), ["/finding"]);
        let found = json!({ "finding": "justified", "note": "Ambulans tillkallades" });
        let reviewed = server.post(&review, &found).token(&principal).send().await.expect(200);
        assert_eq!((&reviewed.body["review"]["finding"], &reviewed.body["version"]), (&json!("justified"), &json!(2)));
        server.post(&review, &json!({ "finding": "unjustified" })).token(&keeper).send().await.expect(409);
        let left = server.get("/v1/emergency-openings?isReviewed=false").token(&principal).send().await.expect(200);
        assert_eq!(left.body["data"], json!([]));

        // It is in the log as other openings are, and the person is told of it.
        server.settle_log().await;
        let officer = family.staff(&server, Role::DataProtectionOfficer).await;
        let looks = server.post(&format!("{path}/changes/search?action=access"), &json!({ "reason": "Årlig granskning" })).token(&officer).send().await.expect(200);
        assert!(looks.body["data"].as_array().unwrap().iter().any(|row| row["permission"] == "person:open-in-emergency" && row["reason"] == REASON), "{}", looks.text);
        server.stop().await;
    }
}

on_both! {
    // Whoever opens does not look into it themselves; a principal of another unit knows nothing of it; and where nobody could
    // look into it nothing is opened.
    async fn nobody_looks_into_their_own_and_somebody_must_be_there(server: TestServer) {
        let family = Family::enter(&server).await;
        let school = &family.school;
        let path = format!("/v1/persons/{}", family.child.id);
        let (opening, why) = (format!("{path}/emergency-opening"), json!({ "reason": REASON }));
        let registrar = family.registrar_of(&server, school.unit).await;
        // Without an officer, who could look into it.
        server.raw().execute("UPDATE persons SET is_protected = TRUE, protection = 'marked' WHERE family_name = 'Häggmark'");
        let refused = server.post(&opening, &why).token(&registrar).send().await.expect(409);
        assert!(refused.text.contains("nobody who could look into it"), "{}", refused.text);
        let principal = school.token_of(&server, Role::Principal, Some(school.unit), None, Level::Substantial).await;
        let refused = server.post(&opening, &why).token(&principal).send().await.expect(409);
        assert!(!refused.text.contains("Elsa"), "{}", refused.text);
        server.post(&opening, &why).token(&registrar).send().await.expect(200);
        let second = school.token_of(&server, Role::Principal, None, None, Level::Substantial).await;
        server.post(&opening, &why).token(&principal).send().await.expect(200);
        let list = server.get("/v1/emergency-openings?sort=-openedAt").token(&principal).send().await.expect(200);
        let own = list.body["data"].as_array().unwrap().iter().find(|row| row["roles"] == json!(["principal"])).unwrap();
        let review = format!("/v1/emergency-openings/{}/review", own["id"].as_str().unwrap());
        server.post(&review, &json!({ "finding": "justified" })).token(&principal).send().await.expect(403);
        server.post(&review, &json!({ "finding": "unjustified" })).token(&second).send().await.expect(200);
        // Told were: the principal of the registrar's, the other principal of the principal's.
        assert_eq!(told(&server).len(), 2);

        let elsewhere = json!({ "name": "Grannskolan", "controllerId": school.controller, "schoolTypes": ["GR"], "valid": { "from": "2020-07-01" } });
        let administrator = family.staff(&server, Role::Administrator).await;
        let elsewhere = id_of(&server.post("/v1/school-units", &elsewhere).token(&administrator).send().await.expect(201));
        let elsewhere = skolhus_domain::id::Id::from_uuid(elsewhere.parse().unwrap());
        let other = school.token_of(&server, Role::Principal, Some(elsewhere), None, Level::Substantial).await;
        let list = server.get("/v1/emergency-openings").token(&other).send().await.expect(200);
        assert_eq!(list.body["data"], json!([]));
        server.post(&review, &json!({ "finding": "justified" })).token(&other).send().await.expect(404);
        server.stop().await;
    }
}
