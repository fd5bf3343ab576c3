use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadOrganisation},
    id::RoomId,
};
use skolhus_persistence::{DatabaseConnection, schedule::room};

use super::room::RoomDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a room
///
/// One room (lokal), or another thing (resurs) that lessons take up.
#[utoipa::path(
    operation_id = "getRoom", tag = "schedule",
    extensions(("x-permission" = json!("organisation:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The room.", body = RoomDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/rooms/{id}")]
pub async fn handle(
    permit: Permit<ReadOrganisation>,
    state: web::Data<State>,
    id: PathId<RoomId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_room(connection, scope, id.0))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_room(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: RoomId,
) -> Result<RoomDocument, Problem> {
    let saved = room::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    Ok(RoomDocument::of(saved))
}
