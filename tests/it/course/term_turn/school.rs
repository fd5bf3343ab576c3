//! A compulsory school in May: classes with pupils, subjects that classes read, an offering with parts
//! that pupils choose, and the terms to come.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime, TimeZone, Utc};
use serde_json::{Value, json};
use skolhus_api::http::problem::Problem;
use skolhus_domain::{
    access::{Caller, Role, Scope},
    code::{Code, seed},
    course::{NewCourse, Offering, OfferingTeacher, Pace, StudyForm, TeacherRole},
    duty::NewDuty,
    enrolment::Enrolment,
    group::{AssignmentRole, Group, GroupAssignment, Membership, NewGroup},
    id::{CourseId, DutyId, GroupId, LessonSeriesId, OfferingId, PersonId, SchoolUnitId, TermId},
    organisation::{NewSchoolUnit, NewTerm},
    participation::{NewParticipation, State},
    period::Period,
    person::{ContactDraft, NameDraft, NewPerson, PersonDraft, ProtectionReport},
    schedule::{LessonSeries, Slot, Weekday, WeeklyPattern},
    text::Text,
};
use skolhus_persistence::{
    Kept, TABLES, Tenancy, Tx,
    course::{course, offering, teacher},
    duty, enrolment,
    group::{assignment, group, membership},
    organisation::{school_unit, term},
    participation, person,
    schedule::series,
};
use skolhus_tests::{
    raw::{Column, Raw},
    register::School,
    server::{Answer, TestServer},
};

pub(super) fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// How large a school.
#[derive(Clone, Copy)]
pub(super) struct Size {
    /// Classes of each year from 6 to 9.
    pub(super) classes: usize,
    /// Pupils in each.
    pub(super) pupils: usize,
    /// Subjects that each class reads.
    pub(super) subjects: usize,
    /// How many take part in what pupils choose.
    pub(super) choosing: usize,
}

/// One class of each year from 6 to 9 with three pupils.
pub(super) const SMALL: Size = Size { classes: 1, pupils: 3, subjects: 1, choosing: 2 };

pub(super) struct Spring {
    pub(super) school: School,
    pub(super) unit: SchoolUnitId,
    pub(super) registrar: String,
    pub(super) spring: TermId,
    pub(super) autumn: TermId,
    /// By name.
    pub(super) classes: BTreeMap<String, GroupId>,
    /// By class, in order.
    pub(super) pupils: BTreeMap<String, Vec<PersonId>>,
    /// By title.
    pub(super) offerings: BTreeMap<String, OfferingId>,
    /// Of each class's mentor, who teaches its subjects too.
    pub(super) duties: Vec<DutyId>,
}

impl Spring {
    pub(super) async fn enter(server: &TestServer, size: Size) -> Self {
        server.clock.set(Utc.with_ymd_and_hms(2027, 5, 20, 6, 10, 0).single().unwrap());
        let school = School::enter(server).await;
        let registrar = school.token(server, Role::Registrar).await;
        let (unit, spring, autumn): (SchoolUnitId, TermId, TermId) =
            (server.state.fresh(), server.state.fresh(), server.state.fresh());
        let course: CourseId = server.state.fresh();
        let mut entered = Self {
            school,
            unit,
            registrar,
            spring,
            autumn,
            classes: BTreeMap::new(),
            pupils: BTreeMap::new(),
            offerings: BTreeMap::new(),
            duties: Vec::new(),
        };
        let controller = entered.school.controller;
        entered
            .write(server, move |tx, scope| {
                let new = NewSchoolUnit {
                    name: "Björkskolan",
                    school_types: vec!["GR"],
                    controller,
                    codes: vec![],
                    valid: (date(2000, 7, 1), None),
                    active: true,
                };
                let types = seed::school_types().map_err(Problem::from)?;
                school_unit::insert(tx, scope, unit, new.validate(&types, &[]).map_err(Problem::from)?)?;
                for (id, kind, from, to, name) in [
                    (spring, "spring", date(2027, 1, 11), date(2027, 6, 11), "VT 2027"),
                    (autumn, "autumn", date(2027, 8, 16), date(2027, 12, 17), "HT 2027"),
                ] {
                    let new = NewTerm { school_unit: None, kind, first_day: from, last_day: to, name };
                    term::insert(tx, scope, id, &new.validate().map_err(Problem::from)?)?;
                }
                let new = NewCourse {
                    code: "MA",
                    title: "Matematik",
                    subject_code: None,
                    kind: "subject",
                    points: None,
                    valid: (date(2011, 7, 1), None),
                };
                course::insert_many(tx, scope, &[(course, new.validate().map_err(Problem::from)?)])?;
                Ok(())
            })
            .await;
        for year in 6..=9u8 {
            for number in 0..size.classes {
                let letter = char::from(b'A' + u8::try_from(number).unwrap());
                entered.class(server, course, year, &format!("{year}{letter}"), size).await;
            }
        }
        entered.chosen(server, course, size).await;
        entered
    }

