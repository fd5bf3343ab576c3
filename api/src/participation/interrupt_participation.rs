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

/// When and why a participant left.
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InterruptParticipation {
    /// The last day as a participant.
    #[schema(example = "2026-11-20")]
    pub on: NaiveDate,
    /// Why. Kept with the absence reasons: shown only to those who may see them.
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "Har fått arbete", min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Interrupt a participation
///
/// Active or on study break → interrupted (avbrott): the person leaves before the end and gives
/// back the place.
#[utoipa::path(
    operation_id = "interruptParticipation", tag = "participation",
    extensions(("x-permission" = json!("participation:manage")), ("x-idempotent" = json!(true)), ("x-if-match" = json!(true))),
    params(IdPath),
    request_body(content = InterruptParticipation, example = json!({ "on": "2026-11-20", "reason": "Har fått arbete" })),
    responses((status = 200, description = "Its present state.", body = ParticipationDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/participations/{id}/interruption")]
pub async fn handle(
    permit: Permit<ManageParticipations>,
    state: web::Data<State>,
    id: PathId<ParticipationId>,
    if_match: IfMatch,
    key: IdempotencyKey,
    body: Body<InterruptParticipation>,
) -> Result<HttpResponse, Problem> {
    let (id, bytes) = (id.0, body.bytes.clone());
    once(&permit, &state, key, id, bytes, move |tx, scope| {
        interrupt_participation(tx, scope, id, &if_match, &body)
    })
    .await
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`, `InvalidFields`; a failure of
/// the database.
pub fn interrupt_participation(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ParticipationId,
    if_match: &IfMatch,
    request: &InterruptParticipation,
) -> Result<ParticipationDocument, Problem> {
    let InterruptParticipation { on, reason } = request.clone();
    change_state(tx, scope, id, if_match, &Change::Interruption { on, reason })
}
