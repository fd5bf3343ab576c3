use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageProtection},
    id::{ClearingId, Id, PersonId},
    person::relation::{Clearing, ClearingState},
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{
    Tx,
    person::{clearing, handling_plan, relation, relation_setting},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::document::{ClearingDocument, opened};
use crate::{
    http::{
        body::Body,
        idempotency::{IdempotencyKey, Made},
        permit::Permit,
        problem::Problem,
        resource::created,
        state::State,
    },
    person::relation::reason_of,
};

/// Whom to clear.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateClearing {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000211")]
    pub id: Option<Uuid>,
    /// Who is protected.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Who is to be cleared: somebody with a relation to the person, which carries the rights.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c2")]
    pub relative_id: Uuid,
    /// Why, as it stands in the log and is read by the one who confirms it.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Modern är ensam vårdnadshavare", min_length = 5, max_length = 500)]
    pub reason: String,
}

/// Clear a relative
///
/// A relative who may know of a protected person: their relations carry what they would carry if the person were not
/// protected. It waits for a second person, unless the organiser has turned that off, and clears nobody
/// until then. A contact ban overrides it. The access is logged.
#[utoipa::path(
    operation_id = "createClearing", tag = "person",
    extensions(("x-permission" = json!("person:manage-protection")), ("x-idempotent" = json!(true))),
    request_body(content = CreateClearing, example = json!({
        "personId": "0199a3f0-7c00-7000-8000-0000000000c1",
        "relativeId": "0199a3f0-7c00-7000-8000-0000000000c2",
        "reason": "Modern är ensam vårdnadshavare",
    })),
    responses((status = 201, description = "It is entered; `state` says whether it waits.", body = ClearingDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/clearings")]
pub async fn handle(
    permit: Permit<ManageProtection>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateClearing>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<ClearingId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_clearing(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, made| {
                    let id = made.as_str().and_then(|id| Uuid::try_parse(id).ok());
                    let id = Id::from_uuid(id.ok_or_else(Problem::not_found)?);
                    opened(tx, scope, id, &reason_of(&body.reason)?).map(|saved| ClearingDocument::of(&saved))
                },
            )
        })
        .await?;
    let location = format!("/v1/clearings/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`]; a failure of the database.
pub fn create_clearing(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: ClearingId,
    request: &CreateClearing,
) -> Result<ClearingDocument, Problem> {
    let CreateClearing { id, person_id, relative_id, reason } = request;
    let (person, relative) = (PersonId::from_uuid(*person_id), PersonId::from_uuid(*relative_id));
    relation::lock(tx, person)?;
    let reason = reason_of(reason)?;
    let second_person = relation_setting::in_force(tx.connection(), scope)?;
    let new = Clearing::enter(person, relative, reason.clone(), scope.account(), second_person)?;
    let grant = tx.record_access(&reason, &[person]);
    let mut refusals = Refusals::default();
    let unknown = |what: &str, pointer: &str| Refusal::new(Rule::UnknownReference, what).at(pointer);
    if handling_plan::open(tx, scope, person, &grant)?.is_none() {
        return Err(unknown("there is no such protected person", "/personId").into());
    }
    let relations = relation::open_of_person(tx, scope, person, &grant)?;
    if !relations.iter().any(|view| view.saved.value.relative == relative) {
        refusals.0.push(unknown("has no relation to the person", "/relativeId"));
    }
    let others = clearing::of_person(tx, scope, person, &grant)?;
    let stands = |other: &Clearing| other.relative == relative && other.state != ClearingState::Rejected;
    if others.iter().any(|other| stands(&other.value)) {
        refusals.0.push(Refusal::new(Rule::Duplicate, "is cleared, or waits, already").at("/relativeId"));
    }
    let id = id.map_or(fresh, Id::from_uuid);
    if clearing::is_taken(tx, scope, id)? {
        refusals.0.push(Refusal::new(Rule::Duplicate, "the id is in use").at("/id"));
    }
    refusals.finish().map_err(Problem::from)?;
    Ok(ClearingDocument::of(&clearing::insert(tx, scope, id, &new)?))
}
