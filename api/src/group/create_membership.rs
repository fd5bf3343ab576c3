use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageGroups},
    group::NewMembership,
    id::{Id, MembershipId},
    refusal::Refusals,
};
use skolhus_persistence::Tx;
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    get_membership::get_membership,
    membership_document::MembershipDocument,
    memberships::{Creation, apply},
};
use crate::http::{
    body::Body,
    idempotency::{IdempotencyKey, Made},
    period::PeriodDocument,
    permit::Permit,
    problem::Problem,
    resource::created,
    state::State,
};

/// A membership to enter.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateGroupMembership {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000072")]
    pub id: Option<Uuid>,
    /// Who.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// In which group.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000071")]
    pub group_id: Uuid,
    /// The days of it, within the group's; without a last day as long as the group exists.
    #[validate(nested)]
    pub period: PeriodDocument,
}

/// Enter a membership
///
/// A person begins to belong to a group, on a day in the past or in the future; never twice to one
/// group on one day. In the offerings that the group drives the person takes part on the days of
/// the membership: participations follow at once. A day on which the person takes part directly, a
/// study break that would be lost or an offering without places left is refused.
#[utoipa::path(
    operation_id = "createGroupMembership", tag = "group",
    extensions(("x-permission" = json!("group:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateGroupMembership, example = json!({
        "personId": "0199a3f0-7c00-7000-8000-0000000000c1", "groupId": "0199a3f0-7c00-7000-8000-000000000071",
        "period": { "from": "2026-08-17" }
    })),
    responses((status = 201, description = "It is entered.", body = MembershipDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/group-memberships")]
pub async fn handle(
    permit: Permit<ManageGroups>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateGroupMembership>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<MembershipId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_membership(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_membership(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/group-memberships/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`], `Conflict` where a participation cannot follow; a
/// failure of the database.
pub fn create_membership(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: MembershipId,
    request: &CreateGroupMembership,
) -> Result<MembershipDocument, Problem> {
    let CreateGroupMembership { id, person_id, group_id, period } = request;
    let new = NewMembership {
        person: Id::from_uuid(*person_id),
        group: Id::from_uuid(*group_id),
        period: period.raw(),
    };
    let brought = id.is_some();
    let id = id.map_or(fresh, Id::from_uuid);
    let creation = Creation { at: String::new(), id, brought, new };
    apply(tx, scope, &[creation], &[], Refusals::default())?;
    get_membership(tx.connection(), scope, id)
}
