use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::DecideLeave},
    attendance::{Deciding, LeaveDecider},
    id::LeaveRequestId,
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{
    Tx,
    attendance::{leave_request, setting},
};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    document::LeaveRequestDocument,
    get_request::{find, get_request},
};
use crate::http::{
    body::Body,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// What is decided.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = DecideLeaveRequest)]
pub struct DecideRequest {
    /// Whether the leave is granted.
    #[schema(example = true)]
    pub granted: bool,
    /// Why; a refusal says it always.
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "Beviljas", min_length = 1, max_length = 500)]
    pub motivation: Option<String>,
}

/// Decide about leave
///
/// Granted (beviljad) or refused (avslagen), by the principal, or by the pupil's mentor about as many days as the settings
/// say, ten at the most. Each request is counted by itself. Nobody decides about what they asked for.
#[utoipa::path(
    operation_id = "decideLeaveRequest", tag = "attendance",
    extensions(("x-permission" = json!("leave:decide")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = DecideRequest, example = json!({ "granted": true, "motivation": "Beviljas" })),
    responses((status = 200, description = "Its present state.", body = LeaveRequestDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/leave-requests/{id}/decision")]
pub async fn handle(
    permit: Permit<DecideLeave>,
    state: web::Data<State>,
    id: PathId<LeaveRequestId>,
    key: IdempotencyKey,
    body: Body<DecideRequest>,
) -> Result<HttpResponse, Problem> {
    let caller = permit.caller().clone();
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = decide_request(tx, scope, id.0, &body)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(null), answer })
                },
                |tx, scope, _| get_request(tx.connection(), scope, id.0),
            )
        })
        .await?;
    Ok(saved(made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `NotPermitted`, `Conflict`, `InvalidFields`; a failure of the database.
pub fn decide_request(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: LeaveRequestId,
    request: &DecideRequest,
) -> Result<LeaveRequestDocument, Problem> {
    let DecideRequest { granted, motivation } = request;
    leave_request::lock(tx, id)?;
    let before = find(tx.connection(), scope, id)?;
    let capacity = match (before.by_office, before.as_mentor) {
        (true, _) => LeaveDecider::Principal,
        (false, true) => LeaveDecider::Mentor,
        (false, false) => {
            let detail = "leave is decided by the principal, or by the pupil's mentor";
            return Err(Refusals::from(Refusal::new(Rule::NotPermitted, detail)).into());
        }
    };
    let rule = setting::in_force(tx.connection(), scope)?.leave;
    let deciding = Deciding { account: scope.account(), person: scope.person(), capacity };
    let after = before
        .saved
        .value
        .clone()
        .decide(*granted, deciding, motivation.as_deref(), (rule, &[]), scope.today())
        .map_err(Refusals::from)?;
    leave_request::update(tx, scope, &before.saved, &after)?;
    get_request(tx.connection(), scope, id)
}
