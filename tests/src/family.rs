//! A family in a school's register: a child, two guardians, and another family beside them.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};
use skolhus_domain::{
    access::{Level, Role},
    id::{Id, PersonId, SchoolUnitId},
};
use uuid::Uuid;

use crate::{
    register::School,
    server::{Answer, TestServer},
};

/// A person of the register, and what would give them away.
#[derive(Clone, Debug)]
pub struct Member {
    /// Their id.
    pub id: String,
    /// Words that stand in their record and nowhere else.
    pub markers: Vec<String>,
}

impl Member {
    /// The id as the program has it.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    #[allow(clippy::expect_used, reason = "the register gives out ids")]
    pub fn person(&self) -> PersonId {
        PersonId::from_uuid(Uuid::parse_str(&self.id).expect("an id"))
    }

    /// Whether the text tells of them.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        text.contains(&self.id) || self.markers.iter().any(|marker| text.contains(marker))
    }
}

/// A child with two guardians, enrolled and participating; and another family.
pub struct Family {
    /// The school.
    pub school: School,
    /// The child, born on 3 March 2011.
    pub child: Member,
    /// One guardian.
    pub mother: Member,
    /// The other.
    pub father: Member,
    /// A guardian of another child in the same offering.
    pub neighbour: Member,
    /// That child.
    pub neighbours_child: Member,
    /// The offering that both children participate in.
    pub offering: String,
    /// The child's enrolment.
    pub enrolment: String,
    /// The child's participation.
    pub participation: String,
    /// The other child's enrolment and participation.
    pub neighbours: [String; 2],
}

impl Family {
    /// Enters the families, without any relation.
    ///
    /// # Panics
    /// When they cannot be entered.
    pub async fn enter(server: &TestServer) -> Self {
        let school = School::enter(server).await;
        let registrar = school.token(server, Role::Registrar).await;
        let unit = school.unit.to_string();
        let child = member(server, &registrar, ("Elsa", "Häggmark"), Some("2011-03-03"), &unit, 1).await;
        let mother = member(server, &registrar, ("Märta", "Lövenskiöld"), Some("1979-09-14"), &unit, 2).await;
        let father = member(server, &registrar, ("Göran", "Håkansbo"), Some("1977-02-21"), &unit, 3).await;
        let neighbour = member(server, &registrar, ("Åke", "Ängelsberg"), Some("1981-06-06"), &unit, 4).await;
        let neighbours_child =
            member(server, &registrar, ("Örjan", "Ängelsberg-Ek"), Some("2011-10-10"), &unit, 5).await;

        let made = |path: &'static str, body: Value| {
            let request = server.post(path, &body).token(&registrar);
            async move { id_of(&request.send().await.expect(201)) }
        };
        let term = made(
            "/v1/terms",
            json!({ "kind": "ht", "name": "HT 2026", "firstDay": "2026-08-17", "lastDay": "2026-12-18" }),
        )
        .await;
        let course = made(
            "/v1/courses",
            json!({ "code": "SLÖ", "title": "Slöjd", "kind": "course", "valid": { "from": "2020-07-01" } }),
        )
        .await;
        let offering = made(
            "/v1/course-offerings",
            json!({
                "courseId": course, "schoolUnitId": unit, "title": "Slöjd, halvgrupp", "termIds": [term],
                "firstDay": "2026-08-17", "lastDay": "2026-12-18", "form": "on-site", "pacePercent": 100,
            }),
        )
        .await;
        let mut first = Vec::new();
        for pupil in [&child, &neighbours_child] {
            let enrolment = made(
                "/v1/enrolments",
                json!({
                    "personId": pupil.id, "schoolUnitId": unit, "schoolTypeCode": "FHS",
                    "period": { "from": "2026-08-17" },
                }),
            )
            .await;
            let participation =
                made("/v1/participations", json!({ "personId": pupil.id, "offeringId": offering })).await;
            first.push((enrolment, participation));
        }
        let (enrolment, participation) = first.remove(0);
        let (theirs, with) = first.remove(0);
        Self {
            school,
            child,
            mother,
            father,
            neighbour,
            neighbours_child,
            offering,
            enrolment,
            participation,
            neighbours: [theirs, with],
        }
    }

    /// A fresh token of a staff role for the whole organiser.
    pub async fn staff(&self, server: &TestServer, role: Role) -> String {
        self.school.token_of(server, role, None, None, Level::High).await
    }

    /// A fresh token of a registrar of one unit.
    pub async fn registrar_of(&self, server: &TestServer, unit: SchoolUnitId) -> String {
        self.school.token_of(server, Role::Registrar, Some(unit), None, Level::High).await
    }

    /// A fresh token of a member as a guardian.
    pub async fn guardian(&self, server: &TestServer, member: &Member) -> String {
        self.school.token_of(server, Role::Guardian, None, Some(member.person()), Level::High).await
    }

    /// A fresh token of a member as a participant.
    pub async fn participant(&self, server: &TestServer, member: &Member) -> String {
        self.school.token_of(server, Role::Participant, None, Some(member.person()), Level::High).await
    }

    /// Enters a relation as one registrar and confirms it as another; its address.
    pub async fn relate(&self, server: &TestServer, relation: &Value) -> String {
        let registrar = self.staff(server, Role::Registrar).await;
        let made = server.post("/v1/relations", relation).token(&registrar).send().await.expect(201);
        let path = format!("/v1/relations/{}", id_of(&made));
        if made.body["state"] == "waiting" {
            self.confirm(server, &path).await;
        }
        path
    }

    /// Confirms what waits at an address, as a registrar who has entered nothing.
    ///
    /// # Panics
    /// When it cannot be confirmed.
    pub async fn confirm(&self, server: &TestServer, path: &str) -> Answer {
        let second = self.staff(server, Role::Registrar).await;
        let there = server.get(path).token(&second).send().await.expect(200);
        let version = there.body["version"].clone();
        let confirmation = format!("{path}/confirmation");
        server.post(&confirmation, &json!({ "version": version })).token(&second).send().await.expect(200)
    }

    /// A guardian's relation over the child, from a day on.
    #[must_use]
    pub fn custody(&self, guardian: &Member, from: &str) -> Value {
        json!({
            "personId": self.child.id, "relativeId": guardian.id, "kind": "guardian",
            "source": "population-register", "period": { "from": from },
            "reason": "Vårdnadshavare enligt folkbokföringen",
        })
    }

    /// A contact ban that keeps the child safe, from a day on.
    #[must_use]
    pub fn ban(&self, against: &Member, from: &str) -> Value {
        json!({
            "personId": self.child.id, "againstId": against.id, "kind": "contact-ban",
            "period": { "from": from }, "reason": "Kontaktförbud, åklagarens beslut",
        })
    }

    /// The members of the family, each with a name for a test's table.
    #[must_use]
    pub fn members(&self) -> [(&'static str, &Member); 5] {
        [
            ("child", &self.child),
            ("mother", &self.mother),
            ("father", &self.father),
            ("neighbour", &self.neighbour),
            ("neighbour's child", &self.neighbours_child),
        ]
    }

    /// Sets the clock to ten in the morning of a day.
    pub fn on(&self, server: &TestServer, day: &str) {
        server.clock.set(morning(day));
    }
}

