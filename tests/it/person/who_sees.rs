//! The reviewed table of protection: who meets a protected pupil and a protected teacher, where, and as whom.
//!
//! Every GET operation is asked about everything there is, as each caller. Two things are told apart: where
//! what is theirs alone stands (their names, how they are reached, how other systems call them), and where
//! they are met at all (their id, their alias, or the id of a row about them).

use std::collections::BTreeSet;

use serde_json::{Value, json};
use skolhus_api::{http::problem::Problem, identity::keyring::Bearer};
use skolhus_domain::{
    access::{Caller, Identity, Level, Permission, Role},
    id::{ClientId, Id, PersonId},
    identity::NewClient,
};
use skolhus_persistence::{Tx, identity::client};
use skolhus_tests::{
    family::{Family, Member, id_of},
    on_both,
    server::TestServer,
};
use uuid::Uuid;

use super::wards::{SEES, asked, set, telling};

/// One line of the table.
struct Line {
    who: &'static str,
    /// Where the pupil is met, and where by what is theirs alone.
    pupil: (&'static [&'static str], &'static [&'static str]),
    /// Where the teacher is met, and where by what is theirs alone.
    teacher: (&'static [&'static str], &'static [&'static str]),
}

const NOTHING: &[&str] = &[];
/// The rosters of what a teacher teaches: under the alias.
const TAUGHT: &[&str] = &[
    "/v1/course-offerings/{id}/activity-figures",
    "/v1/course-offerings/{id}/activity/{date}",
    "/v1/participations",
    "/v1/participations/{id}",
];
/// The same, and the group that a mentor answers for.
const ANSWERED_FOR: &[&str] = &[
    "/v1/course-offerings/{id}/activity-figures",
    "/v1/group-memberships",
    "/v1/group-memberships/{id}",
    "/v1/groups/{id}/members",
    "/v1/participations",
    "/v1/participations/{id}",
];
/// Both.
const TAUGHT_AND_ANSWERED_FOR: &[&str] = &[
    "/v1/course-offerings/{id}/activity-figures",
    "/v1/course-offerings/{id}/activity/{date}",
    "/v1/group-memberships",
    "/v1/group-memberships/{id}",
    "/v1/groups/{id}/members",
    "/v1/participations",
    "/v1/participations/{id}",
];
/// A relative who is cleared: as other guardians, and the group that the pupil belongs to.
const CLEARED: &[&str] = &[
    "/v1/course-offerings/{id}/activity-figures",
    "/v1/enrolments",
    "/v1/enrolments/{id}",
    "/v1/group-memberships",
    "/v1/group-memberships/{id}",
    "/v1/groups/{id}/members",
    "/v1/me/wards",
    "/v1/participations",
    "/v1/participations/{id}",
    "/v1/participations/{id}/study-certificate",
    "/v1/persons",
    "/v1/persons/{id}",
    "/v1/today",
];
/// The pupil themselves.
const OWN: &[&str] = &[
    "/v1/course-offerings/{id}/activity-figures",
    "/v1/enrolments",
    "/v1/enrolments/{id}",
    "/v1/group-memberships",
    "/v1/group-memberships/{id}",
    "/v1/groups/{id}/members",
    "/v1/me",
    "/v1/me/addresses",
    "/v1/me/person",
    "/v1/participations",
    "/v1/participations/{id}",
    "/v1/today",
];
/// Where they stand by name.
const OWN_BY_NAME: &[&str] = &[
    "/v1/course-offerings/{id}/activity-figures",
    "/v1/enrolments",
    "/v1/enrolments/{id}",
    "/v1/group-memberships",
    "/v1/group-memberships/{id}",
    "/v1/groups/{id}/members",
    "/v1/me/addresses",
    "/v1/me/person",
    "/v1/participations",
    "/v1/participations/{id}",
    "/v1/today",
];
/// Those who see where the teacher works: under the alias.
const OFFERING: &[&str] = &["/v1/course-offerings", "/v1/course-offerings/{id}"];
const OFFERING_AND_GROUP: &[&str] =
    &["/v1/course-offerings", "/v1/course-offerings/{id}", "/v1/groups", "/v1/groups/{id}"];
