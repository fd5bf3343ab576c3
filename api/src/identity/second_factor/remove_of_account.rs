use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::declared::ManageSecondFactors,
    id::AccountId,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::identity::account;

use super::remove;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Remove an account's second factor
///
/// One that was lost, with its recovery codes: the account's sessions end, and its logins need the password only. An
/// invitation that was not used is taken back the same way. One's own is removed at `/v1/me/second-factor` (409 here).
#[utoipa::path(
    operation_id = "removeSecondFactor", tag = "identity",
    extensions(("x-permission" = json!("second-factor:manage")), ("x-unconditional" = json!(true))),
    params(IdPath),
    responses((status = 204, description = "It is removed."))
)]
#[delete("/v1/accounts/{id}/second-factor")]
pub async fn handle(
    permit: Permit<ManageSecondFactors>,
    state: web::Data<State>,
    id: PathId<AccountId>,
) -> Result<HttpResponse, Problem> {
    let id = id.0;
    state
        .database
        .write(permit.caller(), move |tx, scope| {
            account::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
            if scope.account() == Some(id) {
                let detail = "remove your own second factor at /v1/me/second-factor";
                return Err(Problem::from(Refusal::new(Rule::State, detail)));
            }
            let removed = remove(tx, scope, id, "an administrator removed the second factor")?;
            if removed { Ok(()) } else { Err(Problem::not_found()) }
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
