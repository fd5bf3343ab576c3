//! What guardians and pupils see, and what nobody else does.

use std::collections::BTreeSet;

use chrono::{TimeZone, Utc};
use serde_json::json;
use skolhus_api::http::document::document;
use skolhus_domain::access::Role;
use skolhus_tests::{
    family::{Family, Member, id_of},
    on_both,
    server::{TestServer, fill},
};

/// Every GET operation, asked about everything there is with the token: the texts of the answers
/// without the path that was asked for, which a problem repeats.
pub(super) async fn asked(server: &TestServer, token: &str, ids: &[String]) -> Vec<(String, String)> {
    let document = document();
    let mut answers = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        if item["get"].is_null() || !path.starts_with("/v1/") || path.contains("{table}") {
            continue;
        }
        let addresses: Vec<String> = if path.contains("{id}") {
            ids.iter().map(|id| fill(path, id)).collect()
        } else {
            vec![path.clone()]
        };
        for address in addresses {
            let answer = server.get(&address).token(token).send().await;
            assert!(answer.status.as_u16() < 500, "{address}: {}", answer.text);
            let said = answer.text.replace(&format!("\"instance\":\"{address}\""), "");
            answers.push((path.clone(), said));
        }
    }
    answers
}

/// The operations whose answers tell of a member.
pub(super) fn telling(answers: &[(String, String)], of: impl Fn(&str) -> bool) -> BTreeSet<String> {
    answers.iter().filter(|(_, text)| of(text)).map(|(path, _)| path.clone()).collect()
}

pub(super) fn set(paths: &[&str]) -> BTreeSet<String> {
    paths.iter().map(|path| (*path).to_owned()).collect()
}

/// Where somebody with the right to see meets the child.
pub(super) const SEES: &[&str] = &[
    "/v1/course-offerings/{id}/activity-figures",
    "/v1/enrolments",
    "/v1/enrolments/{id}",
    "/v1/me/wards",
    "/v1/participations",
    "/v1/participations/{id}",
    "/v1/participations/{id}/study-certificate",
    "/v1/persons",
    "/v1/persons/{id}",
    "/v1/today",
];
/// Where the child meets themselves.
const OWN: &[&str] = &[
    "/v1/addresses",
    "/v1/course-offerings/{id}/activity-figures",
    "/v1/education-backgrounds",
    "/v1/enrolments",
    "/v1/enrolments/{id}",
    "/v1/me",
    "/v1/me/addresses",
    "/v1/me/person",
    "/v1/participations",
    "/v1/participations/{id}",
    "/v1/participations/{id}/study-certificate",
    "/v1/persons",
    "/v1/persons/{id}",
    "/v1/persons/{id}/education-background",
    "/v1/today",
];
/// The same while they are protected: their record opens with a recorded access only.
const OWN_PROTECTED: &[&str] = &[
    "/v1/course-offerings/{id}/activity-figures",
    "/v1/enrolments",
    "/v1/enrolments/{id}",
    "/v1/me",
    "/v1/me/addresses",
    "/v1/me/person",
    "/v1/participations",
    "/v1/participations/{id}",
    "/v1/today",
];
const NOTHING: &[&str] = &[];

/// One line of the reviewed table: what happens, and where the child is met from then on.
struct Step {
    what: &'static str,
    mother: &'static [&'static str],
    father: &'static [&'static str],
    child: &'static [&'static str],
}