/// The teacher themselves.
const OWN_TEACHING: &[&str] = &[
    "/v1/course-offerings",
    "/v1/course-offerings/{id}",
    "/v1/duties",
    "/v1/groups",
    "/v1/groups/{id}",
    "/v1/me",
    "/v1/me/person",
];

/// The table.
const TABLE: [Line; 17] = [
    Line { who: "registrar", pupil: (NOTHING, NOTHING), teacher: (OFFERING_AND_GROUP, NOTHING) },
    Line { who: "registrar of the unit", pupil: (NOTHING, NOTHING), teacher: (OFFERING_AND_GROUP, NOTHING) },
    Line { who: "principal", pupil: (NOTHING, NOTHING), teacher: (OFFERING_AND_GROUP, NOTHING) },
    Line { who: "administrator", pupil: (NOTHING, NOTHING), teacher: (OFFERING, NOTHING) },
    Line { who: "protection officer", pupil: (NOTHING, NOTHING), teacher: (NOTHING, NOTHING) },
    Line { who: "their teacher", pupil: (TAUGHT, NOTHING), teacher: (OFFERING, NOTHING) },
    Line {
        who: "principal who teaches them",
        pupil: (TAUGHT, NOTHING),
        teacher: (OFFERING_AND_GROUP, NOTHING),
    },
    Line { who: "their mentor", pupil: (ANSWERED_FOR, NOTHING), teacher: (OFFERING_AND_GROUP, NOTHING) },
    Line { who: "another teacher", pupil: (NOTHING, NOTHING), teacher: (NOTHING, NOTHING) },
    Line {
        who: "the protected teacher",
        pupil: (TAUGHT_AND_ANSWERED_FOR, NOTHING),
        teacher: (OWN_TEACHING, &["/v1/me/person"]),
    },
    Line { who: "the protected pupil", pupil: (OWN, OWN_BY_NAME), teacher: (OFFERING_AND_GROUP, NOTHING) },
    Line { who: "another pupil", pupil: (NOTHING, NOTHING), teacher: (OFFERING_AND_GROUP, NOTHING) },
    Line { who: "the cleared guardian", pupil: (CLEARED, CLEARED), teacher: (OFFERING_AND_GROUP, NOTHING) },
    Line { who: "the other guardian", pupil: (NOTHING, NOTHING), teacher: (NOTHING, NOTHING) },
    Line {
        who: "another pupil's guardian",
        pupil: (NOTHING, NOTHING),
        teacher: (OFFERING_AND_GROUP, NOTHING),
    },
    Line { who: "integrator", pupil: (NOTHING, NOTHING), teacher: (NOTHING, NOTHING) },
    Line { who: "integrator of the unit", pupil: (NOTHING, NOTHING), teacher: (NOTHING, NOTHING) },
];

