use actix_web::{get, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadOrganisation},
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    organisation::school_unit::{self, SchoolUnitFilter, SchoolUnitSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::school_unit::SchoolUnitDocument;
use crate::http::{
    listing::{List, Listing, Several, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which school units.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Words of the name, each by its beginning; upper and lower case are the same.
    #[param(example = "vägg", max_length = 200)]
    name: Option<String>,
    /// Only those with one of these codes, separated by commas: whole codes of any kind, present or earlier.
    #[param(value_type = Option<Vec<String>>, example = "12345678")]
    code: Option<Several<String>>,
    /// Only of these controllers, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000b1")]
    controller_id: Option<Several<Uuid>>,
    /// Only those in use, or only those that rest.
    active: Option<bool>,
}

impl SortKey for SchoolUnitSort {
    const KEYS: &'static [(&'static str, Self)] = &[("name", Self::Name), ("modifiedAt", Self::ModifiedAt)];
}

/// List school units
///
/// The organiser's school units (skolenheter), by name in Swedish order unless asked otherwise.
#[utoipa::path(
    operation_id = "listSchoolUnits", tag = "organisation",
    extensions(("x-permission" = json!("organisation:read"))),
    params(Listing<Filters, SchoolUnitSort>),
    responses((status = 200, description = "One page of school units.", body = List<SchoolUnitDocument>))
)]
#[get("/v1/school-units")]
pub async fn handle(
    permit: Permit<ReadOrganisation>,
    state: web::Data<State>,
    listing: Listing<Filters, SchoolUnitSort>,
) -> Result<web::Json<List<SchoolUnitDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| {
            list_school_units(connection, scope, &filters, &request)
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_school_units(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<SchoolUnitSort>,
) -> Result<Page<SchoolUnitDocument>, Problem> {
    let Filters { name, code, controller_id, active } = filters;
    let filter = SchoolUnitFilter {
        name: name.clone(),
        codes: code.iter().flat_map(|codes| codes.0.iter().cloned()).collect(),
        controllers: controller_id.iter().flat_map(|ids| ids.0.iter().copied().map(Id::from_uuid)).collect(),
        active: *active,
    };
    let page = school_unit::list(connection, scope, &filter, request)?;
    page.try_map(|saved| Ok(SchoolUnitDocument::of(saved)))
}
