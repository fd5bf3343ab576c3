use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManageGroups},
    id::MembershipId,
    refusal::Refusals,
};
use skolhus_persistence::Tx;

use super::{
    get_membership::find,
    memberships::{Move, apply},
};
use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw a membership
///
/// For an entry made by mistake: it leaves the lists and stays in the register as withdrawn, and so do
/// the participations that follow it and have not ended. Somebody who leaves a group gets a last day
/// instead.
#[utoipa::path(
    operation_id = "withdrawGroupMembership", tag = "group",
    extensions(("x-permission" = json!("group:manage"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/group-memberships/{id}")]
pub async fn handle(
    permit: Permit<ManageGroups>,
    state: web::Data<State>,
    id: PathId<MembershipId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| withdraw_membership(tx, scope, id.0, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict` where a study break would be lost; a
/// failure of the database.
pub fn withdraw_membership(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: MembershipId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    let before = find(tx.connection(), scope, id)?.saved;
    if_match.check(before.version)?;
    let moved = Move { at: String::new(), before, period: None };
    apply(tx, scope, &[], &[moved], Refusals::default())
}
