use actix_web::{HttpResponse, patch, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{RoleAssignment, Scope, declared::ManageAccounts},
    id::RoleAssignmentId,
    period::Period,
};
use skolhus_persistence::{
    Tx,
    identity::{account, role_assignment},
};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    create_role_assignment::{check_repeats, giver},
    last_administrator::keep_one,
    role_assignment::RoleAssignmentDocument,
};
use crate::http::{
    body::Body,
    etag::IfMatch,
    patch::Patch,
    period::PeriodDocument,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// What to change of a role assignment: its days. Another role, unit or account is another assignment.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateRoleAssignment {
    /// When it is held.
    #[serde(default)]
    #[schema(value_type = Option<PeriodDocument>, nullable = false)]
    pub valid: Patch<PeriodDocument>,
}

/// Change the days of a role
///
/// A merge patch. Giving up a role is giving it a last day. The last administrator keeps theirs without one (409).
#[utoipa::path(
    operation_id = "updateRoleAssignment", tag = "access",
    extensions(("x-permission" = json!("account:manage"))),
    params(IdPath),
    request_body(content = UpdateRoleAssignment, content_type = "application/merge-patch+json", example = json!({ "valid": { "from": "2026-08-17", "to": "2027-06-11" } })),
    responses((status = 200, description = "Its present state.", body = RoleAssignmentDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/role-assignments/{id}")]
pub async fn handle(
    permit: Permit<ManageAccounts>,
    state: web::Data<State>,
    id: PathId<RoleAssignmentId>,
    if_match: IfMatch,
    body: Body<UpdateRoleAssignment>,
) -> Result<HttpResponse, Problem> {
    let present = state
        .database
        .write(permit.caller(), move |tx, scope| update_role_assignment(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(present.version, &present))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`, `Conflict`; a failure of the database.
pub fn update_role_assignment(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: RoleAssignmentId,
    if_match: &IfMatch,
    request: &UpdateRoleAssignment,
) -> Result<RoleAssignmentDocument, Problem> {
    role_assignment::lock_administrators(tx, scope)?;
    let before = role_assignment::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let valid = request.valid.clone().require(PeriodDocument::of(before.value.valid));
    let (from, to) = valid.map_err(|refusal| refusal.at("/valid"))?.raw();
    let valid = Period::new(from, to).map_err(|refusal| refusal.at("/valid"))?;
    let after = RoleAssignment { valid, ..before.value.clone() };
    if_match.check_unless(after == before.value, before.version)?;
    account::lock(tx, after.account)?;
    if !before.value.valid.covers(&after.valid) {
        let account = account::find(tx.connection(), scope, after.account)?.ok_or_else(Problem::not_found)?;
        after.given_by(giver(scope, account.id, account.value.person))?;
    }
    check_repeats(tx, scope, Some(id), &after)?;
    if after.valid.to().is_some() || !after.valid.contains(scope.today()) {
        keep_one(tx, scope, |assignment, _| assignment == id)?;
    }
    Ok(RoleAssignmentDocument::of(role_assignment::update(tx, scope, &before, &after)?))
}
