use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadParticipations},
    id::ParticipationExceptionId,
};
use skolhus_persistence::{
    DatabaseConnection,
    participation::{self, NamedException},
};

use super::exception_document::ExceptionDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read an exception
///
/// One person's exception in an offering that groups drive. Those of persons with protected identity
/// are left out.
#[utoipa::path(
    operation_id = "getParticipationException", tag = "participation",
    extensions(("x-permission" = json!("participation:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The exception.", body = ExceptionDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/participation-exceptions/{id}")]
pub async fn handle(
    permit: Permit<ReadParticipations>,
    state: web::Data<State>,
    id: PathId<ParticipationExceptionId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_exception(connection, scope, id.0))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_exception(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: ParticipationExceptionId,
) -> Result<ExceptionDocument, Problem> {
    Ok(ExceptionDocument::of(find(connection, scope, id)?, scope))
}

/// An exception with its person's name, or 404.
pub(super) fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: ParticipationExceptionId,
) -> Result<NamedException, Problem> {
    participation::find_exception(connection, scope, id)?.ok_or_else(Problem::not_found)
}