    /// A class with its pupils, their enrolments, a mentor and subjects.
    async fn class(&mut self, server: &TestServer, course: CourseId, year: u8, name: &str, size: Size) {
        let state = &server.state;
        let (class, mentor, duty): (GroupId, PersonId, DutyId) =
            (state.fresh(), state.fresh(), state.fresh());
        let pupils: Vec<PersonId> = (0..size.pupils).map(|_| state.fresh()).collect();
        let enrolments: Vec<_> = pupils.iter().map(|_| state.fresh()).collect();
        let memberships: Vec<_> = pupils.iter().map(|_| state.fresh()).collect();
        let subjects: Vec<OfferingId> = (0..size.subjects).map(|_| state.fresh()).collect();
        for (number, subject) in subjects.iter().enumerate() {
            self.offerings.insert(format!("Matematik {name} {}", number + 1), *subject);
        }
        self.classes.insert(name.to_owned(), class);
        self.pupils.insert(name.to_owned(), pupils.clone());
        self.duties.push(duty);
        let (unit, organiser, spring, name) =
            (self.unit, self.school.organiser, self.spring, name.to_owned());
        let driven = subjects.clone();
        let series: Vec<LessonSeriesId> = subjects.iter().map(|_| state.fresh()).collect();
        self.write(server, move |tx, scope| {
            let types = seed::school_types().map_err(Problem::from)?;
            let of_unit = [Code::new("GR").map_err(Problem::from)?];
            let new = NewGroup {
                school_unit: unit,
                kind: "class",
                name: &name,
                school_type: Some("GR"),
                school_year: Some(year),
                period: (date(2026, 8, 17), Some(date(2027, 6, 11))),
            };
            let group: Group = new.validate(&types, &of_unit).map_err(Problem::from)?;
            group::insert_many(tx, scope, &[(class, group)])?;
            let people =
                pupils.iter().enumerate().map(|(number, id)| (*id, format!("Öhman{name}{number:03}")));
            let people = people.chain([(mentor, format!("Åberg{name}"))]);
            let people: Vec<NewPerson> = people
                .map(|(id, family)| {
                    NewPerson::new(
                        id,
                        organiser,
                        &draft(unit, &family, ProtectionReport::Unmarked),
                        date(2027, 5, 20),
                    )
                })
                .collect::<Result<_, _>>()
                .unwrap();
            person::insert_many(tx, scope, people)?;
            let period = Period::new(date(2026, 8, 17), None).map_err(Problem::from)?;
            let enrolled: Vec<_> = enrolments
                .iter()
                .zip(&pupils)
                .map(|(id, person)| {
                    let enrolment = Enrolment {
                        person: *person,
                        school_unit: unit,
                        school_type: of_unit[0].clone(),
                        school_year: Some(year),
                        programme: None,
                        period,
                        withdrawn: false,
                    };
                    (*id, enrolment)
                })
                .collect();
            enrolment::insert_many(tx, scope, &enrolled)?;
            let members: Vec<_> = memberships
                .iter()
                .zip(&pupils)
                .map(|(id, person)| (*id, Membership { person: *person, group: class, period }))
                .collect();
            membership::insert_many(tx, scope, &members)?;
            let new = NewDuty {
                person: mentor,
                school_unit: unit,
                role: "teacher",
                signature: None,
                period: (date(2020, 8, 1), None),
            };
            duty::insert_many(tx, scope, &[(duty, new.validate().map_err(Problem::from)?)])?;
            let mentor = GroupAssignment { duty, role: AssignmentRole::Mentor, period };
            assignment::insert_many(tx, scope, &[(class, mentor)])?;
            let mut new = Vec::new();
            for (number, subject) in subjects.iter().enumerate() {
                let title = format!("Matematik {name} {}", number + 1);
                new.push((*subject, offered(course, unit, spring, &title, None, None)));
            }
            offering::insert_many(tx, scope, &new)?;
            let teaches = OfferingTeacher {
                duty,
                period: Period::new(date(2027, 1, 11), Some(date(2027, 6, 11))).map_err(Problem::from)?,
                role: TeacherRole::Responsible,
            };
            let teaching: Vec<_> = subjects.iter().map(|subject| (*subject, teaches.clone())).collect();
            teacher::insert_many(tx, scope, &teaching)?;
            let patterns: Vec<_> =
                series.iter().zip(&subjects).map(|(id, subject)| (*id, weekly(*subject))).collect();
            series::insert_many(tx, scope, &patterns)?;
            Ok(())
        })
        .await;
        for subject in driven {
            let path = format!("/v1/course-offerings/{subject}/groups");
            let body = json!({ "groups": [{ "groupId": class.to_string() }] });
            server.put(&path, "*", &body).token(&self.registrar).send().await.expect(200);
        }
    }

