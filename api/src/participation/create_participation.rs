use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageParticipations},
    id::{Id, ParticipationId},
    participation::Participation,
    refusal::Refusals,
};
use skolhus_persistence::Tx;
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    admission::{Entry, admit_all, refused},
    get_participation::get_participation,
    in_step::follow,
    participation_document::ParticipationDocument,
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

/// A participation to enter.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateParticipation {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f1")]
    pub id: Option<Uuid>,
    /// Who.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// In which offering.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub offering_id: Uuid,
    /// From which day to which, within the offering; the offering's own days unless given, and
    /// its last day where none is given.
    #[validate(nested)]
    pub period: Option<PeriodDocument>,
    /// Pace of study in percent of full time; the offering's unless given.
    #[validate(range(min = 1, max = 100))]
    #[schema(example = 75, minimum = 1, maximum = 100)]
    pub pace_percent: Option<i32>,
    /// Who pays, as a code of the table of funding sources valid on the first day; not stated
    /// unless given.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "state-grant", min_length = 1, max_length = 40, pattern = "^[A-Za-z0-9-]+$")]
    pub funding_code: Option<String>,
}

/// Enter a participation
///
/// A person gets a place in an offering: the participation is planned until it is started. It
/// needs a place that is left (counted on the outermost offering, protected persons among them),
/// and no other participation of the person in the offering on the same days.
#[utoipa::path(
    operation_id = "createParticipation", tag = "participation",
    extensions(("x-permission" = json!("participation:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateParticipation, example = json!({
        "personId": "0199a3f0-7c00-7000-8000-0000000000c1",
        "offeringId": "0199a3f0-7c00-7000-8000-0000000000d1",
        "period": { "from": "2026-08-17", "to": "2026-12-18" },
        "pacePercent": 75,
    })),
    responses((status = 201, description = "It is entered.", body = ParticipationDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/participations")]
pub async fn handle(
    permit: Permit<ManageParticipations>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateParticipation>,
) -> Result<HttpResponse, Problem> {
    let (bytes, request) = (body.bytes.clone(), body.into_inner());
    enter_once(&permit, &state, key, bytes, move |tx, scope, fresh| {
        create_participation(tx, scope, fresh, &request)
    })
    .await
}

/// Runs a creation once, and answers with what it made and its address.
pub(super) async fn enter_once(
    permit: &Permit<ManageParticipations>,
    state: &State,
    key: IdempotencyKey,
    bytes: web::Bytes,
    enter: impl Fn(&mut Tx<'_>, &Scope, ParticipationId) -> Result<ParticipationDocument, Problem>
    + Send
    + Sync
    + 'static,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<ParticipationId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &bytes,
                |tx, scope| {
                    let answer = enter(tx, scope, fresh)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, made| {
                    let id = made
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_participation(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/participations/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`], `Conflict` when no place is left; a failure
/// of the database.
pub fn create_participation(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: ParticipationId,
    request: &CreateParticipation,
) -> Result<ParticipationDocument, Problem> {
    enter_one(tx, scope, fresh, request, None)
}

/// Enters one participation, possibly after an earlier one.
pub(super) fn enter_one(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: ParticipationId,
    request: &CreateParticipation,
    follows: Option<&Participation>,
) -> Result<ParticipationDocument, Problem> {
    let id = request.id.map_or(fresh, Id::from_uuid);
    let entry = Entry { at: String::new(), id, request, follows };
    let mut refusals = Refusals::default();
    let admitted = admit_all(tx, scope, &[entry], &mut refusals)?;
    if !refusals.0.is_empty() {
        return Err(refused(refusals));
    }
    let named = admitted.enter(tx, scope)?.pop().ok_or_else(Problem::not_found)?;
    follow(tx, scope, &[named.saved.value.offering()], &[named.saved.value.person()])?;
    Ok(ParticipationDocument::of(named, scope))
}
