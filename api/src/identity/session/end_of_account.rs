use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{access::declared::ManageAccounts, id::AccountId};
use skolhus_persistence::identity::{account, session};

use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// End an account's sessions
///
/// All of them at once: whoever is logged in with the account must log in again. To shut it out, disable it.
#[utoipa::path(
    operation_id = "endAccountSessions", tag = "identity",
    extensions(("x-permission" = json!("account:manage")), ("x-unconditional" = json!(true))),
    params(IdPath),
    responses((status = 204, description = "They have ended."))
)]
#[delete("/v1/accounts/{id}/sessions")]
pub async fn handle(
    permit: Permit<ManageAccounts>,
    state: web::Data<State>,
    id: PathId<AccountId>,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| {
            account::lock(tx, id.0)?;
            account::find(tx.connection(), scope, id.0)?.ok_or_else(Problem::not_found)?;
            session::end_all(tx, scope, id.0, None, "an administrator ended the sessions")
                .map_err(Problem::from)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
