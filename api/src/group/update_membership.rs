use actix_web::{HttpResponse, patch, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageGroups},
    id::MembershipId,
    refusal::Refusals,
};
use skolhus_persistence::Tx;
use utoipa::ToSchema;
use validator::Validate;

use super::{
    get_membership::{find, get_membership},
    membership_document::MembershipDocument,
    memberships::{Move, apply},
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

/// What to change of a membership; what is absent stays. Another person or another group is another
/// membership.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateGroupMembership {
    /// The days of it, within the group's; without a last day as long as the group exists.
    #[serde(default)]
    #[schema(value_type = Option<PeriodDocument>, nullable = false)]
    pub period: Patch<PeriodDocument>,
}

/// End or correct a membership
///
/// A merge patch: other days, in the past or in the future. Participations follow at once and keep
/// their ids; what was before is in the change log. A participation that was interrupted or completed
/// stays so: it is not begun again by a longer membership.
#[utoipa::path(
    operation_id = "updateGroupMembership", tag = "group",
    extensions(("x-permission" = json!("group:manage"))),
    params(IdPath),
    request_body(content = UpdateGroupMembership, content_type = "application/merge-patch+json",
        example = json!({ "period": { "from": "2026-08-17", "to": "2026-10-30" } })),
    responses((status = 200, description = "Its present state.", body = MembershipDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/group-memberships/{id}")]
pub async fn handle(
    permit: Permit<ManageGroups>,
    state: web::Data<State>,
    id: PathId<MembershipId>,
    if_match: IfMatch,
    body: Body<UpdateGroupMembership>,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .write(permit.caller(), move |tx, scope| update_membership(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`, `Conflict` where a
/// participation cannot follow; a failure of the database.
pub fn update_membership(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: MembershipId,
    if_match: &IfMatch,
    request: &UpdateGroupMembership,
) -> Result<MembershipDocument, Problem> {
    let before = find(tx.connection(), scope, id)?.saved;
    let present = PeriodDocument::of(before.value.period);
    let period = request.period.clone().require(present).map_err(|refusal| refusal.at("/period"))?;
    if_match.check_unless(period == present, before.version)?;
    if period != present {
        let moved = Move { at: String::new(), before, period: Some(period.raw()) };
        apply(tx, scope, &[], &[moved], Refusals::default())?;
    }
    get_membership(tx.connection(), scope, id)
}
