use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::OwnExternalIdentities},
    id::ExternalIdentityId,
};
use skolhus_persistence::Tx;

use super::withdraw_identity::withdraw;
use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Take an external identity from one's own account
///
/// One logs in with that provider no longer, by the name that it has for one. Sessions that have begun go on, until they are ended.
#[utoipa::path(
    operation_id = "withdrawOwnExternalIdentity", tag = "identity",
    extensions(("x-permission" = json!("external-identity:own"))),
    params(IdPath),
    responses((status = 204, description = "It is taken away."))
)]
#[delete("/v1/me/external-identities/{id}")]
pub async fn handle(
    permit: Permit<OwnExternalIdentities>,
    state: web::Data<State>,
    id: PathId<ExternalIdentityId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    let withdraw = move |tx: &mut Tx<'_>, scope: &Scope| withdraw(tx, scope, id.0, &if_match);
    state.database.write(permit.caller(), withdraw).await?;
    Ok(HttpResponse::NoContent().finish())
}
