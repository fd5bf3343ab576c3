//! Lists that leave, and certificates.

use std::io::Read;

use serde_json::{Value, json};
use skolhus_domain::{
    access::{Level, Role},
    id::PersonId,
    person::ProtectionReport,
};
use skolhus_tests::{on_both, server::TestServer};

use crate::participation::register::Autumn;

fn participants(autumn: &Autumn, columns: &[&str], more: Value) -> Value {
    let mut written = json!({ "format": "csv", "purpose": "Upprop första dagen" });
    for (name, value) in more.as_object().cloned().unwrap_or_default() {
        written[&name] = value;
    }
    json!({ "offeringId": autumn.offering.to_string(), "columns": columns, "written": written })
}

const LIST: &str = "/v1/exports/participant-list";
const CONTACTS: &str = "/v1/exports/contact-list";

async fn placed(
    server: &TestServer,
    autumn: &Autumn,
    names: &[(&str, &str)],
    protection: ProtectionReport,
) -> Vec<PersonId> {
    let persons = autumn.persons(server, names, protection).await;
    for person in &persons {
        autumn.place(server, *person).await;
    }
    persons
}

on_both! {
    async fn a_participant_list_leaves_with_its_purpose_in_the_log(server: TestServer) {
        let autumn = Autumn::enter(&server, None).await;
        placed(&server, &autumn, &[("Örjan", "Öst"), ("Åsa", "=cmd|' /C calc'!A0"), ("Älva", "Ek")], ProtectionReport::Unmarked).await;
        placed(&server, &autumn, &[("Dolda", "Hemlig")], ProtectionReport::Marked).await;
        let body = participants(&autumn, &["familyName", "givenName", "courseOffering", "state", "firstDay", "lastDay", "pace"], json!({ "separator": "semicolon", "byteOrderMark": true }));
        let list = server.post(LIST, &body).token(&autumn.registrar).send().await.expect(200);
        assert_eq!(list.headers["content-type"], "text/csv; charset=utf-8");
        assert_eq!(list.headers["content-disposition"], "attachment; filename=\"participant-list.csv\"");
        assert_eq!(list.headers["content-language"], "sv");
        let lines: Vec<&str> = list.text.trim_start_matches('\u{feff}').lines().collect();
        assert_eq!(lines[0], "Efternamn;Förnamn;Kurstillfälle;Status;Första dag;Sista dag;Studietakt");
        assert_eq!(lines.len(), 4, "{}", list.text);
        assert!(list.text.contains("Ek;Älva;Allmän kurs, hösten;planned;2026-08-17;2026-12-18;100"), "{}", list.text);
        assert!(list.text.contains("'=cmd"), "{}", list.text);
        assert!(!list.text.contains("Hemlig"));

        // English headings; the organiser's own word.
        let own = json!({ "en": { "label": "Surname" } });
        server.put("/v1/terminology/family-name", "\"0\"", &own).token(&autumn.registrar).send().await.expect(200);
        let body = participants(&autumn, &["familyName"], json!({}));
        let list = server.post(LIST, &body).header("accept-language", "en").token(&autumn.registrar).send().await.expect(200);
        assert!(list.text.starts_with("Surname\r\n"), "{}", list.text);

        server.settle_log().await;
        let administrator = autumn.school.token(&server, Role::Administrator).await;
        let log = server.get("/v1/changes?entity=export&action=access").token(&administrator).send().await.expect(200);
        assert_eq!(log.body["data"].as_array().unwrap().len(), 2, "each export is logged: {}", log.text);
        let details = server.raw().texts(
            "SELECT d.details AS value FROM change_details d JOIN changes c ON c.transaction_id = d.transaction_id AND c.ordinal = d.ordinal \
             WHERE c.entity = 'export' ORDER BY c.arrival",
        );
        assert!(details[0].contains("\"reason\":\"Upprop första dagen\"") && details[0].contains("\"rows\":3") && details[0].contains("courseOffering"), "{details:?}");
        assert!(!details[0].contains("Älva"));
        server.stop().await;
    }
}

