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
        contact_ban::{LiftedContactBan, confirm},
        relation::ConfirmWaiting,
    },
};

/// Confirm a change of a contact ban of somebody protected
///
/// What waits takes effect: the ban is lifted or has other days. A second person does it: neither who entered it nor
/// one of those whom it concerns. The access to them is logged.
#[utoipa::path(
    operation_id = "confirmProtectedContactBan", tag = "person",
    extensions(("x-permission" = json!("person:manage-protection")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = ConfirmWaiting, example = json!({ "version": 2, "note": "Beslutet är kontrollerat" })),
    responses((status = 200, description = "Whether the ban is lifted now.", body = LiftedContactBan))
)]
#[post("/v1/protected-contact-bans/{id}/confirmation")]
pub async fn handle(
    permit: Permit<ManageProtection>,
    state: web::Data<State>,
    id: PathId<ContactBanId>,
    key: IdempotencyKey,
    body: Body<ConfirmWaiting>,
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
                    let answer = confirm_protected_contact_ban(tx, scope, id.0, &body)?;
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
pub fn confirm_protected_contact_ban(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ContactBanId,
    request: &ConfirmWaiting,
) -> Result<LiftedContactBan, Problem> {
    let (view, _) = opened(tx, scope, id, &Text::line("confirms a change of a contact ban", 500)?)?;
    confirm(tx, scope, &view, request)
}
