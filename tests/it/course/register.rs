//! What the tests of courses and duties begin with: persons and a term, entered as the
//! program itself would.

use chrono::NaiveDate;
use serde_json::{Value, json};
use skolhus_api::http::problem::Problem;
use skolhus_domain::{
    access::{Caller, Level, Role},
    id::{Id, OfferingId, PersonId, SchoolUnitId, TermId},
    organisation::NewTerm,
    participation::NewParticipation,
    person::{NameDraft, NewPerson, PersonDraft, ProtectionReport},
};
use skolhus_persistence::{
    course::offering,
    organisation::{school_unit, term},
    participation, person,
};
use skolhus_tests::{register::School, server::TestServer};

pub(crate) fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap()
}

fn system(server: &TestServer, school: &School) -> Caller {
    Caller::system("test", school.organiser, server.state.fresh_uuid(), server.state.clock.now())
}

fn draft(school: &School, given: &str, family: &str, protection: ProtectionReport) -> PersonDraft {
    PersonDraft {
        name: NameDraft {
            given: given.to_owned(),
            middle: None,
            family: family.to_owned(),
            preferred_given: None,
        },
        birth_date: None,
        sex: None,
        identity_numbers: vec![],
        contact: skolhus_domain::person::ContactDraft::default(),
        addresses: vec![],
        protection,
        external_identifiers: vec![],
        registered_at: Some(school.unit),
    }
}

/// Enters a person, protected or not.
pub(crate) async fn person(
    server: &TestServer,
    school: &School,
    given: &str,
    family: &str,
    protection: ProtectionReport,
) -> PersonId {
    let id = server.state.fresh();
    let draft = draft(school, given, family, protection);
    let new = NewPerson::new(id, school.organiser, &draft, day(8, 17)).unwrap();
    let write = move |tx: &mut skolhus_persistence::Tx<'_>, scope: &_| {
        person::insert_many(tx, scope, vec![new.clone()]).map_err(Problem::from)
    };
    server.state.database.write(&system(server, school), write).await.unwrap();
    id
}

/// Enters the autumn term of the whole organiser.
pub(crate) async fn autumn(server: &TestServer, school: &School) -> TermId {
    let id = server.state.fresh();
    let write = move |tx: &mut skolhus_persistence::Tx<'_>, scope: &_| {
        let new = NewTerm {
            school_unit: None,
            kind: skolhus_domain::organisation::TermKind::Autumn.code(),
            first_day: day(8, 17),
            last_day: day(12, 18),
            name: "HT 2026",
        };
        term::insert(tx, scope, id, &new.validate().map_err(Problem::from)?)?;
        Ok::<_, Problem>(())
    };
    server.state.database.write(&system(server, school), write).await.unwrap();
    id
}

/// Enters a second school unit like the first.
pub(crate) async fn other_unit(server: &TestServer, school: &School) -> SchoolUnitId {
    let (id, first) = (server.state.fresh(), school.unit);
    let write = move |tx: &mut skolhus_persistence::Tx<'_>, scope: &_| {
        let unit = school_unit::find(tx.connection(), scope, first)?.unwrap();
        school_unit::insert(tx, scope, id, unit.value)?;
        Ok::<_, Problem>(())
    };
    server.state.database.write(&system(server, school), write).await.unwrap();
    id
}

/// Gives a person a place in an offering.
pub(crate) async fn place(server: &TestServer, school: &School, person: PersonId, in_offering: &Value) {
    let id = server.state.fresh();
    let offering: OfferingId = Id::from_uuid(in_offering["id"].as_str().unwrap().parse().unwrap());
    let write = move |tx: &mut skolhus_persistence::Tx<'_>, scope: &_| {
        let found = offering::find(tx.connection(), scope, offering)?.unwrap();
        let new = NewParticipation {
            person,
            offering,
            period: (found.value.period.from(), None),
            pace_percent: None,
            funding: None,
        };
        let new = new.validate(&found.value, &[], []).map_err(Problem::from)?;
        participation::insert_many(tx, scope, &[(id, new)])?;
        Ok::<_, Problem>(())
    };
    server.state.database.write(&system(server, school), write).await.unwrap();
}

/// A school with a term, a course and a registrar's token.
pub(crate) struct Autumn {
    pub(crate) school: School,
    pub(crate) registrar: String,
    pub(crate) term: TermId,
    pub(crate) course: String,
}

impl Autumn {
    pub(crate) async fn enter(server: &TestServer) -> Self {
        let school = School::enter(server).await;
        let registrar = school.token(server, Role::Registrar).await;
        let term = autumn(server, &school).await;
        let course = json!({ "code": "AK", "title": "Allmän kurs", "kind": "course", "valid": { "from": "2020-07-01" } });
        let course = server.post("/v1/courses", &course).token(&registrar).send().await.expect(201);
        let course = course.body["id"].as_str().unwrap().to_owned();
        Self { school, registrar, term, course }
    }

    /// A body for an offering at the school.
    pub(crate) fn body(&self, title: &str) -> Value {
        json!({
            "courseId": self.course, "schoolUnitId": self.school.unit.to_string(), "title": title,
            "termIds": [self.term.to_string()], "firstDay": "2026-08-17", "lastDay": "2026-12-18",
            "form": "mixed", "pacePercent": 75, "courseNumbers": { "2026ht": "101" }, "courseTypeCode": "1",
            "plannedHours": 380.25, "courseDays": 85, "meetingDays": 6, "capacity": 2
        })
    }

    pub(crate) async fn offering(&self, server: &TestServer, title: &str) -> Value {
        let body = self.body(title);
        server.post("/v1/course-offerings", &body).token(&self.registrar).send().await.expect(201).body
    }

    /// Enters a duty as teacher; returns its id.
    pub(crate) async fn duty(&self, server: &TestServer, person: PersonId) -> String {
        let body = json!({
            "personId": person.to_string(), "schoolUnitId": self.school.unit.to_string(),
            "role": "teacher", "period": { "from": "2026-08-01" }
        });
        let duty = server.post("/v1/duties", &body).token(&self.registrar).send().await.expect(201);
        duty.body["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn token_of(
        &self,
        server: &TestServer,
        role: Role,
        unit: Option<SchoolUnitId>,
        person: Option<PersonId>,
    ) -> String {
        self.school.token_of(server, role, unit, person, Level::Substantial).await
    }
}

pub(crate) fn path(offering: &Value) -> String {
    format!("/v1/course-offerings/{}", offering["id"].as_str().unwrap())
}

/// Marks a person as protected, as the population register would.
pub(crate) async fn protect(server: &TestServer, school: &School, id: PersonId) {
    let marked = NewPerson::new(
        id,
        school.organiser,
        &draft(school, "Östen", "Hemlig", ProtectionReport::Marked),
        day(8, 17),
    );
    let marked = marked.unwrap();
    let write = move |tx: &mut skolhus_persistence::Tx<'_>, scope: &_| {
        person::update(tx, scope, id, 1, marked.facts()).map_err(Problem::from)
    };
    server.state.database.write(&system(server, school), write).await.unwrap();
}