on_both! {
    async fn a_workbook_holds_text_and_no_formula(server: TestServer) {
        let autumn = Autumn::enter(&server, None).await;
        placed(&server, &autumn, &[("Åsa", "=1+1")], ProtectionReport::Unmarked).await;
        let mut body = participants(&autumn, &["familyName"], json!({ "format": "xlsx" }));
        body["activeOn"] = json!("2026-09-15");
        let answer = reqwest::Client::new()
            .post(format!("http://{}{LIST}", server.address))
            .bearer_auth(&autumn.registrar)
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        let file = answer.bytes().await.unwrap();
        let mut book = zip::ZipArchive::new(std::io::Cursor::new(file.to_vec())).unwrap();
        let mut part = |name: &str| {
            let mut text = String::new();
            book.by_name(name).unwrap().read_to_string(&mut text).unwrap();
            text
        };
        assert!(!part("xl/worksheets/sheet1.xml").contains("<f>"));
        let strings = part("xl/sharedStrings.xml");
        assert!(strings.contains("=1+1") && strings.contains("Efternamn"), "{strings}");
        server.stop().await;
    }
}

on_both! {
    async fn only_open_columns_and_reached_persons_leave(server: TestServer) {
        let autumn = Autumn::enter(&server, None).await;
        let person = placed(&server, &autumn, &[("Älva", "Ek")], ProtectionReport::Unmarked).await[0];
        placed(&server, &autumn, &[("Dolda", "Hemlig")], ProtectionReport::Marked).await;
        let teacher = autumn.school.token_of(&server, Role::Teacher, None, Some(person), Level::Substantial).await;
        let closed = participants(&autumn, &["familyName", "identityNumber"], json!({}));
        let refused = server.post(LIST, &closed).token(&teacher).send().await.expect(403);
        assert_eq!(refused.refused(), ["/columns/1"]);
        server.post(LIST, &closed).token(&autumn.registrar).send().await.expect(200);
        // A teacher who teaches nothing reaches no offering.
        let open = participants(&autumn, &["familyName"], json!({}));
        assert_eq!(server.post(LIST, &open).token(&teacher).send().await.expect(422).refused(), ["/offeringId"]);
        let administrator = autumn.school.token(&server, Role::Administrator).await;
        server.post(LIST, &open).token(&administrator).send().await.expect(403);
        let weak = autumn.school.token_of(&server, Role::Registrar, None, None, Level::Basic).await;
        server.post(LIST, &open).token(&weak).send().await.expect(401);

        let both = json!({ "offeringId": autumn.offering.to_string(), "schoolUnitId": autumn.school.unit.to_string(), "columns": open["columns"], "written": open["written"] });
        server.post(LIST, &both).token(&autumn.registrar).send().await.expect(422);
        server.post(LIST, &json!({ "columns": open["columns"], "written": open["written"] })).token(&autumn.registrar).send().await.expect(422);
        for (columns, more, pointer) in [
            (vec!["familyName", "familyName"], json!({}), "/columns/1"),
            (vec!["betyg"], json!({}), "/columns/0"),
            (vec!["city"], json!({ "purpose": " " }), "/written/purpose"),
        ] {
            let wrong = server.post(LIST, &participants(&autumn, &columns, more)).token(&autumn.registrar).send().await.expect(422);
            assert_eq!(wrong.refused(), [pointer]);
        }
        let unit = json!({ "schoolUnitId": autumn.school.unit.to_string(), "columns": open["columns"], "written": open["written"] });
        let list = server.post(LIST, &unit).token(&autumn.registrar).send().await.expect(200);
        assert_eq!(list.text, "Efternamn\r\nEk\r\n");
        let contacts = json!({ "schoolUnitId": autumn.school.unit.to_string(), "columns": ["familyName", "phone"], "written": { "format": "csv", "purpose": "Internatet" } });
        let list = server.post(CONTACTS, &contacts).token(&autumn.registrar).send().await.expect(200);
        assert_eq!(list.text, "Efternamn,Telefon\r\nEk,\r\n");
        let wrong = json!({ "schoolUnitId": autumn.school.unit.to_string(), "columns": ["pace"], "written": { "format": "csv", "purpose": "x" } });
        server.post(CONTACTS, &wrong).token(&autumn.registrar).send().await.expect(422);
        server.stop().await;
    }
}

on_both! {
    async fn a_list_costs_the_same_whatever_its_length(server: TestServer) {
        let autumn = Autumn::enter(&server, None).await;
        let mut counts = Vec::new();
        for names in [vec![("Älva", "Ek")], vec![("Åke", "Alm"); 20]] {
            placed(&server, &autumn, &names, ProtectionReport::Unmarked).await;
            let body = participants(&autumn, &["familyName", "courseOffering", "email"], json!({}));
            let (list, count) = server.statements(server.post(LIST, &body).token(&autumn.registrar).send()).await;
            assert!(list.expect(200).text.lines().count() > names.len());
            counts.push(count);
        }
        assert_eq!(counts[0], counts[1]);
        assert!(counts[0] <= 10, "{counts:?}");
        server.stop().await;
    }
}

