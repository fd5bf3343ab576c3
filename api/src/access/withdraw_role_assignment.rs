use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManageAccounts},
    id::RoleAssignmentId,
};
use skolhus_persistence::{Tx, identity::role_assignment};

use super::last_administrator::keep_one;
use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw a role assignment
///
/// For a role given by mistake. A role that is given up gets a last day instead. The last administrator keeps
/// theirs (409).
#[utoipa::path(
    operation_id = "withdrawRoleAssignment", tag = "access",
    extensions(("x-permission" = json!("account:manage"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/role-assignments/{id}")]
pub async fn handle(
    permit: Permit<ManageAccounts>,
    state: web::Data<State>,
    id: PathId<RoleAssignmentId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| withdraw_role_assignment(tx, scope, id.0, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`; a failure of the database.
pub fn withdraw_role_assignment(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: RoleAssignmentId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    role_assignment::lock_administrators(tx, scope)?;
    let before = role_assignment::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    if_match.check(before.version)?;
    keep_one(tx, scope, |assignment, _| assignment == id)?;
    role_assignment::withdraw(tx, scope, &before)?;
    Ok(())
}