/// A school in which a pupil and a teacher are protected.
struct Guarded {
    family: Family,
    registrar: String,
    officer: String,
    teacher: Member,
    group: String,
    membership: String,
    /// The alias of the pupil, and the one of the teacher, as lists join given and family name.
    aliases: [[String; 2]; 2],
    callers: Vec<(&'static str, String)>,
}

impl Guarded {
    async fn enter(server: &TestServer) -> Self {
        let family = Family::enter(server).await;
        let registrar = family.staff(server, Role::Registrar).await;
        let unit = family.school.unit.to_string();
        let post = async |path: &str, body: &Value| {
            server.post(path, body).token(&registrar).send().await.expect(201)
        };
        let mut staff = Vec::new();
        for (given, surname) in [
            ("Tord", "Åskskräll"),
            ("Ylva", "Östlund"),
            ("Sixten", "Ekhult"),
            ("Måns", "Åkerlund"),
            ("Rut", "Älvåker"),
        ] {
            let email = format!("{}@exempel.se", surname.to_lowercase().replace(['å', 'ä', 'ö'], "o"));
            let person = json!({
                "name": { "givenName": given, "familyName": surname }, "schoolUnitId": unit,
                "contact": { "emails": [{ "address": email }] },
            });
            let id = id_of(&post("/v1/persons", &person).await);
            let duty = json!({ "personId": id, "schoolUnitId": unit, "role": "teacher", "period": { "from": "2026-08-01" } });
            let duty = id_of(&post("/v1/duties", &duty).await);
            staff.push((Member { id, markers: vec![surname.to_owned(), email] }, duty));
        }
        let group = json!({ "schoolUnitId": unit, "kind": "mentor", "name": "Mentorsgrupp Äppelviken", "period": { "from": "2026-08-17", "to": "2027-06-11" } });
        let group = id_of(&post("/v1/groups", &group).await);
        let mut memberships = Vec::new();
        for pupil in [&family.child, &family.neighbours_child] {
            let member =
                json!({ "personId": pupil.id, "groupId": group, "period": { "from": "2026-08-17" } });
            memberships.push(id_of(&post("/v1/group-memberships", &member).await));
        }
        let at_work = |places: &[usize], role: &str| -> Vec<Value> {
            let one = |place: &usize| json!({ "dutyId": staff[*place].1, "role": role, "period": { "from": "2026-08-17" } });
            places.iter().map(one).collect()
        };
        let teachers = json!({ "teachers": at_work(&[0, 1, 4], "teacher") });
        let path = format!("/v1/course-offerings/{}/teachers", family.offering);
        server.put(&path, "*", &teachers).token(&registrar).send().await.expect(200);
        let mentors = json!({ "assignments": at_work(&[0, 2], "mentor") });
        let path = format!("/v1/groups/{group}/assignments");
        server.put(&path, "*", &mentors).token(&registrar).send().await.expect(200);
        for guardian in [&family.mother, &family.father] {
            family.relate(server, &family.custody(guardian, "2011-03-03")).await;
        }
        let theirs = json!({
            "personId": family.neighbours_child.id, "relativeId": family.neighbour.id, "kind": "guardian",
            "period": { "from": "2011-10-10" }, "reason": "Enligt folkbokföringen",
        });
        family.relate(server, &theirs).await;

        let officer = family.staff(server, Role::ProtectionOfficer).await;
        let mut aliases = Vec::new();
        for person in [&family.child, &staff[0].0] {
            let path = format!("/v1/persons/{}", person.id);
            let mark = json!({ "protection": "protected-registration" });
            server.put(&format!("{path}/protection"), "*", &mark).token(&officer).send().await.expect(200);
            let why = json!({ "reason": "Kontroll av planen" });
            let plan = server
                .post(&format!("{path}/handling-plan/disclosure"), &why)
                .token(&officer)
                .send()
                .await
                .expect(200);
            let (word, number) = plan.body["alias"].as_str().unwrap().split_once(' ').unwrap();
            // In rosters given and family name stand apart; of staff they stand together.
            let apart =
                format!("\"givenName\":\"{word}\",\"preferredGivenName\":null,\"familyName\":\"{number}\"");
            aliases.push([apart, format!("{word} {number}")]);
        }
        let clearing = json!({ "personId": family.child.id, "relativeId": family.mother.id, "reason": "Modern är ensam vårdnadshavare" });
        let made = server.post("/v1/clearings", &clearing).token(&officer).send().await.expect(201);
        let second = family.staff(server, Role::ProtectionOfficer).await;
        let path = format!("/v1/clearings/{}/confirmation", id_of(&made));
        server.post(&path, &json!({ "version": 1 })).token(&second).send().await.expect(200);

        let school = &family.school;
        let teacher = async |place: usize| {
            school.token_of(server, Role::Teacher, None, Some(staff[place].0.person()), Level::High).await
        };
        let callers = vec![
            ("registrar", registrar.clone()),
            ("registrar of the unit", family.registrar_of(server, school.unit).await),
            ("principal", family.staff(server, Role::Principal).await),
            ("administrator", family.staff(server, Role::Administrator).await),
            ("protection officer", officer.clone()),
            ("their teacher", teacher(1).await),
            ("principal who teaches them", both_roles(server, &family, staff[4].0.person()).await),
            ("their mentor", teacher(2).await),
            ("another teacher", teacher(3).await),
            ("the protected teacher", teacher(0).await),
            ("the protected pupil", family.participant(server, &family.child).await),
            ("another pupil", family.participant(server, &family.neighbours_child).await),
            ("the cleared guardian", family.guardian(server, &family.mother).await),
            ("the other guardian", family.guardian(server, &family.father).await),
            ("another pupil's guardian", family.guardian(server, &family.neighbour).await),
            ("integrator", integrator(server, &family, false).await),
            ("integrator of the unit", integrator(server, &family, true).await),
        ];
        Self {
            registrar,
            officer,
            teacher: staff.remove(0).0,
            group,
            membership: memberships.remove(0),
            aliases: [aliases.remove(0), aliases.remove(0)],
            callers,
            family,
        }
    }

