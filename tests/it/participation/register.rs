//! What these tests begin with: persons, a course and an offering, entered as the program would.

use chrono::NaiveDate;
use serde_json::{Value, json};
use skolhus_api::http::problem::Problem;
use skolhus_domain::{
    access::{Caller, Role},
    course::{NewCourse, Offering, Pace, StudyForm},
    id::{OfferingId, PersonId},
    participation::NewParticipation,
    period::Period,
    person::{ContactDraft, NameDraft, NewPerson, PersonDraft, ProtectionReport},
    text::Text,
};
use skolhus_persistence::{
    course::{course, offering},
    participation, person,
};
use skolhus_tests::{register::School, server::TestServer};

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap()
}

/// A school with a registrar and one offering, 17 August to 18 December.
pub(crate) struct Autumn {
    pub(crate) school: School,
    pub(crate) registrar: String,
    pub(crate) offering: OfferingId,
}

impl Autumn {
    pub(crate) async fn enter(server: &TestServer, capacity: Option<u32>) -> Self {
        let school = School::enter(server).await;
        let registrar = school.token(server, Role::Registrar).await;
        let (course_id, offering_id) = (server.state.fresh(), server.state.fresh());
        let unit = school.unit;
        let write = move |tx: &mut skolhus_persistence::Tx<'_>, scope: &_| {
            let new = NewCourse {
                code: "AK",
                title: "Allmän kurs",
                subject_code: None,
                kind: "course",
                points: None,
                valid: (day(1, 1), None),
            };
            course::insert_many(tx, scope, &[(course_id, new.validate().map_err(Problem::from)?)])?;
            let offered = Offering {
                course: course_id,
                school_unit: unit,
                title: Text::line("Allmän kurs, hösten", 200).map_err(Problem::from)?,
                terms: vec![],
                period: Period::new(day(8, 17), Some(day(12, 18))).map_err(Problem::from)?,
                course_type: None,
                course_numbers: std::collections::BTreeMap::new(),
                form: StudyForm::OnSite,
                pace: Pace::FULL,
                planned_time: None,
                course_days: None,
                meeting_days: None,
                site: None,
                capacity,
                part_of: None,
            };
            offering::insert_many(tx, scope, &[(offering_id, offered)])?;
            Ok::<_, Problem>(())
        };
        server.state.database.write(&system(server, &school), write).await.unwrap();
        Self { school, registrar, offering: offering_id }
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
            let draft = PersonDraft {
                name: NameDraft {
                    given: (*given).to_owned(),
                    middle: None,
                    family: (*family).to_owned(),
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
            };
            new.push(NewPerson::new(id, self.school.organiser, &draft, day(8, 17)).unwrap());
            ids.push(id);
        }
        let write = move |tx: &mut skolhus_persistence::Tx<'_>, scope: &_| {
            person::insert_many(tx, scope, new.clone()).map_err(Problem::from)
        };
        server.state.database.write(&system(server, &self.school), write).await.unwrap();
        ids
    }

    /// Gives somebody a place as the program itself does, protected or not.
    pub(crate) async fn place(&self, server: &TestServer, person: PersonId) {
        let (id, offering) = (server.state.fresh(), self.offering);
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
        server.state.database.write(&system(server, &self.school), write).await.unwrap();
    }

    pub(crate) fn body(&self, person: PersonId) -> Value {
        json!({ "personId": person.to_string(), "offeringId": self.offering.to_string() })
    }
}

fn system(server: &TestServer, school: &School) -> Caller {
    Caller::system("test", school.organiser, server.state.fresh_uuid(), server.state.clock.now())
}
