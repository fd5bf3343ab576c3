use actix_web::{HttpResponse, post, web};
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
    change_state::{Change, change_state, once},
    participation_document::ParticipationDocument,
};
use crate::http::{
    body::Body,
    etag::IfMatch,
    idempotency::IdempotencyKey,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// When and why a place was given up.
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CancelParticipation {
    /// The day on which the place was given up, up to the last of the period.
    #[schema(example = "2026-08-10")]
    pub on: NaiveDate,
    /// Why. Kept with the absence reasons: shown only to those who may see them.
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "Flyttar till Umeå", min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Cancel a participation before its start
///
/// Planned → cancelled (återbud): the person never begins and gives back the place.
#[utoipa::path(
    operation_id = "cancelParticipation", tag = "participation",
    extensions(("x-permission" = json!("participation:manage")), ("x-idempotent" = json!(true)), ("x-if-match" = json!(true))),
    params(IdPath),
    request_body(content = CancelParticipation, example = json!({ "on": "2026-08-10", "reason": "Flyttar till Umeå" })),
    responses((status = 200, description = "Its present state.", body = ParticipationDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/participations/{id}/cancellation")]
pub async fn handle(
    permit: Permit<ManageParticipations>,
    state: web::Data<State>,
    id: PathId<ParticipationId>,
    if_match: IfMatch,
    key: IdempotencyKey,
    body: Body<CancelParticipation>,
) -> Result<HttpResponse, Problem> {
    let (id, bytes) = (id.0, body.bytes.clone());
    once(&permit, &state, key, id, bytes, move |tx, scope| {
        cancel_participation(tx, scope, id, &if_match, &body)
    })
    .await
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`, `InvalidFields`; a failure of
/// the database.
pub fn cancel_participation(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ParticipationId,
    if_match: &IfMatch,
    request: &CancelParticipation,
) -> Result<ParticipationDocument, Problem> {
    let CancelParticipation { on, reason } = request.clone();
    change_state(tx, scope, id, if_match, &Change::Cancellation { on, reason })
}
