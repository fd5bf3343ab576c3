use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadLessons},
    id::Id,
    schedule::LessonStateCode,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    schedule::lesson::{self, LessonFilter, LessonSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::lesson_document::{LessonDocument, LessonStateWord};
use crate::http::{
    listing::{List, Listing, Several, SortKey, day, values},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which lessons.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only on this day or later: days are those of Europe/Stockholm, and a lesson is on the day on which it begins.
    #[param(example = "2026-08-17")]
    from: Option<NaiveDate>,
    /// Only on this day or earlier.
    #[param(example = "2026-08-21")]
    to: Option<NaiveDate>,
    /// Only of these offerings, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    offering_id: Option<Several<Uuid>>,
    /// Only of offerings of these school units, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    school_unit_id: Option<Several<Uuid>>,
    /// Only of these series, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-000000000321")]
    series_id: Option<Several<Uuid>>,
    /// Only those that one of these persons takes, separated by commas: as a teacher of the offering who is not away, as
    /// a substitute, or in addition.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    teacher_id: Option<Several<Uuid>>,
    /// Only those in which one of these persons is expected, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    participant_id: Option<Several<Uuid>>,
    /// Only of offerings that one of these groups drives on the day, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-000000000071")]
    group_id: Option<Several<Uuid>>,
    /// Only in one of these rooms, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-000000000301")]
    room_id: Option<Several<Uuid>>,
    /// Only in these states, separated by commas.
    #[param(value_type = Option<Vec<LessonStateWord>>, example = "planned")]
    state: Option<Several<String>>,
}

impl Filters {
    fn read(self) -> Result<LessonFilter, Problem> {
        let Self {
            from,
            to,
            offering_id,
            school_unit_id,
            series_id,
            teacher_id,
            participant_id,
            group_id,
            room_id,
            state,
        } = self;
        Ok(LessonFilter {
            offerings: values("offeringId", offering_id, |id| Ok(Id::from_uuid(*id)))?,
            school_units: values("schoolUnitId", school_unit_id, |id| Ok(Id::from_uuid(*id)))?,
            series: values("seriesId", series_id, |id| Ok(Id::from_uuid(*id)))?,
            teachers: values("teacherId", teacher_id, |id| Ok(Id::from_uuid(*id)))?,
            participants: values("participantId", participant_id, |id| Ok(Id::from_uuid(*id)))?,
            groups: values("groupId", group_id, |id| Ok(Id::from_uuid(*id)))?,
            rooms: values("roomId", room_id, |id| Ok(Id::from_uuid(*id)))?,
            from: day("from", from)?,
            to: day("to", to)?,
            states: values("state", state, |raw| LessonStateCode::from_code(raw))?,
        })
    }
}

impl SortKey for LessonSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("startsAt", Self::StartsAt), ("modifiedAt", Self::ModifiedAt)];
}

/// List lessons
///
/// The schedule (schema): lessons by the time at which they begin, with their rooms and staff, cancelled ones among
/// them. A day of a teacher is `teacherId` with the same day in `from` and `to`; a week of a class is `groupId` with the
/// week's first and last day. Teachers see what they teach, what the members of the groups they answer for take part in,
/// and the lessons in which they stand in; participants and guardians those in which they, or their children, are expected.
#[utoipa::path(
    operation_id = "listLessons", tag = "schedule",
    extensions(("x-permission" = json!("lesson:read"))),
    params(Listing<Filters, LessonSort>),
    responses((status = 200, description = "One page of lessons.", body = List<LessonDocument>))
)]
#[get("/v1/lessons")]
pub async fn handle(
    permit: Permit<ReadLessons>,
    state: web::Data<State>,
    listing: Listing<Filters, LessonSort>,
) -> Result<web::Json<List<LessonDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let filter = filters.read()?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_lessons(connection, scope, &filter, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_lessons(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &LessonFilter,
    request: &PageRequest<LessonSort>,
) -> Result<Page<LessonDocument>, Problem> {
    let page = lesson::list(connection, scope, filter, request)?;
    page.try_map(|view| Ok(LessonDocument::of(view, scope)))
}
