use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageProtection},
    id::ContactBanId,
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
        contact_ban::{LiftContactBan, LiftedContactBan, lift},
        relation::reason_of,
    },
};

/// Lift a contact ban of somebody protected
///
/// As the lifting of any ban: it opens something, and so waits for a second person unless the organiser has turned
/// that off. The access to those of the register whom it concerns is logged with the reason.
#[utoipa::path(
    operation_id = "liftProtectedContactBan", tag = "person",
    extensions(("x-permission" = json!("person:manage-protection")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = LiftContactBan, example = json!({ "version": 1, "reason": "Åklagaren har hävt kontaktförbudet" })),
    responses((status = 200, description = "Whether the ban is lifted now.", body = LiftedContactBan))
)]
#[post("/v1/protected-contact-bans/{id}/lifting")]
pub async fn handle(
    permit: Permit<ManageProtection>,
    state: web::Data<State>,
    id: PathId<ContactBanId>,
    key: IdempotencyKey,
    body: Body<LiftContactBan>,
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
                    let answer = lift_protected_contact_ban(tx, scope, id.0, &body)?;
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
pub fn lift_protected_contact_ban(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ContactBanId,
    request: &LiftContactBan,
) -> Result<LiftedContactBan, Problem> {
    let (view, _) = opened(tx, scope, id, &reason_of(&request.reason)?)?;
    lift(tx, scope, &view, request)
}
