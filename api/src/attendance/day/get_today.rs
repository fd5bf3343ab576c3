use std::collections::BTreeMap;

use actix_web::{get, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Role, Scope, declared::ReadAttendance},
    id::{Id, LessonId, PersonId},
    person::relation::Right,
    schedule::next_lesson,
};
use skolhus_persistence::{
    DatabaseConnection,
    attendance::{
        absence_report::{self, Reportable},
        day::{self, InDay, InLesson},
    },
    schedule::lesson::{self, LessonView},
};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::asked_day;
use crate::{
    attendance::{
        absence_report::{AbsenceReportDocument, reporter},
        register_document::MarkDocument,
    },
    enrolment::ListedName,
    http::{permit::Permit, problem::Problem, query::Query, state::State},
    schedule::LessonDocument,
};

/// Which day.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TodayAsked {
    /// The day; the school's today unless given.
    #[param(example = "2026-08-18")]
    date: Option<NaiveDate>,
}

/// The day of those who concern the caller.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Today {
    /// The day, in Europe/Stockholm.
    #[schema(example = "2026-08-18")]
    pub date: NaiveDate,
    /// When this was so: what comes next is seen from here.
    #[schema(example = "2026-08-18T06:02:00Z")]
    pub now: DateTime<Utc>,
    /// The caller, where they take part in anything, and those whom they may see as a relative; by name.
    pub persons: Vec<PersonDay>,
}

/// The day of one person.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonDay {
    /// Who.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Their name.
    pub name: ListedName,
    /// Whether it is the caller.
    #[schema(example = false)]
    pub is_self: bool,
    /// Whether the caller may report their absence.
    #[schema(example = true)]
    pub may_report_absence: bool,
    /// The lesson that goes on or comes next on the day; null where all are over.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-000000000311")]
    pub next_lesson_id: Option<Uuid>,
    /// The lessons in which they are expected, cancelled ones among them; by time.
    pub lessons: Vec<PersonLesson>,
    /// The absence reports about the day, by when they were made; ended ones among them.
    pub absence_reports: Vec<AbsenceReportDocument>,
}

/// A lesson in the day of a person.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonLesson {
    /// The lesson with its rooms and teachers.
    pub lesson: LessonDocument,
    /// What is registered; null where nothing is.
    #[schema(required)]
    pub mark: Option<MarkDocument>,
    /// The absence report that makes an absence from it authorised; null where there is none.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-000000000331")]
    pub absence_report_id: Option<Uuid>,
    /// The leave that was granted; null where none was.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-000000000341")]
    pub leave_request_id: Option<Uuid>,
}

/// Read today
///
/// All that a guardian or a participant opens the morning with, in one request: for each child, or for oneself, the
/// lessons of the day with rooms and teachers, what is registered so far, and what absence is reported. Somebody whom the
/// caller may not see is not there; a day without lessons is an empty list. Staff who are neither participants nor
/// guardians get nobody: a teacher's day is `GET /v1/teachers-day`.
#[utoipa::path(
    operation_id = "getToday", tag = "attendance",
    extensions(("x-permission" = json!("attendance:read"))),
    params(TodayAsked),
    responses((status = 200, description = "The day.", body = Today))
)]
#[get("/v1/today")]
pub async fn handle(
    permit: Permit<ReadAttendance>,
    state: web::Data<State>,
    asked: Query<TodayAsked>,
) -> Result<web::Json<Today>, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_today(connection, scope, &asked.0))
        .await?;
    Ok(web::Json(found))
}

/// The use-case: four statements at the most, however many children and lessons, and one more where single lessons were
/// reported.
///
/// # Errors
/// [`crate::http::catalogue::Code::MalformedParameter`]; a failure of the database.
pub fn get_today(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    asked: &TodayAsked,
) -> Result<Today, Problem> {
    let date = asked_day(asked.date, scope)?;
    let wards = scope.wards().iter().filter(|ward| ward.rights.has(Right::See)).map(|ward| ward.person);
    let themselves = scope.person().filter(|_| scope.acts_as(Role::Participant));
    let ids: Vec<PersonId> = themselves.into_iter().chain(wards).collect();
    let mut today = Today { date, now: scope.now(), persons: Vec::new() };
    if ids.is_empty() {
        return Ok(today);
    }
    let people = day::people(connection, scope, &ids)?;
    let ids: Vec<PersonId> = people.iter().map(|of| of.person).collect();
    let of_persons = day::of_persons(connection, scope, &ids, date)?;
    let lesson_ids: Vec<LessonId> = of_persons.iter().map(|of| of.lesson).collect();
    let views = lesson::find_many(connection, scope, &lesson_ids)?;
    let views: BTreeMap<LessonId, LessonView> = views.into_iter().map(|view| (view.saved.id, view)).collect();
    let mut reports: BTreeMap<PersonId, Vec<AbsenceReportDocument>> = BTreeMap::new();
    for view in absence_report::about_day(connection, scope, &ids, date)? {
        let document = AbsenceReportDocument::of(&view, scope);
        reports.entry(view.saved.value.person).or_default().push(document);
    }
    today.persons = people
        .into_iter()
        .map(|of| {
            let reports = reports.remove(&of.person).unwrap_or_default();
            let theirs = of_persons.iter().filter(|lesson| lesson.person == of.person);
            person_day(
                scope,
                &of,
                theirs.filter_map(|in_it| Some((in_it, views.get(&in_it.lesson)?))),
                reports,
            )
        })
        .collect();
    Ok(today)
}

fn person_day<'a>(
    scope: &Scope,
    InDay { person, name, birth_date }: &InDay,
    lessons: impl Iterator<Item = (&'a InLesson, &'a LessonView)>,
    absence_reports: Vec<AbsenceReportDocument>,
) -> PersonDay {
    let lessons: Vec<(&InLesson, &LessonView)> = lessons.collect();
    let held = lessons.iter().map(|(of, view)| (of.lesson, &view.saved.value));
    let reportable = Reportable { person: *person, birth_date: *birth_date };
    PersonDay {
        person_id: person.uuid(),
        name: ListedName::of(name),
        is_self: scope.person() == Some(*person),
        may_report_absence: reporter(scope, &reportable).may_report(),
        next_lesson_id: next_lesson(held, scope.now()).map(Id::uuid),
        lessons: lessons.into_iter().map(|(of, view)| PersonLesson::of(of, view, scope)).collect(),
        absence_reports,
    }
}

impl PersonLesson {
    fn of(of: &InLesson, view: &LessonView, scope: &Scope) -> Self {
        let InLesson { person: _, lesson: _, registered, report, leave } = of;
        let length = view.saved.value.time.minutes();
        Self {
            lesson: LessonDocument::of(view.clone(), scope),
            mark: registered.as_ref().map(|registered| MarkDocument::of(registered, length)),
            absence_report_id: report.map(Id::uuid),
            leave_request_id: leave.map(Id::uuid),
        }
    }
}
