use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageParticipations},
    id::{Id, OfferingId, ParticipationExceptionId, PersonId},
    participation::NewParticipationException,
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{Tx, course::offering, participation, person};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    exception_document::{ExceptionDocument, KindName},
    get_exception::get_exception,
    in_step::{keep_in_step, refuse},
};
use crate::http::{
    body::Body,
    idempotency::{IdempotencyKey, Made},
    period::PeriodDocument,
    permit::Permit,
    problem::Problem,
    resource::created,
    state::State,
};

/// An exception to enter.
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateParticipationException {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000075")]
    pub id: Option<Uuid>,
    /// Who.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// In which offering.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub offering_id: Uuid,
    /// Whether the person is left out or taken in.
    pub kind: KindName,
    /// The days of it, within the offering's; without a last day as long as the offering.
    #[validate(nested)]
    pub period: PeriodDocument,
    /// Why; always told where somebody is left out.
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "Läser svenska som andraspråk", min_length = 1, max_length = 500)]
    pub reason: Option<String>,
}

/// Enter an exception
///
/// In an offering that groups drive, one person is left out for a period though a member, or taken in
/// though none; one exception a day. The person's participations follow at once.
#[utoipa::path(
    operation_id = "createParticipationException", tag = "participation",
    extensions(("x-permission" = json!("participation:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateParticipationException, example = json!({
        "personId": "0199a3f0-7c00-7000-8000-0000000000c1", "offeringId": "0199a3f0-7c00-7000-8000-0000000000d1",
        "kind": "excluded", "period": { "from": "2026-08-17" }, "reason": "Läser svenska som andraspråk"
    })),
    responses((status = 201, description = "It is entered.", body = ExceptionDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/participation-exceptions")]
pub async fn handle(
    permit: Permit<ManageParticipations>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateParticipationException>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<ParticipationExceptionId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_exception(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_exception(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/participation-exceptions/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`], `Conflict` where the participation cannot follow; a
/// failure of the database.
pub fn create_exception(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: ParticipationExceptionId,
    request: &CreateParticipationException,
) -> Result<ExceptionDocument, Problem> {
    let CreateParticipationException { id, person_id, offering_id, kind, period, reason } = request;
    let (person, offering_id) = (PersonId::from_uuid(*person_id), OfferingId::from_uuid(*offering_id));
    let brought = id.is_some();
    let id = id.map_or(fresh, Id::from_uuid);
    participation::lock_offerings(tx, &[offering_id])?;
    let mut refusals = Refusals::default();
    if brought && participation::is_exception_taken(tx.connection(), scope, id)? {
        refusals.0.push(Refusal::new(Rule::Duplicate, "the id is in use").at("/id"));
    }
    let known = person::exists(tx.connection(), scope, person)?;
    if !known {
        refusals.0.push(Refusal::new(Rule::UnknownReference, "there is no such person").at("/personId"));
    }
    let Some(offering) = offering::find(tx.connection(), scope, offering_id)? else {
        let detail = "there is no such offering";
        refusals.0.push(Refusal::new(Rule::UnknownReference, detail).at("/offeringId"));
        return Err(refusals.into());
    };
    let mut others = participation::exceptions_in(tx.connection(), scope, &[offering_id], Some(&[person]))?;
    // What there is of somebody out of reach is not told by a refusal.
    others.retain(|_| known);
    let new = NewParticipationException {
        person,
        offering: offering_id,
        kind: kind.kind().code(),
        period: period.raw(),
        reason: reason.as_deref(),
    };
    let new = match new.validate(&offering.value, others.iter().map(|other| &other.value)) {
        Ok(new) => new,
        Err(found) => {
            refusals.0.extend(found.0);
            return Err(refusals.into());
        }
    };
    refusals.finish()?;
    participation::insert_exception(tx, scope, id, &new)?;
    refuse(keep_in_step(tx, scope, &[offering_id], Some(&[person]))?, |_| String::new())?;
    get_exception(tx.connection(), scope, id)
}