/// The reviewed table: a family over three years.
const STORY: [Step; 12] = [
    Step {
        what: "the child begins; nobody has entered any relation",
        mother: NOTHING,
        father: NOTHING,
        child: OWN,
    },
    Step { what: "shared custody is entered and waits", mother: NOTHING, father: NOTHING, child: OWN },
    Step { what: "shared custody is confirmed", mother: SEES, father: SEES, child: OWN },
    Step { what: "the court gives the mother sole custody", mother: SEES, father: NOTHING, child: OWN },
    Step {
        what: "the mother wants the father to see again, as a contact",
        mother: SEES,
        father: SEES,
        child: OWN,
    },
    Step { what: "a contact ban against the father", mother: SEES, father: NOTHING, child: OWN },
    Step {
        what: "the child moves to a protected address",
        mother: NOTHING,
        father: NOTHING,
        child: OWN_PROTECTED,
    },
    Step {
        what: "the protection is lifted, the ban is not; a new school",
        mother: SEES,
        father: NOTHING,
        child: OWN,
    },
    Step { what: "the last minute before the 18th birthday", mother: SEES, father: NOTHING, child: OWN },
    Step { what: "the 18th birthday begins", mother: NOTHING, father: NOTHING, child: OWN },
    Step { what: "the grown pupil grants the mother to see", mother: SEES, father: NOTHING, child: OWN },
    Step { what: "and takes it back", mother: NOTHING, father: NOTHING, child: OWN },
];

/// Does what a step says.
async fn happen(server: &TestServer, family: &Family, step: usize, ids: &mut Vec<String>) {
    // Before anybody logs in: an access token lives ten minutes.
    let day = match step {
        1 => Some("2026-08-18"),
        2 => Some("2026-08-19"),
        3 => Some("2027-01-15"),
        4 => Some("2027-06-01"),
        5 => Some("2027-09-01"),
        6 => Some("2028-02-01"),
        7 => Some("2028-08-15"),
        11 => Some("2029-03-04"),
        _ => None,
    };
    if let Some(day) = day {
        family.on(server, day);
    }
    let registrar = family.staff(server, Role::Registrar).await;
    let officer = family.staff(server, Role::ProtectionOfficer).await;
    let keep = |ids: &mut Vec<String>, path: &str| ids.push(path.rsplit('/').next().unwrap().to_owned());
    let guardians = async |kind: &str| -> String {
        let list = server
            .get(&format!("/v1/relations?kind={kind}&personId={}", family.child.id))
            .token(&registrar)
            .send()
            .await
            .expect(200);
        let rows = list.body["data"].as_array().unwrap();
        let row = rows.iter().find(|row| row["relativeId"] == family.father.id.as_str()).unwrap();
        row["id"].as_str().unwrap().to_owned()
    };
    match step {
        0 => {}
        1 => {
            for guardian in [&family.mother, &family.father] {
                let body = family.custody(guardian, "2011-03-03");
                let made = server.post("/v1/relations", &body).token(&registrar).send().await.expect(201);
                keep(ids, &id_of(&made));
            }
        }
        2 => {
            let waiting =
                server.get("/v1/relations?state=waiting").token(&registrar).send().await.expect(200);
            for row in waiting.body["data"].as_array().unwrap() {
                family.confirm(server, &format!("/v1/relations/{}", row["id"].as_str().unwrap())).await;
            }
        }
        3 => {
            let path = format!("/v1/relations/{}", guardians("guardian").await);
            let over = json!({ "period": { "from": "2011-03-03", "to": "2027-01-14" }, "reason": "Tingsrättens dom, ensam vårdnad" });
            server.patch(&path, "*", &over).token(&registrar).send().await.expect(200);
        }
        4 => {
            let contact = json!({
                "personId": family.child.id, "relativeId": family.father.id, "kind": "contact-only", "source": "person",
                "period": { "from": "2027-06-01" }, "rights": ["see", "collect"], "reason": "Modern önskar det",
            });
            let path = family.relate(server, &contact).await;
            keep(ids, &path);
        }
        5 => {
            let ban = family.ban(&family.father, "2027-09-01");
            let made = server.post("/v1/contact-bans", &ban).token(&registrar).send().await.expect(201);
            keep(ids, &id_of(&made));
        }
        6 => {
            let path = format!("/v1/persons/{}/protection", family.child.id);
            let body =
                json!({ "protection": "protected-registration", "reason": "Beslut från Skatteverket" });
            server.put(&path, "*", &body).token(&officer).send().await.expect(200);
        }
        7 => {
            let path = format!("/v1/persons/{}/protection", family.child.id);
            let body =
                json!({ "protection": "none", "confirmed": true, "reason": "Beslut från Skatteverket" });
            server.put(&path, "*", &body).token(&officer).send().await.expect(200);
            let unit = json!({ "name": "Åkerö skola", "controllerId": family.school.controller.to_string(), "schoolTypes": ["FHS"], "valid": { "from": "2001-07-01" } });
            let unit = server.post("/v1/school-units", &unit).token(&registrar).send().await.expect(201);
            let enrolment = json!({ "personId": family.child.id, "schoolUnitId": id_of(&unit), "schoolTypeCode": "FHS", "period": { "from": "2028-08-15" } });
            let made = server.post("/v1/enrolments", &enrolment).token(&registrar).send().await.expect(201);
            keep(ids, &id_of(&made));
        }
        8 => server.clock.set(Utc.with_ymd_and_hms(2029, 3, 2, 22, 59, 59).unwrap()),
        9 => server.clock.set(Utc.with_ymd_and_hms(2029, 3, 2, 23, 0, 0).unwrap()),
        10 => {
            let child = family.participant(server, &family.child).await;
            let grant = json!({ "relativeId": family.mother.id, "rights": ["see"], "period": { "from": "2029-03-03" } });
            let made = server.post("/v1/me/grants", &grant).token(&child).send().await.expect(201);
            assert_eq!(made.body["rightsToday"], json!(["see"]));
            keep(ids, &id_of(&made));
        }
        _ => {
            let child = family.participant(server, &family.child).await;
            let path = format!("/v1/me/grants/{}", ids.last().unwrap());
            server.delete(&path, "\"1\"").token(&child).send().await.expect(204);
        }
    }
}

