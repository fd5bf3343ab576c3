use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageProtection},
    id::RelationId,
    text::Text,
};
use skolhus_persistence::{Tx, person::relation};

use super::open::{opened, shown};
use crate::{
    http::{
        body::Body,
        idempotency::{IdempotencyKey, Made},
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId, saved},
        state::State,
    },
    person::relation::{RejectWaiting, RelationDocument, decider},
};

/// Reject a relation of somebody protected
///
/// What waits is not wanted: a new relation carries nothing and stays as rejected, a change is dropped. The access to both
/// is logged.
#[utoipa::path(
    operation_id = "rejectProtectedRelation", tag = "person",
    extensions(("x-permission" = json!("person:manage-protection")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = RejectWaiting, example = json!({ "version": 1, "note": "Domen har inte vunnit laga kraft" })),
    responses((status = 200, description = "The relation as it is now.", body = RelationDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/protected-relations/{id}/rejection")]
pub async fn handle(
    permit: Permit<ManageProtection>,
    state: web::Data<State>,
    id: PathId<RelationId>,
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
                    let answer = reject_protected_relation(tx, scope, id.0, &body)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(answer.id), answer })
                },
                |tx, scope, _| {
                    let (view, _) = opened(tx, scope, id.0, &why()?)?;
                    Ok(RelationDocument::of(&view, scope.today()))
                },
            )
        })
        .await?;
    Ok(saved(made.answer.version, &made.answer))
}

fn why() -> Result<Text, Problem> {
    Ok(Text::line("rejects a relation", 500)?)
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Conflict`, `InvalidFields`; a failure of the database.
pub fn reject_protected_relation(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: RelationId,
    request: &RejectWaiting,
) -> Result<RelationDocument, Problem> {
    let (view, grant) = opened(tx, scope, id, &why()?)?;
    let note = request.checked(view.saved.version)?;
    let before = &view.saved.value;
    let decider = decider(tx.connection(), scope, before.entered_by)?;
    let after = before.reject(&decider, note.clone())?;
    relation::update(tx, scope, &view.saved, &after, note.as_str())?;
    shown(tx, scope, id, &grant)
}
