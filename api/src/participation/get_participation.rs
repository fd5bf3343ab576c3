use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadParticipations},
    id::ParticipationId,
};
use skolhus_persistence::{
    DatabaseConnection,
    participation::{self, Named},
};

use super::participation_document::ParticipationDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a participation
///
/// One participation (deltagande) with the name of its person, where it stands, and its pace and
/// funding over time.
#[utoipa::path(
    operation_id = "getParticipation", tag = "participation",
    extensions(("x-permission" = json!("participation:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The participation.", body = ParticipationDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/participations/{id}")]
pub async fn handle(
    permit: Permit<ReadParticipations>,
    state: web::Data<State>,
    id: PathId<ParticipationId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let participation = state
        .database
        .read(permit.caller(), move |connection, scope| get_participation(connection, scope, id.0))
        .await?;
    Ok(show(&request, participation.version, &participation))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_participation(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: ParticipationId,
) -> Result<ParticipationDocument, Problem> {
    Ok(ParticipationDocument::of(find(connection, scope, id)?, scope))
}

/// A participation with its person's name, or 404.
pub(super) fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: ParticipationId,
) -> Result<Named, Problem> {
    participation::find_named(connection, scope, &[id])?.pop().ok_or_else(Problem::not_found)
}