    /// What pupils choose, with a part of it: some take part in both, directly.
    async fn chosen(&mut self, server: &TestServer, course: CourseId, size: Size) {
        let (whole, part): (OfferingId, OfferingId) = (server.state.fresh(), server.state.fresh());
        self.offerings.insert("Elevens val".to_owned(), whole);
        self.offerings.insert("Keramik".to_owned(), part);
        let who: Vec<PersonId> = self.pupils.values().flatten().copied().take(size.choosing).collect();
        let ids: Vec<_> = who.iter().map(|_| (server.state.fresh(), server.state.fresh())).collect();
        let (unit, spring) = (self.unit, self.spring);
        self.write(server, move |tx, scope| {
            let outer = offered(course, unit, spring, "Elevens val", Some(100), None);
            let inner = offered(course, unit, spring, "Keramik", None, Some(whole));
            offering::insert_many(tx, scope, &[(whole, outer.clone()), (part, inner.clone())])?;
            let mut new = Vec::new();
            for (person, (in_whole, in_part)) in who.iter().zip(&ids) {
                for (id, offering, found) in [(*in_whole, whole, &outer), (*in_part, part, &inner)] {
                    let asked = NewParticipation {
                        person: *person,
                        offering,
                        period: (date(2027, 1, 11), None),
                        pace_percent: Some(20),
                        funding: None,
                    };
                    let planned = asked.validate(found, &[], []).map_err(Problem::from)?;
                    let started = planned.start(date(2027, 1, 11)).map_err(Problem::from)?;
                    assert_eq!(started.state(), &State::Active);
                    new.push((id, started));
                }
            }
            participation::insert_many(tx, scope, &new)?;
            Ok(())
        })
        .await;
    }