on_both! {
    // Shown over three years: at every step every GET operation is asked as each person involved,
    // and the table says exactly where the child is met.
    async fn a_family_over_three_years(server: TestServer) {
        let family = Family::enter(&server).await;
        let theirs = json!({
            "personId": family.neighbours_child.id, "relativeId": family.neighbour.id, "kind": "guardian",
            "period": { "from": "2011-10-10" }, "reason": "Enligt folkbokföringen",
        });
        family.relate(&server, &theirs).await;
        let mut ids: Vec<String> = family.members().iter().map(|(_, member)| member.id.clone()).collect();
        ids.extend([family.offering.clone(), family.enrolment.clone(), family.participation.clone()]);
        ids.extend(family.neighbours.clone());
        for (number, step) in STORY.iter().enumerate() {
            happen(&server, &family, number, &mut ids).await;
            let secrets = [family.enrolment.as_str(), family.participation.as_str()];
            let tells_of_child = |text: &str| family.child.is_in(text) || secrets.iter().any(|id| text.contains(id));
            for (who, member, expected) in [
                ("mother", &family.mother, step.mother),
                ("father", &family.father, step.father),
                ("neighbour", &family.neighbour, NOTHING),
            ] {
                let token = family.guardian(&server, member).await;
                let answers = asked(&server, &token, &ids).await;
                assert_eq!(telling(&answers, tells_of_child), set(expected), "{}: {who}", step.what);
                let offering = telling(&answers, |text| text.contains(&family.offering));
                let meets_offering = !expected.is_empty() || who == "neighbour";
                assert_eq!(offering.contains("/v1/course-offerings/{id}"), meets_offering, "{}: {who}", step.what);
                // Never another adult, nor how anybody but oneself is reached.
                for (other, adult) in family.members() {
                    if adult.id == member.id { continue }
                    let reach = |text: &str| adult.markers.iter().skip(1).any(|marker| text.contains(marker));
                    assert_eq!(telling(&answers, reach), set(NOTHING), "{}: {who} meets how {other} is reached", step.what);
                    if ["mother", "father", "neighbour"].contains(&other) {
                        assert_eq!(telling(&answers, |text| adult.is_in(text)), set(NOTHING), "{}: {who} meets {other}", step.what);
                    }
                }
                if who == "neighbour" {
                    let own = telling(&answers, |text| family.neighbours_child.is_in(text));
                    assert_eq!(own, set(SEES), "{}: the neighbour's own child", step.what);
                }
            }
            let token = family.participant(&server, &family.child).await;
            let answers = asked(&server, &token, &ids).await;
            assert_eq!(telling(&answers, tells_of_child), set(step.child), "{}: child", step.what);
            for adult in [&family.mother, &family.father, &family.neighbour, &family.neighbours_child] {
                let reach = |text: &str| adult.markers.iter().skip(1).any(|marker| text.contains(marker));
                assert_eq!(telling(&answers, reach), set(NOTHING), "{}: the child meets how others are reached", step.what);
            }
            let token = family.participant(&server, &family.neighbours_child).await;
            let answers = asked(&server, &token, &ids).await;
            assert_eq!(telling(&answers, tells_of_child), set(NOTHING), "{}: the neighbour's child", step.what);
        }
        server.stop().await;
    }
}

