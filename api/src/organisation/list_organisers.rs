use actix_web::{get, web};
use skolhus_domain::access::{Scope, declared::ReadOrganisation};
use skolhus_persistence::{DatabaseConnection, organisation::organiser};

use super::organiser::OrganiserDocument;
use crate::http::{listing::List, permit::Permit, problem::Problem, state::State};

/// List organisers
///
/// The organisers (huvudmän) that the caller belongs to: always one, on one page.
#[utoipa::path(
    operation_id = "listOrganisers", tag = "organisation",
    extensions(("x-permission" = json!("organisation:read"))),
    responses((status = 200, description = "The caller's own organiser.", body = List<OrganiserDocument>))
)]
#[get("/v1/organisers")]
pub async fn handle(
    permit: Permit<ReadOrganisation>,
    state: web::Data<State>,
) -> Result<web::Json<List<OrganiserDocument>>, Problem> {
    let data = state.database.read(permit.caller(), list_organisers).await?;
    Ok(web::Json(List { data, page_token: None, as_of: None }))
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_organisers(
    connection: &mut DatabaseConnection,
    scope: &Scope,
) -> Result<Vec<OrganiserDocument>, Problem> {
    let own = organiser::find_own(connection, scope)?;
    Ok(own.into_iter().map(OrganiserDocument::of).collect())
}