    fn ids(&self) -> Vec<String> {
        let Self { family, teacher, group, membership, .. } = self;
        let mut ids: Vec<String> = family.members().iter().map(|(_, member)| member.id.clone()).collect();
        ids.extend([&family.offering, &family.enrolment, &family.participation].map(Clone::clone));
        ids.extend([&teacher.id, group, membership].map(Clone::clone));
        ids
    }

    /// Whether a text tells of the pupil, and whether by what is theirs alone.
    fn tells_of_pupil(&self, text: &str) -> (bool, bool) {
        let Self { family, membership, aliases: [pupil, _], .. } = self;
        let rows = [&family.child.id, &family.enrolment, &family.participation, membership];
        let named = family.child.markers.iter().any(|marker| text.contains(marker));
        let met = rows.iter().any(|id| text.contains(id.as_str()))
            || pupil.iter().any(|alias| text.contains(alias));
        (met || named, named)
    }

    fn tells_of_teacher(&self, text: &str) -> (bool, bool) {
        let [_, alias] = &self.aliases;
        let named = self.teacher.markers.iter().any(|marker| text.contains(marker));
        (named || text.contains(&self.teacher.id) || alias.iter().any(|alias| text.contains(alias)), named)
    }
}

/// One account that is principal of the whole organiser and teacher besides.
async fn both_roles(server: &TestServer, family: &Family, person: PersonId) -> String {
    use skolhus_domain::{id::AccountId, person::EmailAddress};
    use skolhus_persistence::identity::account;
    let state = &server.state;
    let (account, assignments): (AccountId, [_; 2]) = (state.fresh(), [state.fresh(), state.fresh()]);
    let caller = system(server, family);
    let entered = state.database.write(&caller, move |tx, scope| {
        let email = EmailAddress::new("rut.alvaker@exempel.se").map_err(Problem::from)?;
        account::insert(tx, scope, account, Some(person), &email)?;
        for (assignment, role) in assignments.into_iter().zip([Role::Principal, Role::Teacher]) {
            account::assign_role(tx, scope, assignment, account, role, None)?;
        }
        Ok::<_, Problem>(())
    });
    entered.await.unwrap();
    let identity = Identity::Account(account, None);
    server.token(&Bearer { organiser: family.school.organiser, identity, level: Level::High })
}

/// A client with every scope that there is.
async fn integrator(server: &TestServer, family: &Family, of_unit: bool) -> String {
    let id: ClientId = server.state.fresh();
    let scopes: Vec<String> = Permission::client_scopes().map(|scope| scope.code().to_owned()).collect();
    let units = if of_unit { vec![family.school.unit] } else { vec![] };
    let write = move |tx: &mut Tx<'_>, scope: &_| {
        let new = NewClient {
            name: "Schemasystemet",
            scopes: &scopes,
            school_units: &units,
            ..NewClient::default()
        };
        client::insert(tx, scope, id, &new.validate().map_err(Problem::from)?)?;
        Ok::<_, Problem>(())
    };
    server.state.database.write(&system(server, family), write).await.unwrap();
    let identity = Identity::Client(id);
    server.token(&Bearer { organiser: family.school.organiser, identity, level: Level::Basic })
}

