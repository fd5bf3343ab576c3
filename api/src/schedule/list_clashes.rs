use actix_web::{get, web};
use chrono::{Days, NaiveDate};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::PlanLessons},
    id::Id,
    period::Period,
    refusal::{Refusal, Rule},
    schedule::ClashKind,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    schedule::clash::{self, ClashFilter, ClashSort, MOST_LESSONS},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::clash_document::{ClashDocument, ClashKindWord};
use crate::http::{
    catalogue::Code,
    listing::{List, Listing, Several, SortKey, day, values},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// The most days of a list.
const MOST_DAYS: i64 = 31;

/// Which clashes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Of a lesson on this day or later, today unless given: days are those of Europe/Stockholm, and a lesson is on the day
    /// on which it begins.
    #[param(example = "2026-08-17")]
    from: Option<NaiveDate>,
    /// And on this day or earlier, six days after the first unless given; at most 31 days are looked through.
    #[param(example = "2026-08-21")]
    to: Option<NaiveDate>,
    /// Only those of a lesson at one of these school units, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    school_unit_id: Option<Several<Uuid>>,
    /// Only those of a lesson of one of these offerings, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    offering_id: Option<Several<Uuid>>,
    /// Only those of one of these persons as a teacher, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    teacher_id: Option<Several<Uuid>>,
    /// Only those in one of these rooms, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-000000000301")]
    room_id: Option<Several<Uuid>>,
    /// Only those of one of these persons as a participant, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    participant_id: Option<Several<Uuid>>,
    /// Only of these kinds, separated by commas.
    #[param(value_type = Option<Vec<ClashKindWord>>, example = "room")]
    kind: Option<Several<String>>,
}

impl Filters {
    fn read(&self, today: NaiveDate) -> Result<ClashFilter, Problem> {
        let Self { from, to, school_unit_id, offering_id, teacher_id, room_id, participant_id, kind } = self;
        let from = day("from", *from)?.unwrap_or(today);
        let to = day("to", *to)?.or_else(|| from.checked_add_days(Days::new(6))).unwrap_or(from);
        Period::new(from, Some(to)).map_err(|refusal| malformed("to", refusal.rule, refusal.detail))?;
        if (to - from).num_days() >= MOST_DAYS {
            let detail = format!("at most {MOST_DAYS} days are looked through");
            return Err(malformed("to", Rule::OutOfRange, detail));
        }
        Ok(ClashFilter {
            from,
            to,
            school_units: values("schoolUnitId", school_unit_id.clone(), |id| Ok(Id::from_uuid(*id)))?,
            offerings: values("offeringId", offering_id.clone(), |id| Ok(Id::from_uuid(*id)))?,
            teachers: values("teacherId", teacher_id.clone(), |id| Ok(Id::from_uuid(*id)))?,
            rooms: values("roomId", room_id.clone(), |id| Ok(Id::from_uuid(*id)))?,
            participants: values("participantId", participant_id.clone(), |id| Ok(Id::from_uuid(*id)))?,
            kinds: values("kind", kind.clone(), |raw| ClashKind::from_code(raw))?,
        })
    }
}

fn malformed(name: &str, rule: Rule, detail: impl Into<String>) -> Problem {
    Problem::new(Code::MalformedParameter)
        .errors(vec![Refusal::new(rule, detail).at(&format!("/query/{name}"))])
}

impl SortKey for ClashSort {
    const KEYS: &'static [(&'static str, Self)] = &[("startsAt", Self::StartsAt)];
}

/// List clashes of lessons
///
/// Clashes (krockar) among the lessons of a period that the caller plans or reads: two that are held at the same time with
/// the same teacher, room or participant, by the time from which both go on. What they share is one clash each. Rooms that
/// lessons share on purpose are left out. A teacher who is away takes nothing up, whoever stands in does. A room that is
/// taken by a lesson out of reach is told with the time alone; teachers and participants only where both lessons are within
/// reach. What is done about clashes that a change would make is decided in the settings of the schedule.
#[utoipa::path(
    operation_id = "listLessonClashes", tag = "schedule",
    extensions(("x-permission" = json!("lesson:plan"))),
    params(Listing<Filters, ClashSort>),
    responses((status = 200, description = "One page of clashes.", body = List<ClashDocument>))
)]
#[get("/v1/lesson-clashes")]
pub async fn handle(
    permit: Permit<PlanLessons>,
    state: web::Data<State>,
    listing: Listing<Filters, ClashSort>,
) -> Result<web::Json<List<ClashDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_clashes(connection, scope, &filters, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// [`Code::MalformedParameter`] where there are too many lessons to look through; a failure of the database.
pub fn list_clashes(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<ClashSort>,
) -> Result<Page<ClashDocument>, Problem> {
    let filter = filters.read(scope.today())?;
    let page = clash::list(connection, scope, &filter, request)?.ok_or_else(|| {
        let detail = format!(
            "more than {MOST_LESSONS} lessons would be looked through; name school units or offerings, or fewer days"
        );
        malformed("to", Rule::OutOfRange, detail)
    })?;
    page.try_map(|clash| Ok(ClashDocument::of(clash, scope)))
}
