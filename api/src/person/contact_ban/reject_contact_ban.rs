use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ConfirmRelations},
    id::{ContactBanId, Id},
};
use skolhus_persistence::{
    Tx,
    person::contact_ban::{self, ContactBanView},
};

use super::lift_contact_ban::LiftedContactBan;
use crate::{
    http::{
        body::Body,
        idempotency::{IdempotencyKey, Made},
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId},
        state::State,
    },
    person::relation::{RejectWaiting, decider},
};

/// Reject a change of a contact ban
///
/// What waits is not wanted: the ban stays in force as it is. Whoever entered it may do so too.
#[utoipa::path(
    operation_id = "rejectContactBan", tag = "person",
    extensions(("x-permission" = json!("relation:confirm")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = RejectWaiting, example = json!({ "version": 2, "note": "Kontaktförbudet gäller fortfarande" })),
    responses((status = 200, description = "Whether the ban is lifted now.", body = LiftedContactBan))
)]
#[post("/v1/contact-bans/{id}/rejection")]
pub async fn handle(
    permit: Permit<ConfirmRelations>,
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
                    let answer = reject_contact_ban(tx, scope, id.0, &body)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(answer.id), answer })
                },
                |tx, scope, _| {
                    let there = contact_ban::find(tx.connection(), scope, id.0)?.is_some();
                    Ok(LiftedContactBan { id: id.0.uuid(), lifted: !there })
                },
            )
        })
        .await?;
    Ok(HttpResponse::build(made.status).json(made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Conflict`, `InvalidFields`; a failure of the database.
pub fn reject_contact_ban(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ContactBanId,
    request: &RejectWaiting,
) -> Result<LiftedContactBan, Problem> {
    let view = contact_ban::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    reject(tx, scope, &view, request)
}

/// Rejects a change of a ban that has been found.
pub(in crate::person) fn reject(
    tx: &mut Tx<'_>,
    scope: &Scope,
    view: &ContactBanView,
    request: &RejectWaiting,
) -> Result<LiftedContactBan, Problem> {
    let note = request.checked(view.saved.version)?;
    let before = &view.saved.value;
    let decider = decider(tx.connection(), scope, before.entered_by)?;
    let after = before.reject(&decider, note.clone())?;
    contact_ban::update(tx, scope, &view.saved, &after, note.as_str())?;
    Ok(LiftedContactBan { id: view.saved.id.uuid(), lifted: after.withdrawn })
}