    /// Works in the register as the program itself would.
    pub(super) async fn write(
        &self,
        server: &TestServer,
        work: impl Fn(&mut Tx<'_>, &Scope) -> Result<(), Problem> + Send + Sync + 'static,
    ) {
        let state = &server.state;
        let caller = Caller::system("test", self.school.organiser, state.fresh_uuid(), state.clock.now());
        state.database.write(&caller, work).await.unwrap();
    }

    /// Marks a person as protected, as the population register would.
    pub(super) async fn protect(&self, server: &TestServer, id: PersonId) {
        let draft = draft(self.unit, "Hemlig", ProtectionReport::Marked);
        let marked = NewPerson::new(id, self.school.organiser, &draft, date(2027, 5, 20)).unwrap();
        self.write(server, move |tx, scope| {
            person::update(tx, scope, id, 1, marked.facts()).map_err(Problem::from)?;
            Ok(())
        })
        .await;
    }

    pub(super) async fn post(&self, server: &TestServer, path: &str, body: &Value) -> Answer {
        server.post(path, body).token(&self.registrar).send().await
    }

    pub(super) async fn get(&self, server: &TestServer, path: &str) -> Answer {
        server.get(path).token(&self.registrar).send().await
    }

    /// All of the spring to the autumn.
    pub(super) fn body(&self) -> Value {
        json!({
            "schoolUnitId": self.unit.to_string(), "fromTermId": self.spring.to_string(), "toTermId": self.autumn.to_string(),
            "copying": { "titlePattern": "{raised}" },
            "promotion": { "highestYears": [{ "schoolTypeCode": "GR", "schoolYear": 9 }], "leaversLastDay": "2027-06-30" },
        })
    }

    pub(super) async fn preview(&self, server: &TestServer, body: &Value) -> Answer {
        self.post(server, "/v1/term-turns/preview", body).await
    }

    /// Carries out what was previewed.
    pub(super) async fn turn(&self, server: &TestServer, body: &Value, preview: &Answer) -> Answer {
        let mut body = body.clone();
        body["fingerprint"] = preview.body["fingerprint"].clone();
        self.post(server, "/v1/term-turns", &body).await
    }

    pub(super) async fn undo(&self, server: &TestServer, turn: &Answer) -> Answer {
        let path = format!("/v1/term-turns/{}/reversal", turn.body["id"].as_str().unwrap());
        self.post(server, &path, &json!({ "reason": "Fel termin valdes" })).await
    }

    /// The rows of a list.
    pub(super) async fn list(&self, server: &TestServer, path: &str) -> Vec<Value> {
        self.get(server, path).await.expect(200).body["data"].as_array().unwrap().clone()
    }
}

/// Every row of every followed table that is not withdrawn, but for what every write changes.
pub(super) fn register(raw: &mut Raw) -> BTreeMap<&'static str, Vec<String>> {
    let mut all = BTreeMap::new();
    for entry in TABLES {
        if entry.tenancy != Tenancy::Organiser || entry.kept != Kept::Followed || entry.table == "term_turns"
        {
            continue;
        }
        let columns: Vec<String> = raw
            .columns(entry.table)
            .into_iter()
            .filter(|column| !["version", "modified_at"].contains(&column.name.as_str()))
            .map(|Column { name, kind, .. }| {
                let text =
                    if kind == "blob" { format!("hex({name})") } else { format!("CAST({name} AS TEXT)") };
                format!("'{name}=' || coalesce({text}, 'null')")
            })
            .collect();
        let rows = raw.texts(&format!(
            "SELECT {} AS value FROM {} WHERE withdrawn_at IS NULL ORDER BY 1",
            columns.join(" || ' ' || "),
            entry.table
        ));
        all.insert(entry.table, rows);
    }
    all
}

fn draft(unit: SchoolUnitId, family: &str, protection: ProtectionReport) -> PersonDraft {
    PersonDraft {
        name: NameDraft {
            given: "Åsa".to_owned(),
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
        registered_at: Some(unit),
    }
}

/// Mondays and Thursdays, all spring; the lessons of the spring themselves nobody needs here.
fn weekly(offering: OfferingId) -> LessonSeries {
    let at = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
    let slot = |number, weekday| Slot { number, weekday, from: at(8, 10), to: at(9, 0), rooms: Vec::new() };
    LessonSeries {
        offering,
        pattern: WeeklyPattern {
            period: Period::new(date(2027, 1, 11), Some(date(2027, 6, 11))).unwrap(),
            every_weeks: 1,
            slots: vec![slot(0, Weekday::Monday), slot(1, Weekday::Thursday)],
        },
        title: None,
    }
}

fn offered(
    course: CourseId,
    unit: SchoolUnitId,
    term: TermId,
    title: &str,
    capacity: Option<u32>,
    part_of: Option<OfferingId>,
) -> Offering {
    Offering {
        course,
        school_unit: unit,
        title: Text::line(title, 200).unwrap(),
        terms: vec![term],
        period: Period::new(date(2027, 1, 11), Some(date(2027, 6, 11))).unwrap(),
        course_type: None,
        course_numbers: BTreeMap::new(),
        form: StudyForm::OnSite,
        pace: Pace::new(20).unwrap(),
        planned_time: None,
        course_days: None,
        meeting_days: None,
        site: None,
        capacity,
        part_of,
    }
}
