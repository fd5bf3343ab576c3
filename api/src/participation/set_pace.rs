use actix_web::{HttpResponse, put, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageParticipations},
    id::ParticipationId,
};
use skolhus_persistence::Tx;
use utoipa::ToSchema;
use validator::Validate;

use super::{
    change_state::{decided, save},
    get_participation::find,
    participation_document::ParticipationDocument,
};
use crate::http::{
    body::Body,
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// A pace of study from a day.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetPace {
    /// The first day on which it holds, within the days held; it holds until the next part.
    #[schema(example = "2026-10-05")]
    pub from: NaiveDate,
    /// In percent of full time.
    #[validate(range(min = 1, max = 100))]
    #[schema(example = 50, minimum = 1, maximum = 100)]
    pub pace_percent: i32,
}

/// Set the pace of a participation from a day
///
/// The pace of study (studietakt) from a day until the next part. The parts before and after
/// stay. Asking for what is already so changes nothing.
#[utoipa::path(
    operation_id = "setParticipationPace", tag = "participation",
    extensions(("x-permission" = json!("participation:manage"))),
    params(IdPath),
    request_body(content = SetPace, example = json!({ "from": "2026-10-05", "pacePercent": 50 })),
    responses((status = 200, description = "Its present state.", body = ParticipationDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[put("/v1/participations/{id}/pace")]
pub async fn handle(
    permit: Permit<ManageParticipations>,
    state: web::Data<State>,
    id: PathId<ParticipationId>,
    if_match: IfMatch,
    body: Body<SetPace>,
) -> Result<HttpResponse, Problem> {
    let participation = state
        .database
        .write(permit.caller(), move |tx, scope| set_pace(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(participation.version, &participation))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict` for a cancelled one,
/// `InvalidFields`; a failure of the database.
pub fn set_pace(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ParticipationId,
    if_match: &IfMatch,
    request: &SetPace,
) -> Result<ParticipationDocument, Problem> {
    let named = find(tx.connection(), scope, id)?;
    let SetPace { from, pace_percent } = *request;
    let after = named.saved.value.clone().set_pace(from, pace_percent);
    let after = decided(if_match, &named.saved, after)?;
    save(tx, scope, named, after)
}
