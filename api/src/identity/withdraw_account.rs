use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManageAccounts},
    id::AccountId,
};
use skolhus_persistence::{
    Tx,
    identity::{account, role_assignment, session},
};

use crate::access::last_administrator::keep_one;
use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw an account
///
/// For an account opened by mistake: nobody logs in with it any more, and its address is free. Somebody who has left gets
/// a disabled account instead. The last administrator cannot be withdrawn (409).
#[utoipa::path(
    operation_id = "withdrawAccount", tag = "identity",
    extensions(("x-permission" = json!("account:manage"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/accounts/{id}")]
pub async fn handle(
    permit: Permit<ManageAccounts>,
    state: web::Data<State>,
    id: PathId<AccountId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| withdraw_account(tx, scope, id.0, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`; a failure of the database.
pub fn withdraw_account(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: AccountId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    role_assignment::lock_administrators(tx, scope)?;
    let before = account::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    if_match.check(before.version)?;
    keep_one(tx, scope, |_, account| account == id)?;
    session::end_all(tx, scope, id, None, "the account was withdrawn")?;
    account::withdraw(tx, scope, &before)?;
    Ok(())
}
