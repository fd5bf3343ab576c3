use actix_web::{HttpResponse, delete, web};
use skolhus_domain::access::{Scope, declared::ManageClients};
use skolhus_persistence::{
    Tx,
    identity::{client, client_key},
};

use super::path::{KeyId, KeyPath};
use crate::http::{etag::IfMatch, permit::Permit, problem::Problem, state::State};

/// Withdraw a client's key
///
/// What it signs is worth nothing from now on; tokens that it gave live out their ten minutes.
#[utoipa::path(
    operation_id = "withdrawClientKey", tag = "identity",
    extensions(("x-permission" = json!("client:manage"))),
    params(KeyPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/clients/{id}/keys/{keyId}")]
pub async fn handle(
    permit: Permit<ManageClients>,
    state: web::Data<State>,
    id: KeyId,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state.database.write(permit.caller(), move |tx, scope| withdraw_key(tx, scope, id, &if_match)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`; a failure of the database.
pub fn withdraw_key(tx: &mut Tx<'_>, scope: &Scope, id: KeyId, if_match: &IfMatch) -> Result<(), Problem> {
    client::find(tx.connection(), scope, id.client)?.ok_or_else(Problem::not_found)?;
    let before = client_key::find(tx.connection(), scope, id.client, id.key)?;
    let before = before.ok_or_else(Problem::not_found)?;
    if_match.check(before.version)?;
    client_key::withdraw(tx, scope, &before)?;
    Ok(())
}
