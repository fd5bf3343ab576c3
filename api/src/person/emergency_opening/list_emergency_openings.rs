use actix_web::{get, web};
use serde::Deserialize;
use skolhus_domain::access::{Scope, declared::ReviewEmergencyOpenings};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    person::emergency_opening::{self, EmergencyOpeningFilter, EmergencyOpeningSort},
};
use utoipa::IntoParams;

use super::document::EmergencyOpeningDocument;
use crate::http::{
    listing::{List, Listing, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which openings.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only those into which somebody has looked (true), or into which nobody has yet (false).
    #[param(example = false)]
    is_reviewed: Option<bool>,
}

impl SortKey for EmergencyOpeningSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("openedAt", Self::OpenedAt), ("modifiedAt", Self::ModifiedAt)];
}

/// List emergency openings
///
/// Which records of protected persons were opened in an emergency, by whom and why, the oldest first; for a principal of a
/// unit those of persons there. Persons stand there under their aliases.
#[utoipa::path(
    operation_id = "listEmergencyOpenings", tag = "person",
    extensions(("x-permission" = json!("emergency-opening:review"))),
    params(Listing<Filters, EmergencyOpeningSort>),
    responses((status = 200, description = "One page of openings.", body = List<EmergencyOpeningDocument>))
)]
#[get("/v1/emergency-openings")]
pub async fn handle(
    permit: Permit<ReviewEmergencyOpenings>,
    state: web::Data<State>,
    listing: Listing<Filters, EmergencyOpeningSort>,
) -> Result<web::Json<List<EmergencyOpeningDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| {
            list_emergency_openings(connection, scope, filters, &request)
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_emergency_openings(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    Filters { is_reviewed }: Filters,
    request: &PageRequest<EmergencyOpeningSort>,
) -> Result<Page<EmergencyOpeningDocument>, Problem> {
    let page = emergency_opening::list(connection, scope, EmergencyOpeningFilter { is_reviewed }, request)?;
    page.try_map(|view| Ok(EmergencyOpeningDocument::of(view)))
}