on_both! {
    async fn each_kind_opens_its_own_classes(server: TestServer) {
        let family = Family::enter(&server).await;
        let child = format!("/v1/persons/{}", family.child.id);
        for (kind, fields) in [
            ("guardian", &["birthDate", "identityNumbers"][..]),
            ("appointed-guardian", &["birthDate", "identityNumbers"]),
            ("child-god-man", &["birthDate", "identityNumbers"]),
            ("foster-home", &["birthDate"]),
            ("contact-only", &[]),
        ] {
            let mut relation = family.custody(&family.mother, "2020-01-01");
            relation["kind"] = json!(kind);
            relation["rights"] = json!(["see"]);
            let path = family.relate(&server, &relation).await;
            let mother = family.guardian(&server, &family.mother).await;
            let seen = server.get(&child).token(&mother).send().await.expect(200);
            assert_eq!(seen.body["name"]["familyName"], "Häggmark");
            for field in ["birthDate", "identityNumbers", "contact", "externalIdentifiers", "protection"] {
                assert_eq!(seen.body.get(field).is_some(), fields.contains(&field), "{kind}: {field}");
            }
            let registrar = family.staff(&server, Role::Registrar).await;
            server.delete(&path, "*").token(&registrar).send().await.expect(204);
        }
        // An adult's kinds carry nothing over a child.
        for kind in ["adult-god-man", "administrator"] {
            let mut relation = family.custody(&family.father, "2020-01-01");
            relation["kind"] = json!(kind);
            family.relate(&server, &relation).await;
        }
        let father = family.guardian(&server, &family.father).await;
        server.get(&child).token(&father).send().await.expect(404);
        assert_eq!(server.get("/v1/me/wards").token(&father).send().await.expect(200).body["data"], json!([]));
        server.stop().await;
    }
}

on_both! {
    async fn a_relation_gives_nothing_to_another_role_or_without_a_birth_date(server: TestServer) {
        let family = Family::enter(&server).await;
        let registrar = family.staff(&server, Role::Registrar).await;
        family.relate(&server, &family.custody(&family.mother, "2020-01-01")).await;
        let child = format!("/v1/persons/{}", family.child.id);
        // Who is a relative and has an account for something else meets the child as others do.
        let participant = family.participant(&server, &family.mother).await;
        server.get(&child).token(&participant).send().await.expect(404);
        server.get("/v1/me/wards").token(&participant).send().await.expect(403);
        let guardian = family.guardian(&server, &family.mother).await;
        server.get(&child).token(&guardian).send().await.expect(200);
        let there = server.get(&child).token(&registrar).send().await.expect(200);
        server.patch(&child, &there.etag(), &json!({ "birthDate": null })).token(&registrar).send().await.expect(200);
        server.get(&child).token(&guardian).send().await.expect(404);
        let preview = json!({ "personId": family.child.id, "relativeId": family.father.id, "kind": "guardian", "period": { "from": "2026-01-01" } });
        let preview = server.post("/v1/relation-previews", &preview).token(&registrar).send().await.expect(200);
        assert_eq!(preview.body["notes"], json!(["birth-date-unknown"]));
        assert_eq!(preview.body["spans"][0]["onceConfirmed"], json!([]));
        server.stop().await;
    }
}

