use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadAbsenceReasons},
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    attendance::{
        absence_reason::{self, ReasonFilter, ReasonSort},
        setting,
    },
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::document::AbsenceReasonDocument;
use crate::http::{
    listing::{List, Listing, Several, SortKey, day, values},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which reasons; never by the reason itself.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only of these persons, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    person_id: Option<Several<Uuid>>,
    /// Only for absence from these lessons, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-000000000311")]
    lesson_id: Option<Several<Uuid>>,
    /// Only of these absence reports, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-000000000331")]
    absence_report_id: Option<Several<Uuid>>,
    /// Only for absence on this day or later.
    #[param(example = "2026-08-17")]
    from: Option<NaiveDate>,
    /// Only for absence on this day or earlier.
    #[param(example = "2026-08-21")]
    to: Option<NaiveDate>,
}

impl Filters {
    fn read(self) -> Result<ReasonFilter, Problem> {
        let Self { person_id, lesson_id, absence_report_id, from, to } = self;
        Ok(ReasonFilter {
            persons: values("personId", person_id, |id| Ok(Id::from_uuid(*id)))?,
            lessons: values("lessonId", lesson_id, |id| Ok(Id::from_uuid(*id)))?,
            reports: values("absenceReportId", absence_report_id, |id| Ok(Id::from_uuid(*id)))?,
            from: day("from", from)?,
            to: day("to", to)?,
        })
    }
}

impl SortKey for ReasonSort {
    const KEYS: &'static [(&'static str, Self)] = &[("day", Self::Day)];
}

/// List reasons for absence
///
/// Why persons were absent, by the day of the absence, as long as it is kept; nothing where the organiser does not ask for
/// reasons. Principals and registrars see those of their school unit, mentors those of the members of their group,
/// guardians those of whom they have the right to see, participants their own. Whoever only teaches a person sees none.
#[utoipa::path(
    operation_id = "listAbsenceReasons", tag = "attendance",
    extensions(("x-permission" = json!("absence-reason:read"))),
    params(Listing<Filters, ReasonSort>),
    responses((status = 200, description = "One page of reasons.", body = List<AbsenceReasonDocument>))
)]
#[get("/v1/absence-reasons")]
pub async fn handle(
    permit: Permit<ReadAbsenceReasons>,
    state: web::Data<State>,
    listing: Listing<Filters, ReasonSort>,
) -> Result<web::Json<List<AbsenceReasonDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let filter = filters.read()?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_reasons(connection, scope, &filter, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_reasons(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &ReasonFilter,
    request: &PageRequest<ReasonSort>,
) -> Result<Page<AbsenceReasonDocument>, Problem> {
    let rule = setting::in_force(connection, scope)?.reasons;
    let page = absence_reason::list(connection, scope, rule, filter, request)?;
    page.try_map(|view| Ok(AbsenceReasonDocument::of(&view, rule)))
}
