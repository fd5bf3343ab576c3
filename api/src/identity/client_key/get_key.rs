use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::access::{Scope, declared::ManageClients};
use skolhus_persistence::{
    DatabaseConnection,
    identity::{client, client_key},
};

use super::{
    document::ClientKeyDocument,
    path::{KeyId, KeyPath},
};
use crate::http::{permit::Permit, problem::Problem, resource::show, state::State};

/// Read a client's key
///
/// One public key of an integrator's client.
#[utoipa::path(
    operation_id = "getClientKey", tag = "identity",
    extensions(("x-permission" = json!("client:manage"))),
    params(KeyPath),
    responses(
        (status = 200, description = "The key.", body = ClientKeyDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/clients/{id}/keys/{keyId}")]
pub async fn handle(
    permit: Permit<ManageClients>,
    state: web::Data<State>,
    id: KeyId,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found =
        state.database.read(permit.caller(), move |connection, scope| get_key(connection, scope, id)).await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_key(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: KeyId,
) -> Result<ClientKeyDocument, Problem> {
    client::find(connection, scope, id.client)?.ok_or_else(Problem::not_found)?;
    let saved = client_key::find(connection, scope, id.client, id.key)?.ok_or_else(Problem::not_found)?;
    Ok(ClientKeyDocument::of(&saved))
}
