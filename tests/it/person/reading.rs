use serde_json::json;
use skolhus_domain::{
    access::{Level, Role},
    id::{Id, PersonId},
};
use skolhus_tests::on_both;
use uuid::Uuid;

use super::*;

on_both! {
    async fn persons_are_listed_in_swedish_order_and_found_by_name(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let names = [("Örjan", "Öberg"), ("Ada", "Ek Bo"), ("Ada", "Ekberg"), ("Åsa", "Ängström"), ("Zelda", "Åberg"), ("Åke", "Andersson"), ("Örjan", "Andersson"), ("Ada", "Zorn")];
        for (given, family) in names {
            staffed.create(&server, &named(given, family)).await.expect(201);
        }
        let mut found = Vec::new();
        let mut path = "/v1/persons?limit=3".to_owned();
        loop {
            let (page, statements) = server.statements(server.get(&path).token(&staffed.registrar).send()).await;
            let page = page.expect(200);
            assert_eq!(statements, 2, "the scope and the page, whatever its size");
            found.extend(families(&page));
            match page.body["pageToken"].as_str() {
                Some(next) => path = format!("/v1/persons?limit=3&pageToken={next}"),
                None => break,
            }
        }
        assert_eq!(found, ["Andersson", "Andersson", "Ek Bo", "Ekberg", "Zorn", "Åberg", "Ängström", "Öberg"]);
        let (_, statements) = server.statements(server.get("/v1/persons?limit=500").token(&staffed.registrar).send()).await;
        assert_eq!(statements, 2);

        let search = |query: &str| server.get(&format!("/v1/persons?{query}")).token(&staffed.registrar).send();
        assert_eq!(families(&search("name=%C3%B6r%20and").await), ["Andersson"]);
        assert_eq!(families(&search("name=berg").await), [""; 0]);
        assert_eq!(families(&search("nameContains=BERG").await), ["Ekberg", "Åberg", "Öberg"]);
        assert_eq!(families(&search("nameContains=berg&sort=-name").await), ["Öberg", "Åberg", "Ekberg"]);
        assert_eq!(families(&search("sort=-modifiedAt&limit=1").await).len(), 1);
        assert_eq!(families(&search("name=%25").await).len(), 8, "a wildcard is no letter");
        search("name=%00").await.expect(400);
        search("externalSystem=rexnet").await.expect(400);
        search("externalSystem=rexnet&externalValue=%00").await.expect(400);
        search("birthDate=1985-13-40").await.expect(400);
        search("shoeSize=40").await.expect(400);
        server.stop().await;
    }
}

on_both! {
    async fn persons_are_found_by_number_identifier_day_and_unit(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let mut åsa = numbered("Åsa", "Öberg", ÅSA);
        åsa["externalIdentifiers"] = json!([{ "system": "rexnet", "value": "å 7" }]);
        åsa["schoolUnitId"] = json!(staffed.school.unit.to_string());
        staffed.create(&server, &åsa).await.expect(201);
        staffed.create(&server, &numbered("Örjan", "Ek", ÖRJAN)).await.expect(201);
        let search = |query: String| server.get(&format!("/v1/persons?{query}")).token(&staffed.registrar).send();
        assert_eq!(families(&search("externalSystem=rexnet&externalValue=%C3%A5%207".into()).await), ["Öberg"]);
        assert_eq!(families(&search("externalSystem=other&externalValue=%C3%A5%207".into()).await), [""; 0]);
        assert_eq!(families(&search("birthDate=1985-07-13".into()).await), ["Öberg"]);
        assert_eq!(families(&search(format!("schoolUnitId={}", staffed.school.unit)).await), ["Öberg"]);

        let by_number = |body: Value| server.post("/v1/persons/search", &body).token(&staffed.registrar).send();
        for value in [ÅSA, "8507132390", "850713-2390", "19850713-2390"] {
            assert_eq!(families(&by_number(json!({ "value": value })).await.expect(200)), ["Öberg"]);
        }
        assert_eq!(families(&by_number(json!({ "value": ÅSA, "kind": "personnummer" })).await), ["Öberg"]);
        assert_eq!(by_number(json!({ "value": ÅSA, "kind": "coordination-number" })).await.expect(422).refused(), ["/value"]);
        assert_eq!(families(&by_number(json!({ "value": ÄLVA })).await.expect(200)), [""; 0]);
        server.stop().await;
    }
}

