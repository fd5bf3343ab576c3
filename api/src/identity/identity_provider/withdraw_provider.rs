use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManageIdentityProviders},
    id::IdentityProviderId,
};
use skolhus_persistence::{Tx, identity::identity_provider};

use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw an identity provider
///
/// As a mistaken entry: nobody logs in with it any more, and what it called somebody is worth nothing. Sessions that have begun go on,
/// until they are ended. One that is used no longer is better set to `enabled: false`.
#[utoipa::path(
    operation_id = "withdrawIdentityProvider", tag = "identity",
    extensions(("x-permission" = json!("identity-provider:manage"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/identity-providers/{id}")]
pub async fn handle(
    permit: Permit<ManageIdentityProviders>,
    state: web::Data<State>,
    id: PathId<IdentityProviderId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    let withdraw = move |tx: &mut Tx<'_>, scope: &Scope| {
        let before = identity_provider::find(tx.connection(), scope, id.0)?.ok_or_else(Problem::not_found)?;
        if_match.check(before.provider.version)?;
        identity_provider::withdraw(tx, &before).map_err(Problem::from)
    };
    state.database.write(permit.caller(), withdraw).await?;
    Ok(HttpResponse::NoContent().finish())
}
