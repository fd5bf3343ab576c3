use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageProtection},
    id::RelationId,
    text::Text,
};
use skolhus_persistence::{
    Tx,
    person::{relation, relation_setting},
};

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
    person::relation::{ConfirmRelation, RelationDocument, decider},
};

/// Confirm a relation of somebody protected
///
/// What waits takes effect. A second person does it: neither who entered it nor one of the two whom it concerns. One
/// that an import has raised (`not-stated`) is confirmed with its kind. The access to both is logged.
#[utoipa::path(
    operation_id = "confirmProtectedRelation", tag = "person",
    extensions(("x-permission" = json!("person:manage-protection")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = ConfirmRelation, example = json!({ "version": 1, "note": "Kontrollerat mot folkbokföringen" })),
    responses((status = 200, description = "The relation as it is now.", body = RelationDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/protected-relations/{id}/confirmation")]
pub async fn handle(
    permit: Permit<ManageProtection>,
    state: web::Data<State>,
    id: PathId<RelationId>,
    key: IdempotencyKey,
    body: Body<ConfirmRelation>,
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
    request: &ConfirmRelation,
) -> Result<RelationDocument, Problem> {
    let (view, grant) = opened(tx, scope, id, &why()?)?;
    let person = view.saved.value.person;
    relation::lock(tx, person)?;
    let decider = decider(tx.connection(), scope, view.saved.value.entered_by)?;
    let second_person = relation_setting::in_force(tx.connection(), scope)?;
    let others = relation::open_of_person(tx, scope, person, &grant)?;
    let (after, why) = request.decide(&view, &others, &decider, second_person)?;
    relation::update(tx, scope, &view.saved, &after, &why)?;
    shown(tx, scope, id, &grant)
}
