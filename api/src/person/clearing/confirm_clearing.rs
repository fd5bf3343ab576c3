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
    person::relation::{ConfirmWaiting, decider},
};

/// Confirm a clearing
///
/// The relative is cleared from now on. A second person does it: neither who entered it nor one of the two whom it
/// concerns. The access is logged.
#[utoipa::path(
    operation_id = "confirmClearing", tag = "person",
    extensions(("x-permission" = json!("person:manage-protection")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = ConfirmWaiting, example = json!({ "version": 1, "note": "Kontrollerat mot domen" })),
    responses((status = 200, description = "The clearing as it is now.", body = ClearingDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/clearings/{id}/confirmation")]
pub async fn handle(
    permit: Permit<ManageProtection>,
    state: web::Data<State>,
    id: PathId<ClearingId>,
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
                    let answer = confirm_clearing(tx, scope, id.0, &body)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(answer.id), answer })
                },
                |tx, scope, _| opened(tx, scope, id.0, &why()?).map(|saved| ClearingDocument::of(&saved)),
            )
        })
        .await?;
    Ok(saved(made.answer.version, &made.answer))
}

fn why() -> Result<Text, Problem> {
    Ok(Text::line("confirms a clearing", 500)?)
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Conflict`, `InvalidFields`; a failure of the database.
pub fn confirm_clearing(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ClearingId,
    request: &ConfirmWaiting,
) -> Result<ClearingDocument, Problem> {
    let before = opened(tx, scope, id, &why()?)?;
    let note = request.checked(before.version)?;
    let decider = decider(tx.connection(), scope, before.value.entered_by)?;
    let after = before.value.confirm(&decider, note.clone())?;
    let why = note.as_ref().map_or("confirmed by a second person", |note| note.as_str());
    Ok(ClearingDocument::of(&clearing::update(tx, scope, &before, &after, why)?))
}