on_both! {
    async fn only_a_grown_pupil_grants_and_only_to_their_relatives(server: TestServer) {
        let family = Family::enter(&server).await;
        family.relate(&server, &family.custody(&family.mother, "2020-01-01")).await;
        let grant = |to: &Member| json!({ "relativeId": to.id, "rights": ["see"], "period": { "from": "2026-01-01" } });
        let child = family.participant(&server, &family.child).await;
        let relatives = server.get("/v1/me/relatives").token(&child).send().await.expect(200);
        assert_eq!((&relatives.body["data"][0]["relativeId"], &relatives.body["data"][0]["mayGrant"]), (&json!(family.mother.id), &json!(false)));
        let early = server.post("/v1/me/grants", &grant(&family.mother)).token(&child).send().await.expect(422);
        assert_eq!(early.refused(), ["/relativeId"]);
        family.on(&server, "2029-03-03");
        let child = family.participant(&server, &family.child).await;
        for (to, body, pointer) in [
            ("a stranger", grant(&family.neighbour), "/relativeId"),
            ("nobody", json!({ "relativeId": "0199a3f0-7c00-7000-8000-00000000dead", "rights": ["see"], "period": { "from": "2026-01-01" } }), "/relativeId"),
            ("to decide", json!({ "relativeId": family.mother.id, "rights": ["decide"], "period": { "from": "2026-01-01" } }), "/rights"),
            ("nothing", json!({ "relativeId": family.mother.id, "rights": [], "period": { "from": "2026-01-01" } }), "/rights"),
        ] {
            let answer = server.post("/v1/me/grants", &body).token(&child).send().await.expect(422);
            assert_eq!(answer.refused(), [pointer], "{to}");
        }
        let made = server.post("/v1/me/grants", &grant(&family.mother)).token(&child).send().await.expect(201);
        let path = format!("/v1/me/grants/{}", id_of(&made));
        server.post("/v1/me/grants", &grant(&family.mother)).token(&child).send().await.expect(422);
        // Staff see what was granted and leave it to the pupil.
        let registrar = family.staff(&server, Role::Registrar).await;
        let relation = format!("/v1/relations/{}", id_of(&made));
        let more = json!({ "rights": ["see", "collect"], "reason": "Modern ringde" });
        server.patch(&relation, "*", &more).token(&registrar).send().await.expect(422);
        // Another pupil neither sees nor takes it back.
        let other = family.participant(&server, &family.neighbours_child).await;
        server.get(&path).token(&other).send().await.expect(404);
        server.delete(&path, "*").token(&other).send().await.expect(404);
        server.get(&path).token(&child).send().await.expect(200);
        let ban = json!({ "personId": family.child.id, "againstId": family.mother.id, "kind": "barred-relative", "period": { "from": "2029-03-03" }, "reason": "Pupillens egen begäran" });
        server.post("/v1/contact-bans", &ban).token(&registrar).send().await.expect(201);
        let mother = family.guardian(&server, &family.mother).await;
        server.get(&format!("/v1/persons/{}", family.child.id)).token(&mother).send().await.expect(404);
        server.delete(&path, "\"1\"").token(&child).send().await.expect(204);
        server.get(&path).token(&child).send().await.expect(404);
        server.stop().await;
    }
}
