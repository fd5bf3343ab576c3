use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadOrganisation},
    id::ControllerId,
};
use skolhus_persistence::{DatabaseConnection, organisation::controller};

use super::controller::ControllerDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a controller
///
/// One of those who answer for personal data (personuppgiftsansvarig).
#[utoipa::path(
    operation_id = "getController", tag = "organisation",
    extensions(("x-permission" = json!("organisation:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The controller.", body = ControllerDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/controllers/{id}")]
pub async fn handle(
    permit: Permit<ReadOrganisation>,
    state: web::Data<State>,
    id: PathId<ControllerId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_controller(connection, scope, id.0))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_controller(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: ControllerId,
) -> Result<ControllerDocument, Problem> {
    let saved = controller::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    Ok(ControllerDocument::of(saved))
}
