use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::PlanLessons},
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    schedule::series::{self, LessonSeriesFilter, LessonSeriesSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::series_document::LessonSeriesDocument;
use crate::http::{
    listing::{List, Listing, Several, SortKey, day, values},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which series.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only of these offerings, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    offering_id: Option<Several<Uuid>>,
    /// Only those that go on on this day.
    #[param(example = "2026-09-15")]
    valid_on: Option<NaiveDate>,
}

impl SortKey for LessonSeriesSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("firstDay", Self::FirstDay), ("modifiedAt", Self::ModifiedAt)];
}

/// List series of lessons
///
/// The weekly patterns of the offerings whose lessons one plans, by first day unless asked otherwise.
#[utoipa::path(
    operation_id = "listLessonSeries", tag = "schedule",
    extensions(("x-permission" = json!("lesson:plan"))),
    params(Listing<Filters, LessonSeriesSort>),
    responses((status = 200, description = "One page of series.", body = List<LessonSeriesDocument>))
)]
#[get("/v1/lesson-series")]
pub async fn handle(
    permit: Permit<PlanLessons>,
    state: web::Data<State>,
    listing: Listing<Filters, LessonSeriesSort>,
) -> Result<web::Json<List<LessonSeriesDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let Filters { offering_id, valid_on } = filters;
    let filter = LessonSeriesFilter {
        offerings: values("offeringId", offering_id, |id| Ok(Id::from_uuid(*id)))?,
        valid_on: day("validOn", valid_on)?,
    };
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_series(connection, scope, &filter, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_series(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &LessonSeriesFilter,
    request: &PageRequest<LessonSeriesSort>,
) -> Result<Page<LessonSeriesDocument>, Problem> {
    let page = series::list(connection, scope, filter, request)?;
    page.try_map(|saved| Ok(LessonSeriesDocument::of(saved)))
}
