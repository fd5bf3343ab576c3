use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadOrganisation},
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    organisation::day_off::{self, DayOffFilter, DayOffSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::day_off::{DayOffDocument, DayOffKindCode};
use crate::http::{
    listing::{List, Listing, Several, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which days off.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only of these terms, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    term_id: Option<Several<Uuid>>,
    /// Only of terms that hold for one of these school units, separated by commas: its own and those of
    /// the whole organiser.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    school_unit_id: Option<Several<Uuid>>,
    /// Only of these kinds, separated by commas: `holiday`, `study-day`, `other`.
    #[param(value_type = Option<Vec<DayOffKindCode>>, example = "holiday")]
    kind: Option<Several<DayOffKindCode>>,
    /// Only what falls on this day.
    #[param(example = "2026-10-28")]
    valid_on: Option<NaiveDate>,
}

impl SortKey for DayOffSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("firstDay", Self::FirstDay), ("modifiedAt", Self::ModifiedAt)];
}

/// List days off
///
/// Days without school (lov, studiedagar), by first day unless asked otherwise.
#[utoipa::path(
    operation_id = "listDaysOff", tag = "organisation",
    extensions(("x-permission" = json!("organisation:read"))),
    params(Listing<Filters, DayOffSort>),
    responses((status = 200, description = "One page of days off.", body = List<DayOffDocument>))
)]
#[get("/v1/days-off")]
pub async fn handle(
    permit: Permit<ReadOrganisation>,
    state: web::Data<State>,
    listing: Listing<Filters, DayOffSort>,
) -> Result<web::Json<List<DayOffDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_days_off(connection, scope, &filters, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_days_off(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<DayOffSort>,
) -> Result<Page<DayOffDocument>, Problem> {
    let Filters { term_id, school_unit_id, kind, valid_on } = filters;
    let filter = DayOffFilter {
        terms: term_id.iter().flat_map(|ids| ids.0.iter().copied().map(Id::from_uuid)).collect(),
        school_units: school_unit_id
            .iter()
            .flat_map(|ids| ids.0.iter().copied().map(Id::from_uuid))
            .collect(),
        kinds: kind.iter().flat_map(|kinds| kinds.0.iter().copied().map(Into::into)).collect(),
        valid_on: *valid_on,
    };
    let page = day_off::list(connection, scope, &filter, request)?;
    page.try_map(|saved| Ok(DayOffDocument::of(saved)))
}
