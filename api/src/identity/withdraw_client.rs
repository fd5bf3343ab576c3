use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManageClients},
    id::ClientId,
};
use skolhus_persistence::{Tx, identity::client};

use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw a client
///
/// For a client registered by mistake: its tokens are worth nothing from now on.
#[utoipa::path(
    operation_id = "withdrawClient", tag = "identity",
    extensions(("x-permission" = json!("client:manage"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/clients/{id}")]
pub async fn handle(
    permit: Permit<ManageClients>,
    state: web::Data<State>,
    id: PathId<ClientId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| withdraw_client(tx, scope, id.0, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`; a failure of the database.
pub fn withdraw_client(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ClientId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    let before = client::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    if_match.check(before.version)?;
    client::withdraw(tx, scope, &before)?;
    Ok(())
}