on_both! {
    async fn a_certificate_says_everything_in_one_answer(server: TestServer) {
        let autumn = Autumn::enter(&server, None).await;
        placed(&server, &autumn, &[("Åsa Maria", "Öberg")], ProtectionReport::Unmarked).await;
        let page = server.get("/v1/participations").token(&autumn.registrar).send().await.expect(200);
        let (id, person) = (page.body["data"][0]["id"].as_str().unwrap(), page.body["data"][0]["personId"].as_str().unwrap());
        let number = json!({ "identityNumbers": [{ "value": "198507132390", "period": { "from": "2020-01-01" } }] });
        server.patch(&format!("/v1/persons/{person}"), "*", &number).token(&autumn.registrar).send().await.expect(200);
        let path = format!("/v1/participations/{id}/study-certificate");
        let (answer, count) = server.statements(server.get(&path).token(&autumn.registrar).send()).await;
        let certificate = answer.expect(200).body;
        assert!(count <= 9, "{count}");
        assert_eq!(certificate["person"]["familyName"], "Öberg");
        assert_eq!(certificate["person"]["identityNumber"], "19850713-2390");
        assert_eq!(certificate["schoolUnit"]["name"], "Väggarps folkhögskola");
        assert_eq!(certificate["course"]["code"], "AK");
        assert_eq!(certificate["period"], json!({ "from": "2026-08-17", "to": "2026-12-18" }));
        assert_eq!(certificate["pace"], json!([{ "from": "2026-08-17", "percent": 100 }]));
        assert_eq!(certificate["extent"], json!({ "value": 18, "unit": "week", "basis": "begun-weeks-without-study-breaks" }));
        assert_eq!(certificate["issuer"]["organiser"], "Väggarps folkhögskoleförening");
        assert_eq!(certificate["endedOn"], Value::Null);

        // One's own is whole; a client sees names alone; a stranger nothing.
        let own = autumn.school.token_of(&server, Role::Participant, None, Some(skolhus_domain::id::Id::from_uuid(person.parse().unwrap())), Level::Basic).await;
        let mine = server.get(&path).token(&own).send().await.expect(200).body;
        assert_eq!(mine["person"]["identityNumber"], "19850713-2390");
        let principal = autumn.school.token_of(&server, Role::Principal, Some(autumn.school.unit), None, Level::Basic).await;
        server.get(&path).token(&principal).send().await.expect(200);
        let teacher = autumn.school.token(&server, Role::Teacher).await;
        server.get(&path).token(&teacher).send().await.expect(404);
        let officer = autumn.school.token_of(&server, Role::ProtectionOfficer, None, None, Level::High).await;
        server.put(&format!("/v1/persons/{person}/protection"), "*", &json!({ "protection": "marked" })).token(&officer).send().await.expect(200);
        server.get(&path).token(&autumn.registrar).send().await.expect(404);
        server.stop().await;
    }
}

on_both! {
    async fn a_list_has_what_a_person_prefers_and_where_they_are_registered(server: TestServer) {
        let autumn = Autumn::enter(&server, None).await;
        let person = placed(&server, &autumn, &[("Åsa", "Öberg")], ProtectionReport::Unmarked).await[0].to_string();
        let contact = json!({ "contact": {
            "emails": [{ "address": "asa@exempel.se", "kind": "private" }, { "address": "asa.oberg@arbete.example", "kind": "work" }],
            "phones": [{ "number": "08-465 004 00", "kind": "work" }, { "number": "070-174 06 05" }],
        } });
        server.patch(&format!("/v1/persons/{person}"), "*", &contact).token(&autumn.registrar).send().await.expect(200);
        for (kind, street, from) in [("registered", "Ängsgatan 4", "2020-01-01"), ("registered", "Åsvägen 3", "2026-07-01"), ("other", "Internatet", "2026-08-01")] {
            let address = json!({
                "personId": person, "kind": kind, "streetLines": [street], "postalCode": "70210", "city": "Örebro",
                "municipalityCode": "1880", "period": { "from": from },
            });
            server.post("/v1/addresses", &address).token(&autumn.registrar).send().await.expect(201);
        }
        let columns = ["email", "phone", "address", "postalCode", "city", "homeMunicipality"];
        let (list, count) = server.statements(server.post(LIST, &participants(&autumn, &columns, json!({}))).token(&autumn.registrar).send()).await;
        let list = list.expect(200);
        assert_eq!(list.text, "E-post,Telefon,Adress,Postnummer,Postort,Hemkommun\r\nasa@exempel.se,08-465 004 00,Åsvägen 3,702 10,Örebro,1880\r\n");
        assert!(count <= 11, "{count}");
        server.stop().await;
    }
}

