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

/// The day on which a participant begins.
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartParticipation {
    /// A day of the period; today unless given.
    #[schema(example = "2026-08-17")]
    pub on: Option<NaiveDate>,
}

/// Start a participation
///
/// Planned → active. The dates stay as planned; who came later gets other dates. A participation
/// that is active already is left as it is.
#[utoipa::path(
    operation_id = "startParticipation", tag = "participation",
    extensions(("x-permission" = json!("participation:manage")), ("x-idempotent" = json!(true)), ("x-if-match" = json!(true))),
    params(IdPath),
    request_body(content = StartParticipation, example = json!({ "on": "2026-08-17" })),
    responses((status = 200, description = "Its present state.", body = ParticipationDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/participations/{id}/start")]
pub async fn handle(
    permit: Permit<ManageParticipations>,
    state: web::Data<State>,
    id: PathId<ParticipationId>,
    if_match: IfMatch,
    key: IdempotencyKey,
    body: Body<StartParticipation>,
) -> Result<HttpResponse, Problem> {
    let (id, bytes) = (id.0, body.bytes.clone());
    once(&permit, &state, key, id, bytes, move |tx, scope| {
        start_participation(tx, scope, id, &if_match, &body)
    })
    .await
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`, `InvalidFields`; a failure of
/// the database.
pub fn start_participation(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ParticipationId,
    if_match: &IfMatch,
    request: &StartParticipation,
) -> Result<ParticipationDocument, Problem> {
    let StartParticipation { on } = request.clone();
    change_state(tx, scope, id, if_match, &Change::Start { on })
}
