use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageProtection},
    id::ClearingId,
    text::Text,
};
use skolhus_persistence::{Tx, person::clearing};

use super::document::{ClearingDocument, opened};
use crate::{
    http::{
        body::Body,
        idempotency::{IdempotencyKey, Made},
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId, saved},
        state::State,
    },
    person::relation::{RejectWaiting, decider},
};

/// Reject a clearing
///
/// What waits is not wanted, and clears nobody. Whoever entered it may do so too. The access is logged.
#[utoipa::path(
    operation_id = "rejectClearing", tag = "person",
    extensions(("x-permission" = json!("person:manage-protection")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = RejectWaiting, example = json!({ "version": 1, "note": "Vårdnaden är inte avgjord" })),
    responses((status = 200, description = "The clearing as it is now.", body = ClearingDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/clearings/{id}/rejection")]
pub async fn handle(
    permit: Permit<ManageProtection>,
    state: web::Data<State>,
    id: PathId<ClearingId>,
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
                    let answer = reject_clearing(tx, scope, id.0, &body)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(answer.id), answer })
                },
                |tx, scope, _| opened(tx, scope, id.0, &why()?).map(|saved| ClearingDocument::of(&saved)),
            )
        })
        .await?;
    Ok(saved(made.answer.version, &made.answer))
}

fn why() -> Result<Text, Problem> {
    Ok(Text::line("rejects a clearing", 500)?)
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `InvalidFields`; a failure of the database.
pub fn reject_clearing(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ClearingId,
    request: &RejectWaiting,
) -> Result<ClearingDocument, Problem> {
    let before = opened(tx, scope, id, &why()?)?;
    let note = request.checked(before.version)?;
    let decider = decider(tx.connection(), scope, before.value.entered_by)?;
    let after = before.value.reject(&decider, note.clone())?;
    Ok(ClearingDocument::of(&clearing::update(tx, scope, &before, &after, note.as_str())?))
}
