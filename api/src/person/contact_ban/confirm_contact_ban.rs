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
    person::relation::{ConfirmWaiting, decider},
};

/// Confirm a change of a contact ban
///
/// What waits takes effect: the ban is lifted or has other days. A second person does it: neither who
/// entered it nor one of those whom it concerns.
#[utoipa::path(
    operation_id = "confirmContactBan", tag = "person",
    extensions(("x-permission" = json!("relation:confirm")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = ConfirmWaiting, example = json!({ "version": 2, "note": "Beslutet är kontrollerat" })),
    responses((status = 200, description = "Whether the ban is lifted now.", body = LiftedContactBan))
)]
#[post("/v1/contact-bans/{id}/confirmation")]
pub async fn handle(
    permit: Permit<ConfirmRelations>,
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
                    let answer = confirm_contact_ban(tx, scope, id.0, &body)?;
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
pub fn confirm_contact_ban(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ContactBanId,
    request: &ConfirmWaiting,
) -> Result<LiftedContactBan, Problem> {
    let view = contact_ban::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    confirm(tx, scope, &view, request)
}

/// Confirms a change of a ban that has been found.
pub(in crate::person) fn confirm(
    tx: &mut Tx<'_>,
    scope: &Scope,
    view: &ContactBanView,
    request: &ConfirmWaiting,
) -> Result<LiftedContactBan, Problem> {
    let note = request.checked(view.saved.version)?;
    let before = &view.saved.value;
    let decider = decider(tx.connection(), scope, before.entered_by)?;
    let after = before.confirm(&decider, note.clone())?;
    let why = note.as_ref().map_or("confirmed by a second person", |note| note.as_str());
    contact_ban::update(tx, scope, &view.saved, &after, why)?;
    Ok(LiftedContactBan { id: view.saved.id.uuid(), lifted: after.withdrawn })
}
