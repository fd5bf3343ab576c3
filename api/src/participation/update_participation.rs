use actix_web::{HttpResponse, patch, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageParticipations},
    id::ParticipationId,
};
use skolhus_persistence::{Tx, course::offering, participation};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    admission::still_fits,
    change_state::{decided, save},
    get_participation::find,
    participation_document::ParticipationDocument,
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

/// What to change of a participation; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateParticipation {
    /// From which day to which, within the offering; without a last day as long as the offering.
    #[serde(default)]
    #[schema(value_type = Option<PeriodDocument>, nullable = false)]
    pub period: Patch<PeriodDocument>,
}

/// Change the dates of a participation
///
/// A merge patch. Parts of pace and funding are cut or drawn out to the new dates; what has
/// happened (study breaks, the last day) must lie within them. What the dates were before is in
/// the change log. Asking for what is already so changes nothing.
#[utoipa::path(
    operation_id = "updateParticipation", tag = "participation",
    extensions(("x-permission" = json!("participation:manage"))),
    params(IdPath),
    request_body(content = UpdateParticipation, content_type = "application/merge-patch+json",
        example = json!({ "period": { "from": "2026-08-24", "to": "2026-12-18" } })),
    responses((status = 200, description = "Its present state.", body = ParticipationDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/participations/{id}")]
pub async fn handle(
    permit: Permit<ManageParticipations>,
    state: web::Data<State>,
    id: PathId<ParticipationId>,
    if_match: IfMatch,
    body: Body<UpdateParticipation>,
) -> Result<HttpResponse, Problem> {
    let participation = state
        .database
        .write(permit.caller(), move |tx, scope| update_participation(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(participation.version, &participation))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`; a failure of the database.
pub fn update_participation(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ParticipationId,
    if_match: &IfMatch,
    request: &UpdateParticipation,
) -> Result<ParticipationDocument, Problem> {
    let named = find(tx.connection(), scope, id)?;
    let before = &named.saved;
    let offering_id = before.value.offering();
    participation::lock_offerings(tx, &[offering_id])?;
    let offering = offering::find(tx.connection(), scope, offering_id)?.ok_or_else(Problem::not_found)?;
    let present = PeriodDocument::of(before.value.period());
    let period = request.period.clone().require(present).map_err(|refusal| refusal.at("/period"));
    let after = period.and_then(|period| before.value.clone().correct_dates(period.raw(), &offering.value));
    let after = decided(if_match, before, after)?;
    still_fits(tx.connection(), scope, before, &after, &offering.value)?;
    save(tx, scope, named, after)
}
