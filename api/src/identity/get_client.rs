use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ManageClients},
    id::ClientId,
};
use skolhus_persistence::{DatabaseConnection, identity::client};

use super::client::ClientDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a client
///
/// One integrator's client, without its secret.
#[utoipa::path(
    operation_id = "getClient", tag = "identity",
    extensions(("x-permission" = json!("client:manage"))),
    params(IdPath),
    responses(
        (status = 200, description = "Its present state.", body = ClientDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/clients/{id}")]
pub async fn handle(
    permit: Permit<ManageClients>,
    state: web::Data<State>,
    id: PathId<ClientId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_client(connection, scope, id.0))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_client(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: ClientId,
) -> Result<ClientDocument, Problem> {
    let saved = client::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    Ok(ClientDocument::of(saved))
}
