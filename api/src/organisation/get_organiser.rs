use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadOrganisation},
    id::OrganiserId,
};
use skolhus_persistence::{DatabaseConnection, organisation::organiser};

use super::organiser::OrganiserDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read an organiser
///
/// The caller's own organiser (huvudman); there is no reading another.
#[utoipa::path(
    operation_id = "getOrganiser", tag = "organisation",
    extensions(("x-permission" = json!("organisation:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The organiser.", body = OrganiserDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/organisers/{id}")]
pub async fn handle(
    permit: Permit<ReadOrganisation>,
    state: web::Data<State>,
    id: PathId<OrganiserId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_organiser(connection, scope, id.0))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_organiser(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: OrganiserId,
) -> Result<OrganiserDocument, Problem> {
    let own = organiser::find_own(connection, scope)?.filter(|own| own.id == id);
    Ok(OrganiserDocument::of(own.ok_or_else(Problem::not_found)?))
}