on_both! {
    async fn a_class_list_has_the_members_of_the_day(server: TestServer) {
        let autumn = Autumn::enter(&server, None).await;
        let persons = placed(&server, &autumn, &[("Örjan", "Öst"), ("Älva", "Ek"), ("Åke", "Alm")], ProtectionReport::Unmarked).await;
        let hidden = placed(&server, &autumn, &[("Dolda", "Hemlig")], ProtectionReport::Marked).await[0];
        let group = json!({
            "schoolUnitId": autumn.school.unit.to_string(), "kind": "class", "name": "AK1", "schoolTypeCode": "FHS", "period": { "from": "2026-08-17", "to": "2027-06-11" },
        });
        let group = server.post("/v1/groups", &group).token(&autumn.registrar).send().await.expect(201).body["id"].clone();
        for (person, from) in [(persons[0], "2026-08-17"), (persons[1], "2026-08-17"), (persons[2], "2026-11-02")] {
            let member = json!({ "groupId": group, "personId": person.to_string(), "period": { "from": from } });
            server.post("/v1/group-memberships", &member).token(&autumn.registrar).send().await.expect(201);
        }
        let body = |day: &str, columns: &[&str]| json!({
            "groupId": group, "validOn": day, "columns": columns, "written": { "format": "csv", "purpose": "Klasslista till utflykten" },
        });
        let path = "/v1/exports/class-list";
        let (list, count) = server.statements(server.post(path, &body("2026-09-15", &["familyName", "givenName"])).token(&autumn.registrar).send()).await;
        let list = list.expect(200);
        assert_eq!(list.headers["content-disposition"], "attachment; filename=\"class-list.csv\"");
        assert_eq!(list.text, "Efternamn,Förnamn\r\nEk,Älva\r\nÖst,Örjan\r\n");
        assert!(count <= 7, "{count}");
        let later = server.post(path, &body("2026-11-02", &["familyName"])).token(&autumn.registrar).send().await.expect(200);
        assert_eq!(later.text, "Efternamn\r\nAlm\r\nEk\r\nÖst\r\n");

        // A member who is protected since is not in it.
        let officer = autumn.school.token_of(&server, Role::ProtectionOfficer, None, None, Level::High).await;
        let marked = json!({ "protection": "marked" });
        server.put(&format!("/v1/persons/{}/protection", persons[1]), "*", &marked).token(&officer).send().await.expect(200);
        let list = server.post(path, &body("2026-09-15", &["familyName"])).token(&autumn.registrar).send().await.expect(200);
        assert_eq!(list.text, "Efternamn\r\nÖst\r\n");
        assert!(!list.text.contains(&hidden.to_string()));

        assert_eq!(server.post(path, &body("2026-09-15", &["pace"])).token(&autumn.registrar).send().await.expect(422).refused(), ["/columns/0"]);
        assert_eq!(server.post(path, &body("1500-09-15", &["city"])).token(&autumn.registrar).send().await.expect(422).refused(), ["/validOn"]);
        let mut nowhere = body("2026-09-15", &["city"]);
        nowhere["groupId"] = json!("0199a3f0-7c00-7000-8000-00000000dead");
        assert_eq!(server.post(path, &nowhere).token(&autumn.registrar).send().await.expect(422).refused(), ["/groupId"]);
        // Who reaches no group has no class list of it, and who may not take lists none at all.
        let teacher = autumn.school.token_of(&server, Role::Teacher, None, Some(persons[0]), Level::Substantial).await;
        let open = body("2026-09-15", &["familyName"]);
        assert_eq!(server.post(path, &open).token(&teacher).send().await.expect(422).refused(), ["/groupId"]);
        server.post(path, &open).token(&officer).send().await.expect(403);
        server.settle_log().await;
        let administrator = autumn.school.token(&server, Role::Administrator).await;
        let log = server.get("/v1/changes?entity=export&action=access").token(&administrator).send().await.expect(200);
        assert_eq!(log.body["data"].as_array().unwrap().len(), 3, "each that left is logged: {}", log.text);
        server.stop().await;
    }
}
