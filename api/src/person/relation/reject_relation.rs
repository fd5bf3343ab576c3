use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ConfirmRelations},
    id::RelationId,
};
use skolhus_persistence::{Tx, person::relation};

use super::{
    confirm_relation::decider,
    document::{RejectWaiting, RelationDocument},
    get_relation::get_relation,
};
use crate::http::{
    body::Body,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// Reject a relation
///
/// What waits is not wanted: a new relation carries nothing and stays as rejected, a change is
/// dropped. Whoever entered it may do so too.
#[utoipa::path(
    operation_id = "rejectRelation", tag = "person",
    extensions(("x-permission" = json!("relation:confirm")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = RejectWaiting, example = json!({ "version": 1, "note": "Domen har inte vunnit laga kraft" })),
    responses((status = 200, description = "The relation as it is now.", body = RelationDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/relations/{id}/rejection")]
pub async fn handle(
    permit: Permit<ConfirmRelations>,
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
                    let answer = reject_relation(tx, scope, id.0, &body)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(answer.id), answer })
                },
                |tx, scope, _| get_relation(tx.connection(), scope, id.0),
            )
        })
        .await?;
    Ok(saved(made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Conflict`, `InvalidFields`; a failure of the database.
pub fn reject_relation(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: RelationId,
    request: &RejectWaiting,
) -> Result<RelationDocument, Problem> {
    let view = relation::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let note = request.checked(view.saved.version)?;
    let before = &view.saved.value;
    let decider = decider(tx.connection(), scope, before.entered_by)?;
    let after = before.reject(&decider, note.clone())?;
    relation::update(tx, scope, &view.saved, &after, note.as_str())?;
    get_relation(tx.connection(), scope, id)
}