on_both! {
    async fn each_role_sees_its_classes_within_its_reach(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let school = &staffed.school;
        let mut åsa = numbered("Åsa", "Öberg", ÅSA);
        åsa["contact"] = json!({ "phones": [{ "number": "070-174 06 05" }] });
        let made = staffed.create(&server, &åsa).await.expect(201);
        let id: PersonId = Id::from_uuid(made.body["id"].as_str().unwrap().parse::<Uuid>().unwrap());
        let other = staffed.create(&server, &named("Örjan", "Ek")).await.expect(201);
        let path = format!("/v1/persons/{id}");

        let principal = school.token(&server, Role::Principal).await;
        let seen = server.get(&path).token(&principal).send().await.expect(200);
        assert!(seen.body["identityNumbers"].is_array() && seen.body["contact"].is_object());
        assert!(seen.body.get("protection").is_none());
        let officer = server.get(&path).token(&staffed.officer).send().await.expect(200);
        assert_eq!(officer.body["protection"], "not-stated");

        // A teacher who teaches nobody, and a participant, reach only what is theirs.
        let teacher = school.token_of(&server, Role::Teacher, None, Some(other.body["id"].as_str().unwrap().parse::<Uuid>().map(Id::from_uuid).unwrap()), Level::Basic).await;
        server.get(&path).token(&teacher).send().await.expect(404);
        assert_eq!(families(&server.get("/v1/persons").token(&teacher).send().await.expect(200)), [""; 0]);
        server.get("/v1/persons?externalSystem=rexnet&externalValue=7").token(&teacher).send().await.expect(403);

        let own = school.token_of(&server, Role::Participant, None, Some(id), Level::Basic).await;
        let seen = server.get(&path).token(&own).send().await.expect(200);
        assert_eq!(seen.body["identityNumbers"][0]["value"], ÅSA);
        assert_eq!(families(&server.get("/v1/persons").token(&own).send().await.expect(200)), ["Öberg"]);
        server.get("/v1/persons?birthDate=1985-07-13").token(&own).send().await.expect(403);
        server.post("/v1/persons/search", &json!({ "value": ÅSA })).token(&own).send().await.expect(403);
        let record = server.get("/v1/me/person").token(&own).send().await.expect(200);
        assert_eq!(record.body["protection"], "not-stated");
        server.get("/v1/me/person").token(&staffed.registrar).send().await.expect(404);

        let administrator = school.token(&server, Role::Administrator).await;
        server.get(&path).token(&administrator).send().await.expect(403);
        server.get(&path).send().await.expect(401);
        let stranger = School::enter(&server).await.token(&server, Role::Registrar).await;
        server.get(&path).token(&stranger).send().await.expect(404);
        server.delete(&path, "*").token(&stranger).send().await.expect(404);
        server.stop().await;
    }
}

