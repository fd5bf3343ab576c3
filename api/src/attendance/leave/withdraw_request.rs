use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::RequestLeave},
    id::LeaveRequestId,
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{Tx, attendance::leave_request};

use super::{
    document::LeaveRequestDocument,
    get_request::{find, get_request},
};
use crate::http::{
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// Take a leave request back
///
/// By whoever asked: while it waits, or before the first day of what was granted.
#[utoipa::path(
    operation_id = "withdrawLeaveRequest", tag = "attendance",
    extensions(("x-permission" = json!("leave:request")), ("x-idempotent" = json!(true))),
    params(IdPath),
    responses((status = 200, description = "Its present state.", body = LeaveRequestDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/leave-requests/{id}/withdrawal")]
pub async fn handle(
    permit: Permit<RequestLeave>,
    state: web::Data<State>,
    id: PathId<LeaveRequestId>,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let caller = permit.caller().clone();
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &[],
                |tx, scope| {
                    let answer = withdraw_request(tx, scope, id.0)?;
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
/// [`crate::http::catalogue::Code::NotFound`], `NotPermitted`, `Conflict`; a failure of the database.
pub fn withdraw_request(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: LeaveRequestId,
) -> Result<LeaveRequestDocument, Problem> {
    leave_request::lock(tx, id)?;
    let before = find(tx.connection(), scope, id)?;
    let Some(me) = scope.person() else {
        let detail = "a request is withdrawn by the person who made it";
        return Err(Refusals::from(Refusal::new(Rule::NotPermitted, detail)).into());
    };
    let after = before.saved.value.clone().withdraw(me, scope.today()).map_err(Refusals::from)?;
    leave_request::update(tx, scope, &before.saved, &after)?;
    get_request(tx.connection(), scope, id)
}
