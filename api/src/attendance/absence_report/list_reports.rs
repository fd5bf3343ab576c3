use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadAbsence},
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    attendance::absence_report::{self, ReportFilter, ReportSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::document::AbsenceReportDocument;
use crate::http::{
    listing::{List, Listing, Several, SortKey, day, values},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which reports.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only of these persons, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    person_id: Option<Several<Uuid>>,
    /// Only about this day or later ones.
    #[param(example = "2026-08-17")]
    from: Option<NaiveDate>,
    /// Only about this day or earlier ones.
    #[param(example = "2026-08-21")]
    to: Option<NaiveDate>,
}

impl SortKey for ReportSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("reportedAt", Self::ReportedAt), ("modifiedAt", Self::ModifiedAt)];
}

/// List absence reports
///
/// Guardians see those about their wards, whoever reported; participants their own; staff those about whom they reach by
/// their work. Ended ones are among them.
#[utoipa::path(
    operation_id = "listAbsenceReports", tag = "attendance",
    extensions(("x-permission" = json!("absence:read"))),
    params(Listing<Filters, ReportSort>),
    responses((status = 200, description = "One page of reports.", body = List<AbsenceReportDocument>))
)]
#[get("/v1/absence-reports")]
pub async fn handle(
    permit: Permit<ReadAbsence>,
    state: web::Data<State>,
    listing: Listing<Filters, ReportSort>,
) -> Result<web::Json<List<AbsenceReportDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let Filters { person_id, from, to } = filters;
    let filter = ReportFilter {
        persons: values("personId", person_id, |id| Ok(Id::from_uuid(*id)))?,
        from: day("from", from)?,
        to: day("to", to)?,
    };
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_reports(connection, scope, &filter, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_reports(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &ReportFilter,
    request: &PageRequest<ReportSort>,
) -> Result<Page<AbsenceReportDocument>, Problem> {
    absence_report::list(connection, scope, filter, request)?
        .try_map(|view| Ok(AbsenceReportDocument::of(&view, scope)))
}
