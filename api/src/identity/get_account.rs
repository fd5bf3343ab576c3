use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ManageAccounts},
    id::AccountId,
};
use skolhus_persistence::{DatabaseConnection, identity::account};

use super::account::AccountDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read an account
///
/// One account, without its credentials.
#[utoipa::path(
    operation_id = "getAccount", tag = "identity",
    extensions(("x-permission" = json!("account:manage"))),
    params(IdPath),
    responses(
        (status = 200, description = "Its present state.", body = AccountDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/accounts/{id}")]
pub async fn handle(
    permit: Permit<ManageAccounts>,
    state: web::Data<State>,
    id: PathId<AccountId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_account(connection, scope, id.0))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_account(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: AccountId,
) -> Result<AccountDocument, Problem> {
    let saved = account::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    Ok(AccountDocument::of(saved))
}