/// Eight in the morning, UTC.
///
/// # Panics
/// When it is no day.
#[must_use]
#[allow(clippy::expect_used, reason = "tests name days that there are")]
pub fn morning(day: &str) -> DateTime<Utc> {
    let day: NaiveDate = day.parse().expect("a day");
    day.and_hms_opt(8, 0, 0).expect("a time").and_utc()
}

/// The id in an answer.
#[must_use]
pub fn id_of(answer: &Answer) -> String {
    answer.body["id"].as_str().unwrap_or_default().to_owned()
}

async fn member(
    server: &TestServer,
    registrar: &str,
    (given, family): (&str, &str),
    birth_date: Option<&str>,
    unit: &str,
    number: u32,
) -> Member {
    let (email, phone) = (format!("hemlig{number}@exempel.se"), format!("070-174 06 0{number}"));
    let (street, code) = (format!("Hemliggatan {number}00"), format!("P-{number}-hemlig"));
    let body = json!({
        "name": { "givenName": given, "familyName": family }, "birthDate": birth_date, "schoolUnitId": unit,
        "contact": {
            "emails": [{ "address": email }], "phones": [{ "number": phone }],
        },
        "addresses": [{
            "kind": "registered", "streetLines": [street], "postalCode": "702 10", "city": "Örebro",
            "municipalityCode": "1880", "period": { "from": "2020-01-01" },
        }],
        "externalIdentifiers": [{ "system": "rexnet", "value": code }],
    });
    let made = server.post("/v1/persons", &body).token(registrar).send().await.expect(201);
    let markers = vec![family.to_owned(), email, phone, street, code];
    Member { id: id_of(&made), markers }
}
