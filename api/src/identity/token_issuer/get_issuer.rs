use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ManageTokenIssuers},
    id::TokenIssuerId,
};
use skolhus_persistence::{DatabaseConnection, identity::token_issuer};

use super::document::TokenIssuerDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read an issuer of tokens
///
/// One of the issuers whose tokens stand for clients.
#[utoipa::path(
    operation_id = "getTokenIssuer", tag = "identity",
    extensions(("x-permission" = json!("token-issuer:manage"))),
    params(IdPath),
    responses(
        (status = 200, description = "The issuer.", body = TokenIssuerDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/token-issuers/{id}")]
pub async fn handle(
    permit: Permit<ManageTokenIssuers>,
    state: web::Data<State>,
    id: PathId<TokenIssuerId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let read = move |connection: &mut DatabaseConnection, scope: &Scope| get_issuer(connection, scope, id.0);
    let found = state.database.read(permit.caller(), read).await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub(super) fn get_issuer(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: TokenIssuerId,
) -> Result<TokenIssuerDocument, Problem> {
    let saved = token_issuer::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    Ok(TokenIssuerDocument::of(saved))
}
