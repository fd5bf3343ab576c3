use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadOrganisation},
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    organisation::site::{self, SiteFilter, SiteSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::site::{MunicipalityParameter, SiteDocument};
use crate::http::{
    listing::{List, Listing, Several, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which sites.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Words of the name, each by its beginning; upper and lower case are the same.
    #[param(example = "ängel", max_length = 200)]
    name: Option<String>,
    /// Only of these school units, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    school_unit_id: Option<Several<Uuid>>,
    /// Only in these municipalities (kommunkoder), separated by commas.
    #[param(value_type = Option<Vec<String>>, example = "1292", pattern = "^[0-9]{4}$")]
    municipality_code: Option<Several<MunicipalityParameter>>,
    /// Only those in use on this day.
    #[param(example = "2026-09-15")]
    valid_on: Option<NaiveDate>,
}

impl SortKey for SiteSort {
    const KEYS: &'static [(&'static str, Self)] = &[("name", Self::Name), ("modifiedAt", Self::ModifiedAt)];
}

/// List sites
///
/// Where school units teach (filialer), by name in Swedish order unless asked otherwise.
#[utoipa::path(
    operation_id = "listSites", tag = "organisation",
    extensions(("x-permission" = json!("organisation:read"))),
    params(Listing<Filters, SiteSort>),
    responses((status = 200, description = "One page of sites.", body = List<SiteDocument>))
)]
#[get("/v1/sites")]
pub async fn handle(
    permit: Permit<ReadOrganisation>,
    state: web::Data<State>,
    listing: Listing<Filters, SiteSort>,
) -> Result<web::Json<List<SiteDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_sites(connection, scope, &filters, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_sites(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<SiteSort>,
) -> Result<Page<SiteDocument>, Problem> {
    let Filters { name, school_unit_id, municipality_code, valid_on } = filters;
    let filter = SiteFilter {
        name: name.clone(),
        school_units: school_unit_id
            .iter()
            .flat_map(|ids| ids.0.iter().copied().map(Id::from_uuid))
            .collect(),
        municipalities: municipality_code
            .iter()
            .flat_map(|codes| codes.0.iter().map(|code| code.0.clone()))
            .collect(),
        valid_on: *valid_on,
    };
    let page = site::list(connection, scope, &filter, request)?;
    page.try_map(|saved| Ok(SiteDocument::of(saved)))
}
