use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageProtection},
    id::ContactBanId,
    text::Text,
};
use skolhus_persistence::Tx;

use super::open::{lifted, opened};
use crate::{
    http::{
        body::Body,
        idempotency::{IdempotencyKey, Made},
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId},
        state::State,
    },
    person::{
        contact_ban::{LiftedContactBan, reject},
        relation::RejectWaiting,
    },
};

/// Reject a change of a contact ban of somebody protected
///
/// What waits is not wanted: the ban stays in force as it is. Whoever entered it may do so too. The access to those of
/// the register whom it concerns is logged.
#[utoipa::path(
    operation_id = "rejectProtectedContactBan", tag = "person",
    extensions(("x-permission" = json!("person:manage-protection")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = RejectWaiting, example = json!({ "version": 2, "note": "Kontaktförbudet gäller fortfarande" })),
    responses((status = 200, description = "Whether the ban is lifted now.", body = LiftedContactBan))
)]
#[post("/v1/protected-contact-bans/{id}/rejection")]
pub async fn handle(
    permit: Permit<ManageProtection>,
    state: web::Data<State>,
    id: PathId<ContactBanId>,
    key: IdempotencyKey,
    body: Body<RejectWaiting>,
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
                    let answer = reject_protected_contact_ban(tx, scope, id.0, &body)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(answer.id), answer })
                },
                |tx, scope, _| lifted(tx, scope, id.0),
            )
        })
        .await?;
    Ok(HttpResponse::build(made.status).json(made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Conflict`, `InvalidFields`; a failure of the database.
pub fn reject_protected_contact_ban(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ContactBanId,
    request: &RejectWaiting,
) -> Result<LiftedContactBan, Problem> {
    let (view, _) = opened(tx, scope, id, &Text::line("rejects a change of a contact ban", 500)?)?;
    reject(tx, scope, &view, request)
}
