use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManageTokenIssuers},
    id::TokenIssuerId,
};
use skolhus_persistence::{Tx, identity::token_issuer};

use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw an issuer of tokens
///
/// Its tokens are worth nothing from now on, those that were issued before too.
#[utoipa::path(
    operation_id = "withdrawTokenIssuer", tag = "identity",
    extensions(("x-permission" = json!("token-issuer:manage"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/token-issuers/{id}")]
pub async fn handle(
    permit: Permit<ManageTokenIssuers>,
    state: web::Data<State>,
    id: PathId<TokenIssuerId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    let withdraw = move |tx: &mut Tx<'_>, scope: &Scope| {
        let before = token_issuer::find(tx.connection(), scope, id.0)?.ok_or_else(Problem::not_found)?;
        if_match.check(before.version)?;
        token_issuer::withdraw(tx, scope, &before).map_err(Problem::from)
    };
    state.database.write(permit.caller(), withdraw).await?;
    state.issuers.forget();
    Ok(HttpResponse::NoContent().finish())
}
