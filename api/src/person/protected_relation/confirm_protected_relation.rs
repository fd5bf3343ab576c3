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
    person::relation::{ConfirmWaiting, RelationDocument, decider},
};

/// Confirm a relation of somebody protected
///
/// What waits takes effect. A second person does it: neither who entered it nor one of the two whom it concerns. The
/// access to both is logged.
#[utoipa::path(
    operation_id = "confirmProtectedRelation", tag = "person",
    extensions(("x-permission" = json!("person:manage-protection")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = ConfirmWaiting, example = json!({ "version": 1, "note": "Kontrollerat mot folkbokföringen" })),
    responses((status = 200, description = "The relation as it is now.", body = RelationDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/protected-relations/{id}/confirmation")]
pub async fn handle(
    permit: Permit<ManageProtection>,
    state: web::Data<State>,
    id: PathId<RelationId>,
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
                    let answer = confirm_protected_relation(tx, scope, id.0, &body)?;
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
    Ok(Text::line("confirms a relation", 500)?)
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Conflict`, `InvalidFields`; a failure of the database.
pub fn confirm_protected_relation(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: RelationId,
    request: &ConfirmWaiting,
) -> Result<RelationDocument, Problem> {
    let (view, grant) = opened(tx, scope, id, &why()?)?;
    let note = request.checked(view.saved.version)?;
    let before = &view.saved.value;
    let decider = decider(tx.connection(), scope, before.entered_by)?;
    let after = before.confirm(&decider, note.clone())?;
    let why = note.as_ref().map_or("confirmed by a second person", |note| note.as_str());
    relation::update(tx, scope, &view.saved, &after, why)?;
    shown(tx, scope, id, &grant)
}
