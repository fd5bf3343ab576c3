use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadOrganisation},
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    organisation::term::{self, TermFilter, TermSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::term::{SchoolYearParameter, TermDocument, TermKindCode};
use crate::http::{
    listing::{List, Listing, Several, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which terms.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only those that hold for one of these school units, separated by commas: its own and those of
    /// the whole organiser.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    school_unit_id: Option<Several<Uuid>>,
    /// Only of these kinds, separated by commas: `ht`, `vt`, `sommar`.
    #[param(value_type = Option<Vec<TermKindCode>>, example = "ht,vt")]
    kind: Option<Several<TermKindCode>>,
    /// Only of this school year (läsår).
    #[param(value_type = Option<String>, example = "2026/27", pattern = "^[0-9]{4}/[0-9]{2}$")]
    school_year: Option<SchoolYearParameter>,
    /// Only those that run on this day.
    #[param(example = "2026-09-15")]
    valid_on: Option<NaiveDate>,
}

impl SortKey for TermSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("firstDay", Self::FirstDay), ("modifiedAt", Self::ModifiedAt)];
}

/// List terms
///
/// The organiser's terms and those of its school units, by first day unless asked otherwise.
#[utoipa::path(
    operation_id = "listTerms", tag = "organisation",
    extensions(("x-permission" = json!("organisation:read"))),
    params(Listing<Filters, TermSort>),
    responses((status = 200, description = "One page of terms.", body = List<TermDocument>))
)]
#[get("/v1/terms")]
pub async fn handle(
    permit: Permit<ReadOrganisation>,
    state: web::Data<State>,
    listing: Listing<Filters, TermSort>,
) -> Result<web::Json<List<TermDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_terms(connection, scope, &filters, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_terms(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<TermSort>,
) -> Result<Page<TermDocument>, Problem> {
    let Filters { school_unit_id, kind, school_year, valid_on } = filters;
    let filter = TermFilter {
        school_units: school_unit_id
            .iter()
            .flat_map(|ids| ids.0.iter().copied().map(Id::from_uuid))
            .collect(),
        kinds: kind.iter().flat_map(|kinds| kinds.0.iter().copied().map(Into::into)).collect(),
        school_year: school_year.map(|year| year.0),
        valid_on: *valid_on,
    };
    let Page { items, next, as_of } = term::list(connection, scope, &filter, request)?;
    Ok(Page { items: TermDocument::of_all(connection, scope, items)?, next, as_of })
}
