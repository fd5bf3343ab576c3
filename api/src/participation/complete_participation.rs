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

/// When a participant finished.
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompleteParticipation {
    /// The last day as a participant.
    #[schema(example = "2027-06-11")]
    pub on: NaiveDate,
}

/// Complete a participation
///
/// Active → completed. Who is on study break returns first, or is interrupted.
#[utoipa::path(
    operation_id = "completeParticipation", tag = "participation",
    extensions(("x-permission" = json!("participation:manage")), ("x-idempotent" = json!(true)), ("x-if-match" = json!(true))),
    params(IdPath),
    request_body(content = CompleteParticipation, example = json!({ "on": "2027-06-11" })),
    responses((status = 200, description = "Its present state.", body = ParticipationDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/participations/{id}/completion")]
pub async fn handle(
    permit: Permit<ManageParticipations>,
    state: web::Data<State>,
    id: PathId<ParticipationId>,
    if_match: IfMatch,
    key: IdempotencyKey,
    body: Body<CompleteParticipation>,
) -> Result<HttpResponse, Problem> {
    let (id, bytes) = (id.0, body.bytes.clone());
    once(&permit, &state, key, id, bytes, move |tx, scope| {
        complete_participation(tx, scope, id, &if_match, &body)
    })
    .await
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`, `InvalidFields`; a failure of
/// the database.
pub fn complete_participation(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ParticipationId,
    if_match: &IfMatch,
    request: &CompleteParticipation,
) -> Result<ParticipationDocument, Problem> {
    let CompleteParticipation { on } = request.clone();
    change_state(tx, scope, id, if_match, &Change::Completion { on })
}