/// A course with one offering, its teacher and one participant, straight into the tables.
fn teach(server: &TestServer, school: &School, teacher: &str, participant: &str, to: &str) -> String {
    let mut raw = server.raw();
    let fresh = || server.state.fresh_uuid().to_string();
    let (course, offering, duty) = (fresh(), fresh(), fresh());
    let postgres = raw.is_postgres();
    let id =
        |text: &str| if postgres { format!("'{text}'") } else { format!("X'{}'", text.replace('-', "")) };
    let at = if postgres { "'2026-08-01T00:00:00Z'" } else { "0" };
    let (organiser, unit) = (id(&school.organiser.to_string()), id(&school.unit.to_string()));
    let record = |own: &str| format!("{organiser}, {}, 1, {at}, {at}, NULL", id(own));
    raw.execute(&format!(
        "INSERT INTO courses VALUES ({}, 'SVE', 'Svenska', 's', 's', NULL, 'subject', NULL, '2000-01-01', NULL)",
        record(&course)
    ));
    raw.execute(&format!(
        "INSERT INTO course_offerings VALUES ({}, {}, {unit}, 'Svenska', 's', 's', '2026-08-01', '2027-06-01', NULL, '{{}}', 'on-site', 100, NULL, NULL, NULL, NULL, NULL, NULL)",
        record(&offering), id(&course)
    ));
    raw.execute(&format!(
        "INSERT INTO duties VALUES ({}, {}, {unit}, 'teacher', NULL, NULL, '2020-01-01', NULL)",
        record(&duty),
        id(teacher)
    ));
    raw.execute(&format!(
        "INSERT INTO offering_teachers VALUES ({}, {}, {}, 'responsible', '2026-01-01', '{to}')",
        record(&fresh()),
        id(&offering),
        id(&duty)
    ));
    raw.execute(&format!(
        "INSERT INTO participations VALUES ({}, {}, {}, '2026-08-01', '2027-06-01', 'active', NULL, NULL, NULL, '2026-08-01', '2027-06-01', '[]', '[]', '[]', 'direct')",
        record(&fresh()), id(participant), id(&offering)
    ));
    offering
}

on_both! {
    async fn a_teacher_reaches_the_participants_of_what_they_teach_today(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let school = &staffed.school;
        let enter = async |given: &str, family: &str, number: &str| {
            let made = staffed.create(&server, &numbered(given, family, number)).await.expect(201);
            made.body["id"].as_str().unwrap().to_owned()
        };
        let (lärare, åsa, örjan) = (
            enter("Lärare", "Lind", "198012102391").await,
            enter("Åsa", "Öberg", ÅSA).await,
            enter("Örjan", "Ek", ÖRJAN).await,
        );
        teach(&server, school, &lärare, &åsa, "2027-06-01");
        teach(&server, school, &lärare, &örjan, "2026-08-16");
        let person: PersonId = Id::from_uuid(lärare.parse::<Uuid>().unwrap());
        for unit in [None, Some(school.unit)] {
            let token = school.token_of(&server, Role::Teacher, unit, Some(person), Level::Basic).await;
            let list = server.get("/v1/persons").token(&token).send().await.expect(200);
            assert_eq!(families(&list), ["Öberg"], "the other course's teaching ended yesterday");
            let seen = &list.body["data"][0];
            assert!(seen["contact"].is_object() && seen.get("identityNumbers").is_none() && seen.get("externalIdentifiers").is_none());
            server.get(&format!("/v1/persons/{örjan}")).token(&token).send().await.expect(404);
        }
        // Whoever participates, works or is enrolled at a unit is within reach of those who work for it.
        let principal = school.token_of(&server, Role::Principal, Some(school.unit), None, Level::Basic).await;
        let list = server.get("/v1/persons").token(&principal).send().await.expect(200);
        assert_eq!(families(&list), ["Ek", "Lind", "Öberg"]);
        let elsewhere = school.token_of(&server, Role::Principal, Some(server.state.fresh()), None, Level::Basic).await;
        assert_eq!(families(&server.get("/v1/persons").token(&elsewhere).send().await.expect(200)), [""; 0]);
        // Marked, a participant is gone for the teacher too.
        let path = format!("/v1/persons/{åsa}/protection");
        server.put(&path, "*", &json!({ "protection": "marked" })).token(&staffed.officer).send().await.expect(200);
        let token = school.token_of(&server, Role::Teacher, None, Some(person), Level::Basic).await;
        assert_eq!(families(&server.get("/v1/persons").token(&token).send().await.expect(200)), [""; 0]);
        server.stop().await;
    }
}
