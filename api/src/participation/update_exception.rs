use actix_web::{HttpResponse, patch, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageParticipations},
    id::ParticipationExceptionId,
    participation::{NewParticipationException, ParticipationException},
    refusal::Refusals,
};
use skolhus_persistence::{Tx, course::offering, participation};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    exception_document::ExceptionDocument,
    get_exception::{find, get_exception},
    in_step::{keep_in_step, refuse},
};
use crate::http::{
    body::Body,
    etag::IfMatch,
    patch::Patch,
    period::PeriodDocument,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// What to change of an exception; what is absent stays.
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateParticipationException {
    /// The days of it, within the offering's; without a last day as long as the offering.
    #[serde(default)]
    #[schema(value_type = Option<PeriodDocument>, nullable = false)]
    pub period: Patch<PeriodDocument>,
    /// Why; always told where somebody is left out; null for not told.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Läser svenska som andraspråk", min_length = 1, max_length = 500)]
    #[validate(length(min = 1, max = 500))]
    pub reason: Patch<String>,
}

/// Change an exception
///
/// A merge patch: other days, in the past or in the future, or another reason. The person's
/// participations follow at once.
#[utoipa::path(
    operation_id = "updateParticipationException", tag = "participation",
    extensions(("x-permission" = json!("participation:manage"))),
    params(IdPath),
    request_body(content = UpdateParticipationException, content_type = "application/merge-patch+json",
        example = json!({ "period": { "from": "2026-08-17", "to": "2026-10-30" } })),
    responses((status = 200, description = "Its present state.", body = ExceptionDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/participation-exceptions/{id}")]
pub async fn handle(
    permit: Permit<ManageParticipations>,
    state: web::Data<State>,
    id: PathId<ParticipationExceptionId>,
    if_match: IfMatch,
    body: Body<UpdateParticipationException>,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .write(permit.caller(), move |tx, scope| update_exception(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`, `Conflict` where the
/// participation cannot follow; a failure of the database.
pub fn update_exception(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ParticipationExceptionId,
    if_match: &IfMatch,
    request: &UpdateParticipationException,
) -> Result<ExceptionDocument, Problem> {
    let seen = find(tx.connection(), scope, id)?.saved;
    let (offering_id, person) = (seen.value.offering, seen.value.person);
    participation::lock_offerings(tx, &[offering_id])?;
    let before = find(tx.connection(), scope, id)?.saved;
    let offering = offering::find(tx.connection(), scope, offering_id)?.ok_or_else(Problem::not_found)?;
    let UpdateParticipationException { period, reason } = request.clone();
    let present = PeriodDocument::of(before.value.period);
    let mut refusals = Refusals::default();
    let period = refusals.note("/period", period.require(present));
    refusals.finish()?;
    let period = period.unwrap_or(present);
    let reason = reason.apply(before.value.reason.as_ref().map(|reason| reason.as_str().to_owned()));
    let others = participation::exceptions_in(tx.connection(), scope, &[offering_id], Some(&[person]))?;
    let others = others.iter().filter(|other| other.id != id).map(|other| &other.value);
    let ParticipationException { kind, .. } = before.value;
    let new = NewParticipationException {
        person,
        offering: offering_id,
        kind: kind.code(),
        period: period.raw(),
        reason: reason.as_deref(),
    };
    let after = new.validate(&offering.value, others)?;
    if_match.check_unless(after == before.value, before.version)?;
    if after != before.value {
        participation::update_exception(tx, scope, &before, Some(&after))?;
        refuse(keep_in_step(tx, scope, &[offering_id], Some(&[person]))?, |_| String::new())?;
    }
    get_exception(tx.connection(), scope, id)
}
