use actix_web::{get, web};
use serde::Deserialize;
use skolhus_domain::access::{Scope, declared::ReadOrganisation};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    organisation::controller::{self, ControllerFilter, ControllerSort},
};
use utoipa::IntoParams;

use super::controller::{ControllerDocument, ControllerKindCode};
use crate::http::{
    listing::{List, Listing, Several, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which controllers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Words of the name, each by its beginning; upper and lower case are the same.
    #[param(example = "nämnd", max_length = 200)]
    name: Option<String>,
    /// Only of these kinds, separated by commas: `public`, `private`.
    #[param(value_type = Option<Vec<ControllerKindCode>>, example = "public")]
    kind: Option<Several<ControllerKindCode>>,
}

impl SortKey for ControllerSort {
    const KEYS: &'static [(&'static str, Self)] = &[("name", Self::Name), ("modifiedAt", Self::ModifiedAt)];
}

/// List controllers
///
/// Who answers for personal data (personuppgiftsansvariga), by name in Swedish order unless asked otherwise.
#[utoipa::path(
    operation_id = "listControllers", tag = "organisation",
    extensions(("x-permission" = json!("organisation:read"))),
    params(Listing<Filters, ControllerSort>),
    responses((status = 200, description = "One page of controllers.", body = List<ControllerDocument>))
)]
#[get("/v1/controllers")]
pub async fn handle(
    permit: Permit<ReadOrganisation>,
    state: web::Data<State>,
    listing: Listing<Filters, ControllerSort>,
) -> Result<web::Json<List<ControllerDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| {
            list_controllers(connection, scope, &filters, &request)
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_controllers(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<ControllerSort>,
) -> Result<Page<ControllerDocument>, Problem> {
    let Filters { name, kind } = filters;
    let filter = ControllerFilter {
        name: name.clone(),
        kinds: kind.iter().flat_map(|kinds| kinds.0.iter().copied().map(Into::into)).collect(),
    };
    let page = controller::list(connection, scope, &filter, request)?;
    page.try_map(|saved| Ok(ControllerDocument::of(saved)))
}
