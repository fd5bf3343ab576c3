use actix_web::{get, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Scope, declared::RegisterAttendance},
    attendance::{Ground, RegisterState},
    id::{Id, LessonId, PersonId},
    person::PersonName,
    schedule::next_lesson,
};
use skolhus_persistence::{
    DatabaseConnection,
    attendance::day::{self, LessonDay},
    schedule::lesson::{self, LessonView},
};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::asked_day;
use crate::{
    attendance::register_document::RegisterStateWord,
    enrolment::ListedName,
    http::{permit::Permit, problem::Problem, query::Query, state::State, words::words},
    schedule::LessonDocument,
};

words! {
    /// What makes an absence authorised beforehand: an `absence-report`, or `leave` that was granted.
    AbsenceGroundWord("AbsenceGround") = vec!["absence-report", "leave"];
}

/// Whose day, and which.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TeachersDayAsked {
    /// The day; the school's today unless given.
    #[param(example = "2026-08-18")]
    date: Option<NaiveDate>,
    /// The teacher; the caller unless given. Of a colleague only what the caller has in hand as well is shown.
    #[param(example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    teacher_id: Option<Uuid>,
}

/// A teacher's day.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TeachersDay {
    /// The day, in Europe/Stockholm.
    #[schema(example = "2026-08-18")]
    pub date: NaiveDate,
    /// When this was so: what comes next is seen from here.
    #[schema(example = "2026-08-18T06:02:00Z")]
    pub now: DateTime<Utc>,
    /// The lesson that goes on or comes next on the day; null where all are over.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-000000000311")]
    pub next_lesson_id: Option<Uuid>,
    /// What the teacher takes, cancelled lessons among them; by time.
    pub lessons: Vec<TeachersLesson>,
}

/// A lesson in a teacher's day.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TeachersLesson {
    /// The lesson with its rooms and teachers.
    pub lesson: LessonDocument,
    /// The version of its register, which a save needs; 0 where nobody has saved it.
    #[schema(example = 0, minimum = 0)]
    pub register_version: i64,
    /// Whether the registration is finished.
    #[schema(value_type = RegisterStateWord, example = "open")]
    pub register_state: &'static str,
    /// How many are expected.
    #[schema(example = 25, minimum = 0)]
    pub expected: usize,
    /// How many of them have no mark yet.
    #[schema(example = 25, minimum = 0)]
    pub without_mark: usize,
    /// Whose absence is known beforehand, by name.
    pub reported_absent: Vec<ReportedAbsent>,
}

/// Somebody who was reported absent, or has leave.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportedAbsent {
    /// Who.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Their name, of a protected person the name that their handling plan shows.
    pub name: ListedName,
    /// What makes it authorised.
    #[schema(value_type = AbsenceGroundWord, example = "absence-report")]
    pub ground: &'static str,
}

/// Read a teacher's day
///
/// All that a teacher opens the morning with, in one request: the lessons that they take, also as a substitute, with
/// rooms and colleagues; which comes next; how far each register is; and whose absence is already reported. What stands
/// in a register is read with `GET /v1/lessons/{id}/attendance`.
#[utoipa::path(
    operation_id = "getTeachersDay", tag = "attendance",
    extensions(("x-permission" = json!("attendance:register"))),
    params(TeachersDayAsked),
    responses((status = 200, description = "The day.", body = TeachersDay))
)]
#[get("/v1/teachers-day")]
pub async fn handle(
    permit: Permit<RegisterAttendance>,
    state: web::Data<State>,
    asked: Query<TeachersDayAsked>,
) -> Result<web::Json<TeachersDay>, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_teachers_day(connection, scope, &asked.0))
        .await?;
    Ok(web::Json(found))
}

/// The use-case: two statements, however many lessons.
///
/// # Errors
/// [`crate::http::catalogue::Code::MalformedParameter`]; a failure of the database.
pub fn get_teachers_day(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    asked: &TeachersDayAsked,
) -> Result<TeachersDay, Problem> {
    let date = asked_day(asked.date, scope)?;
    let teacher = asked.teacher_id.map(PersonId::from_uuid).or(scope.person());
    let views = match teacher {
        None => Vec::new(),
        Some(teacher) => lesson::taken_on(connection, scope, teacher, date)?,
    };
    let ids: Vec<LessonId> = views.iter().map(|view| view.saved.id).collect();
    let mut days = match ids.as_slice() {
        [] => std::collections::BTreeMap::new(),
        ids => day::of_lessons(connection, scope, ids)?,
    };
    let next = next_lesson(views.iter().map(|view| (view.saved.id, &view.saved.value)), scope.now());
    let lessons = views.into_iter().map(|view| {
        let of = days.remove(&view.saved.id);
        TeachersLesson::of(view, of, scope)
    });
    Ok(TeachersDay { date, now: scope.now(), next_lesson_id: next.map(Id::uuid), lessons: lessons.collect() })
}

impl TeachersLesson {
    fn of(view: LessonView, day: Option<LessonDay>, scope: &Scope) -> Self {
        let nobody = LessonDay {
            version: 0,
            state: RegisterState::Open,
            expected: 0,
            without_mark: 0,
            reported: Vec::new(),
        };
        let LessonDay { version, state, expected, without_mark, reported } = day.unwrap_or(nobody);
        Self {
            lesson: LessonDocument::of(view, scope),
            register_version: version,
            register_state: state.code(),
            expected,
            without_mark,
            reported_absent: reported.iter().map(ReportedAbsent::of).collect(),
        }
    }
}

impl ReportedAbsent {
    fn of((person, name, ground): &(PersonId, PersonName, Ground)) -> Self {
        let ground = match ground {
            Ground::Report(_) => "absence-report",
            Ground::Leave(_) => "leave",
        };
        Self { person_id: person.uuid(), name: ListedName::of(name), ground }
    }
}
