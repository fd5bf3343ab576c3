use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManageGroups},
    id::GroupId,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Tx,
    group::{assignment, group, membership, offering_group},
};

use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw a group
///
/// For an entry made by mistake, before anyone belongs to it or it drives an offering: it leaves the
/// lists and stays in the register as withdrawn. A group that has ended gets a last day instead.
#[utoipa::path(
    operation_id = "withdrawGroup", tag = "group",
    extensions(("x-permission" = json!("group:manage"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/groups/{id}")]
pub async fn handle(
    permit: Permit<ManageGroups>,
    state: web::Data<State>,
    id: PathId<GroupId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| withdraw_group(tx, scope, id.0, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict` while something hangs on it;
/// a failure of the database.
pub fn withdraw_group(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: GroupId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    group::lock(tx, &[id])?;
    let before = group::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    if_match.check(before.version)?;
    if !membership::of_group(tx.connection(), scope, id)?.is_empty() {
        return Err(Refusal::new(Rule::State, "the group has members; withdraw the memberships first").into());
    }
    if !offering_group::days_of_group(tx.connection(), scope, id)?.is_empty() {
        return Err(Refusal::new(Rule::State, "the group drives offerings; take it off them first").into());
    }
    assignment::save_set(tx, scope, id, &[])?;
    group::withdraw(tx, scope, &before)?;
    Ok(())
}
