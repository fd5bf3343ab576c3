//! What the tests of groups begin with: a compulsory school with a class, subjects and pupils.

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};
use skolhus_api::http::problem::Problem;
use skolhus_domain::{
    access::{Caller, Level, Role},
    course::{NewCourse, Offering, Pace, StudyForm},
    id::{CourseId, OfferingId, PersonId},
    period::Period,
    person::{ContactDraft, NameDraft, NewPerson, PersonDraft, ProtectionReport},
    text::Text,
};
use skolhus_persistence::{
    course::{course, offering},
    person,
};
use skolhus_tests::{
    register::School,
    server::{Answer, TestServer},
};

/// 17 August 2026, the first school day.
pub(crate) fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 8, 17).unwrap()
}

/// So many days after the first school day.
pub(crate) fn day(number: u64) -> NaiveDate {
    first_day() + Days::new(number)
}

/// A school with a registrar, a course, and offerings from 17 August to 18 December.
pub(crate) struct Autumn {
    pub(crate) school: School,
    pub(crate) registrar: String,
    pub(crate) course: CourseId,
}

impl Autumn {
    pub(crate) async fn enter(server: &TestServer) -> Self {
        let school = School::enter(server).await;
        let registrar = school.token(server, Role::Registrar).await;
        let id = server.state.fresh();
        let write = move |tx: &mut skolhus_persistence::Tx<'_>, scope: &_| {
            let new = NewCourse {
                code: "MA",
                title: "Matematik",
                subject_code: None,
                kind: "subject",
                points: None,
                valid: (day(0), None),
            };
            course::insert_many(tx, scope, &[(id, new.validate().map_err(Problem::from)?)])?;
            Ok::<_, Problem>(())
        };
        server.state.database.write(&system(server, &school), write).await.unwrap();
        Self { school, registrar, course: id }
    }

    /// Enters an offering; a part of another where one is given.
    pub(crate) async fn offering(
        &self,
        server: &TestServer,
        title: &'static str,
        capacity: Option<u32>,
        part_of: Option<OfferingId>,
    ) -> OfferingId {
        let (id, course, unit) = (server.state.fresh(), self.course, self.school.unit);
        let write = move |tx: &mut skolhus_persistence::Tx<'_>, scope: &_| {
            let offered = Offering {
                course,
                school_unit: unit,
                title: Text::line(title, 200).map_err(Problem::from)?,
                terms: vec![],
                period: Period::new(day(0), Some(day(123))).map_err(Problem::from)?,
                course_type: None,
                course_numbers: std::collections::BTreeMap::new(),
                form: StudyForm::OnSite,
                pace: Pace::new(60).map_err(Problem::from)?,
                planned_time: None,
                course_days: None,
                meeting_days: None,
                site: None,
                capacity,
                part_of,
            };
            offering::insert_many(tx, scope, &[(id, offered)])?;
            Ok::<_, Problem>(())
        };
        server.state.database.write(&system(server, &self.school), write).await.unwrap();
        id
    }

    /// Enters a group; returns its id.
    pub(crate) async fn group(&self, server: &TestServer, kind: &str, name: &str) -> String {
        let body = json!({
            "schoolUnitId": self.school.unit.to_string(), "kind": kind, "name": name,
            "period": { "from": "2026-08-17", "to": "2027-06-11" }
        });
        self.post(server, "/v1/groups", &body).await.expect(201).body["id"].as_str().unwrap().to_owned()
    }

    /// Enters persons, in this order.
    pub(crate) async fn persons(
        &self,
        server: &TestServer,
        names: &[(&str, &str)],
        protection: ProtectionReport,
    ) -> Vec<PersonId> {
        let mut ids = Vec::new();
        let mut new = Vec::new();
        for (given, family) in names {
            let id = server.state.fresh();
            new.push(
                NewPerson::new(id, self.school.organiser, &self.draft(given, family, protection), day(0))
                    .unwrap(),
            );
            ids.push(id);
        }
        let write = move |tx: &mut skolhus_persistence::Tx<'_>, scope: &_| {
            person::insert_many(tx, scope, new.clone()).map_err(Problem::from)
        };
        server.state.database.write(&system(server, &self.school), write).await.unwrap();
        ids
    }

    fn draft(&self, given: &str, family: &str, protection: ProtectionReport) -> PersonDraft {
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
            contact: ContactDraft::default(),
            addresses: vec![],
            protection,
            external_identifiers: vec![],
            registered_at: Some(self.school.unit),
        }
    }

    /// Pupils with different names.
    pub(crate) async fn pupils(&self, server: &TestServer, count: usize) -> Vec<PersonId> {
        let names: Vec<String> = (0..count).map(|number| format!("Öhman{number:03}")).collect();
        let names: Vec<(&str, &str)> = names.iter().map(|name| ("Åsa", name.as_str())).collect();
        self.persons(server, &names, ProtectionReport::Unmarked).await
    }

    /// Marks a person as protected, as the population register would.
    pub(crate) async fn protect(&self, server: &TestServer, id: PersonId) {
        let draft = self.draft("Östen", "Hemlig", ProtectionReport::Marked);
        let marked = NewPerson::new(id, self.school.organiser, &draft, day(0)).unwrap();
        let write = move |tx: &mut skolhus_persistence::Tx<'_>, scope: &_| {
            person::update(tx, scope, id, 1, marked.facts()).map_err(Problem::from)
        };
        server.state.database.write(&system(server, &self.school), write).await.unwrap();
    }

    /// Enters a duty as teacher; returns its id.
    pub(crate) async fn duty(&self, server: &TestServer, person: PersonId) -> String {
        let body = json!({
            "personId": person.to_string(), "schoolUnitId": self.school.unit.to_string(),
            "role": "teacher", "period": { "from": "2026-08-01" }
        });
        self.post(server, "/v1/duties", &body).await.expect(201).body["id"].as_str().unwrap().to_owned()
    }

    /// A token of a person in a role for the whole organiser.
    pub(crate) async fn token_of(&self, server: &TestServer, role: Role, person: PersonId) -> String {
        self.school.token_of(server, role, None, Some(person), Level::Substantial).await
    }

    pub(crate) async fn post(&self, server: &TestServer, path: &str, body: &Value) -> Answer {
        server.post(path, body).token(&self.registrar).send().await
    }

    pub(crate) async fn get(&self, server: &TestServer, path: &str) -> Answer {
        server.get(path).token(&self.registrar).send().await
    }

    /// Sends a batch of memberships.
    pub(crate) async fn batch(&self, server: &TestServer, items: &Value) -> Answer {
        self.post(server, "/v1/group-membership-batches", &json!({ "items": items })).await
    }

    pub(crate) async fn patch(&self, server: &TestServer, path: &str, etag: &str, body: &Value) -> Answer {
        server.patch(path, etag, body).token(&self.registrar).send().await
    }

    pub(crate) async fn delete(&self, server: &TestServer, path: &str, etag: &str) -> Answer {
        server.delete(path, etag).token(&self.registrar).send().await
    }

    /// Saves the groups of an offering, whatever its version.
    pub(crate) async fn drive(&self, server: &TestServer, offering: OfferingId, groups: &Value) -> Answer {
        let body = json!({ "groups": groups });
        let path = format!("/v1/course-offerings/{offering}/groups");
        server.put(&path, "*", &body).token(&self.registrar).send().await
    }

    /// Lets a person belong to a group; returns the membership.
    pub(crate) async fn join(
        &self,
        server: &TestServer,
        group: &str,
        person: PersonId,
        from: NaiveDate,
        to: Option<NaiveDate>,
    ) -> Value {
        let body = membership(group, person, from, to);
        self.post(server, "/v1/group-memberships", &body).await.expect(201).body
    }

    /// The participations in an offering, in order of their first days.
    pub(crate) async fn participations(&self, server: &TestServer, offering: OfferingId) -> Vec<Value> {
        let path = format!("/v1/participations?offeringId={offering}&sort=periodFrom&limit=500");
        self.get(server, &path).await.expect(200).body["data"].as_array().unwrap().clone()
    }
}

/// A membership to enter.
pub(crate) fn membership(group: &str, person: PersonId, from: NaiveDate, to: Option<NaiveDate>) -> Value {
    json!({ "personId": person.to_string(), "groupId": group, "period": { "from": from, "to": to } })
}

/// The days of a participation.
pub(crate) fn days(participation: &Value) -> (&str, &str) {
    (participation["period"]["from"].as_str().unwrap(), participation["period"]["to"].as_str().unwrap())
}

pub(crate) fn id(of: &Value) -> String {
    of["id"].as_str().unwrap().to_owned()
}

fn system(server: &TestServer, school: &School) -> Caller {
    Caller::system("test", school.organiser, server.state.fresh_uuid(), server.state.clock.now())
}
