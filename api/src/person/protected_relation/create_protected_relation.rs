use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageProtection},
    id::{Id, PersonId, RelationId},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Tx,
    person::{self, relation, relation_setting},
};
use uuid::Uuid;

use super::open::{opened, shown};
use crate::{
    http::{
        body::Body,
        idempotency::{IdempotencyKey, Made},
        permit::Permit,
        problem::Problem,
        resource::created,
        state::State,
    },
    person::{
        document::facts,
        relation::{Beside, CreateRelation, Fields, RelationDocument, check_new, reason_of},
    },
};

/// Enter a relation of somebody protected
///
/// As a relation between others, where one of the two is protected, or both. It waits for a second person, unless the
/// organiser has turned that off. Over a protected person it carries nothing until the relative is
/// cleared. The access to both is logged with the reason.
#[utoipa::path(
    operation_id = "createProtectedRelation", tag = "person",
    extensions(("x-permission" = json!("person:manage-protection")), ("x-idempotent" = json!(true))),
    request_body(content = CreateRelation, example = json!({
        "personId": "0199a3f0-7c00-7000-8000-0000000000c1",
        "relativeId": "0199a3f0-7c00-7000-8000-0000000000c2",
        "kind": "guardian",
        "source": "population-register",
        "period": { "from": "2026-08-17" },
        "rights": ["see", "report-absence"],
        "reason": "Vårdnadshavare enligt folkbokföringen",
    })),
    responses((status = 201, description = "It is entered; `state` says whether it waits.", body = RelationDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/protected-relations")]
pub async fn handle(
    permit: Permit<ManageProtection>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateRelation>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<RelationId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_protected_relation(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, made| {
                    let id = made.as_str().and_then(|id| Uuid::try_parse(id).ok());
                    let id = Id::from_uuid(id.ok_or_else(Problem::not_found)?);
                    let (view, _) = opened(tx, scope, id, &reason_of(&body.reason)?)?;
                    Ok(RelationDocument::of(&view, scope.today()))
                },
            )
        })
        .await?;
    let location = format!("/v1/protected-relations/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`]; a failure of the database.
pub fn create_protected_relation(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: RelationId,
    request: &CreateRelation,
) -> Result<RelationDocument, Problem> {
    let (person, relative) =
        (PersonId::from_uuid(request.person_id), PersonId::from_uuid(request.relative_id));
    relation::lock(tx, person)?;
    let reason = reason_of(&request.reason)?;
    let grant = tx.record_access(&reason, &[person, relative]);
    let found = person::open_many(tx, scope, &[person, relative], &grant)?;
    let mut is_protected = false;
    for saved in &found {
        is_protected |= facts(saved, scope, Some(&grant))?.protection.is_protected();
    }
    if found.len() == 2 && !is_protected {
        let detail = "neither is protected: such a relation is entered by a registrar";
        return Err(Refusal::new(Rule::Conflict, detail).at("/personId").into());
    }
    let beside = Beside {
        known: found.iter().map(|saved| saved.id).collect(),
        others: relation::open_of_person(tx, scope, person, &grant)?,
    };
    let second_person = relation_setting::in_force(tx.connection(), scope)?;
    let new = check_new(scope, &Fields::of(request), &beside, reason, second_person)?;
    let id = request.id.map_or(fresh, Id::from_uuid);
    if relation::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    relation::insert(tx, scope, id, &new)?;
    shown(tx, scope, id, &grant)
}
