use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ConfirmRelations},
    id::{AccountId, RelationId},
    person::relation::Decider,
};
use skolhus_persistence::{
    DatabaseConnection, Tx,
    person::{relation, relation_setting},
};

use super::{
    document::{ConfirmRelation, RelationDocument},
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

/// Confirm a relation
///
/// What waits takes effect. A second person does it: neither who entered it nor one of the two
/// whom it concerns. One that an import has raised (`not-stated`) is confirmed with its kind; many are at
/// `POST /v1/relation-decision-batches`.
#[utoipa::path(
    operation_id = "confirmRelation", tag = "person",
    extensions(("x-permission" = json!("relation:confirm")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = ConfirmRelation, example = json!({ "version": 1, "note": "Kontrollerat mot folkbokföringen" })),
    responses((status = 200, description = "The relation as it is now.", body = RelationDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/relations/{id}/confirmation")]
pub async fn handle(
    permit: Permit<ConfirmRelations>,
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
                    let answer = confirm_relation(tx, scope, id.0, &body)?;
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
pub fn confirm_relation(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: RelationId,
    request: &ConfirmRelation,
) -> Result<RelationDocument, Problem> {
    let view = relation::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let person = view.saved.value.person;
    relation::lock(tx, person)?;
    let decider = decider(tx.connection(), scope, view.saved.value.entered_by)?;
    let second_person = relation_setting::in_force(tx.connection(), scope)?;
    let others = relation::of_persons(tx.connection(), scope, &[person])?;
    let (after, why) = request.decide(&view, &others, &decider, second_person)?;
    relation::update(tx, scope, &view.saved, &after, &why)?;
    get_relation(tx.connection(), scope, id)
}

/// Who decides, beside who entered what waits.
pub(in crate::person) fn decider(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    entered_by: Option<AccountId>,
) -> Result<Decider, Problem> {
    let entered_by_person = match entered_by {
        Some(account) => relation::person_of_account(connection, scope, account)?,
        None => None,
    };
    Ok(Decider { account: scope.account(), person: scope.person(), entered_by_person })
}
