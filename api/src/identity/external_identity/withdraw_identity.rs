use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManageIdentityProviders},
    id::ExternalIdentityId,
};
use skolhus_persistence::{Tx, identity::external_identity};

use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Take an external identity from an account
///
/// Whoever the provider calls so logs in to the account no longer. Sessions that have begun go on, until they are ended.
#[utoipa::path(
    operation_id = "withdrawExternalIdentity", tag = "identity",
    extensions(("x-permission" = json!("identity-provider:manage"))),
    params(IdPath),
    responses((status = 204, description = "It is taken away."))
)]
#[delete("/v1/external-identities/{id}")]
pub async fn handle(
    permit: Permit<ManageIdentityProviders>,
    state: web::Data<State>,
    id: PathId<ExternalIdentityId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    let withdraw = move |tx: &mut Tx<'_>, scope: &Scope| withdraw(tx, scope, id.0, &if_match);
    state.database.write(permit.caller(), withdraw).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`; a failure of the database.
pub(super) fn withdraw(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ExternalIdentityId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    let before = external_identity::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    if_match.check(before.version)?;
    external_identity::withdraw(tx, scope, &before).map_err(Problem::from)
}