fn system(server: &TestServer, family: &Family) -> Caller {
    Caller::system("test", family.school.organiser, server.state.fresh_uuid(), server.state.clock.now())
}

on_both! {
    async fn each_sees_exactly_what_the_table_says(server: TestServer) {
        let guarded = Guarded::enter(&server).await;
        server.settle_log().await;
        let ids = guarded.ids();
        assert_eq!(guarded.callers.len(), TABLE.len());
        let mut wrong = Vec::new();
        for ((who, token), line) in guarded.callers.iter().zip(TABLE) {
            assert_eq!(*who, line.who);
            let answers = asked(&server, token, &ids).await;
            let met = |tells: &dyn Fn(&str) -> (bool, bool)| -> [BTreeSet<String>; 2] {
                [telling(&answers, |text| tells(text).0), telling(&answers, |text| tells(text).1)]
            };
            let pupil = met(&|text| guarded.tells_of_pupil(text));
            if pupil != [set(line.pupil.0), set(line.pupil.1)] {
                wrong.push(format!("{who} meets the pupil: {pupil:?}"));
            }
            let teacher = met(&|text| guarded.tells_of_teacher(text));
            if teacher != [set(line.teacher.0), set(line.teacher.1)] {
                wrong.push(format!("{who} meets the teacher: {teacher:?}"));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert!(CLEARED.iter().filter(|path| !path.contains("group")).eq(SEES), "as other guardians");
        server.stop().await;
    }
}

on_both! {
    // What is not a GET: searches, lists that leave, contact sheets of others, and what refusals say.
    async fn neither_searches_nor_exports_nor_refusals_tell(server: TestServer) {
        let guarded = Guarded::enter(&server).await;
        let family = &guarded.family;
        let (pupil, unit) = (&family.child.id, family.school.unit.to_string());
        let nobody = "0199a3f0-7c00-7000-8000-00000000dead";
        for (who, token) in &guarded.callers {
            if ["the protected pupil", "the cleared guardian", "the protected teacher"].contains(who) {
                continue;
            }
            for (path, whom) in [
                ("/v1/exports/participant-list", json!({ "offeringId": family.offering })),
                ("/v1/exports/participant-list", json!({ "schoolUnitId": unit })),
                ("/v1/exports/contact-list", json!({ "schoolUnitId": unit })),
                ("/v1/exports/class-list", json!({ "groupId": guarded.group })),
            ] {
                let mut body = whom;
                body["columns"] = json!(["familyName", "givenName"]);
                body["written"] = json!({ "format": "csv", "purpose": "Närvarolista" });
                let answer = server.post(path, &body).token(token).send().await;
                assert!(matches!(answer.status.as_u16(), 200 | 403 | 422), "{path} as {who}: {}", answer.text);
                assert_eq!(guarded.tells_of_pupil(&answer.text), (false, false), "{path} as {who}");
                assert_eq!(guarded.tells_of_teacher(&answer.text), (false, false), "{path} as {who}");
            }
            // A refusal says of the protected what it says of nobody.
            for (path, place) in [("/v1/participations", "offeringId"), ("/v1/group-memberships", "groupId")] {
                let target = if place == "groupId" { &guarded.group } else { &family.offering };
                let ask = async |person: &str| {
                    let body = json!({ "personId": person, place: target, "period": { "from": "2026-08-17" } });
                    let answer = server.post(path, &body).token(token).send().await;
                    (answer.status, answer.body["errors"].to_string().replace(person, "…"))
                };
                assert_eq!(ask(pupil).await, ask(nobody).await, "{path} as {who}");
            }
            for query in ["name=H%C3%A4ggm", "name=%C3%85skskr%C3%A4ll", "nameContains=ggmark"] {
                let found = server.get(&format!("/v1/persons?{query}")).token(token).send().await;
                assert!(found.status == 403 || found.body["data"] == json!([]), "{query} as {who}: {}", found.text);
            }
        }
        // The officer opens both, in other ways, with a reason.
        for person in [pupil, &guarded.teacher.id] {
            let path = format!("/v1/persons/{person}/disclosure");
            server.post(&path, &json!({ "reason": "Kallelse till samtal" })).token(&guarded.officer).send().await.expect(200);
        }
        // Their places are counted.
        let offering = server.get(&format!("/v1/course-offerings/{}", family.offering)).token(&guarded.registrar).send().await.expect(200);
        assert_eq!(offering.body["placesTaken"], 2);
        server.stop().await;
    }
}

on_both! {
    // The roster is in the order of what it shows, whichever name that is, and costs no more than others.
    async fn a_place_in_the_roster_does_not_tell_the_name_behind_it(server: TestServer) {
        let guarded = Guarded::enter(&server).await;
        let family = &guarded.family;
        let token = &guarded.callers.iter().find(|(who, _)| *who == "their teacher").unwrap().1;
        let path = format!("/v1/participations?offeringId={}", family.offering);
        let names = async |query: &str| -> Vec<String> {
            let (answer, statements) = server.statements(server.get(&format!("{path}{query}")).token(token).send()).await;
            assert!(statements <= 3, "{statements} statements");
            let answer = answer.expect(200);
            let rows = answer.body["data"].as_array().unwrap();
            rows.iter().map(|row| row["personName"]["familyName"].as_str().unwrap().to_owned()).collect()
        };
        let alias = names("").await.remove(0);
        // Ängelsberg-Ek stands after every number, and before Österman; Häggmark would too.
        assert_eq!(names("").await, [alias.clone(), "Ängelsberg-Ek".to_owned()]);
        assert_eq!(names("&sort=-name").await, ["Ängelsberg-Ek".to_owned(), alias.clone()]);
        let plan = format!("/v1/persons/{}/handling-plan", family.child.id);
        let decide = async |body: Value| {
            let mut body = body;
            body["responsibleId"] = json!(guarded.callers_person("Älvåker", &server).await);
            body["reason"] = json!("Samtal med modern");
            server.patch(&plan, "*", &body).token(&guarded.officer).send().await.expect(200);
        };
        decide(json!({ "shownName": "chosen", "chosenName": { "givenName": "Kim", "familyName": "Österman" } })).await;
        assert_eq!(names("").await, ["Ängelsberg-Ek", "Österman"]);
        // Page by page each comes once.
        let first = server.get(&format!("{path}&limit=1")).token(token).send().await.expect(200);
        assert_eq!(first.body["data"][0]["personName"]["familyName"], "Ängelsberg-Ek");
        let next = format!("{path}&limit=1&pageToken={}", first.body["pageToken"].as_str().unwrap());
        let second = server.get(&next).token(token).send().await.expect(200);
        assert_eq!((&second.body["data"][0]["personName"]["familyName"], &second.body["pageToken"]), (&json!("Österman"), &json!(null)));
        decide(json!({ "shownName": "own", "confirmed": true })).await;
        assert_eq!(names("").await, ["Häggmark", "Ängelsberg-Ek"]);
        // The person stays closed.
        server.get(&format!("/v1/persons/{}", family.child.id)).token(token).send().await.expect(404);
        // When they teach no more they meet nobody.
        let empty = json!({ "teachers": [] });
        let teachers = format!("/v1/course-offerings/{}/teachers", family.offering);
        server.put(&teachers, "*", &empty).token(&guarded.registrar).send().await.expect(200);
        assert_eq!(names("").await, [] as [&str; 0]);
        server.stop().await;
    }
}

impl Guarded {
    /// The id of a member of staff by their family name.
    async fn callers_person(&self, family: &str, server: &TestServer) -> PersonId {
        let list = server.get("/v1/persons?limit=500").token(&self.registrar).send().await.expect(200);
        let rows = list.body["data"].as_array().unwrap();
        let row = rows.iter().find(|row| row["name"]["familyName"] == family).unwrap();
        PersonId::from_uuid(row["id"].as_str().unwrap().parse::<Uuid>().unwrap())
    }
}
