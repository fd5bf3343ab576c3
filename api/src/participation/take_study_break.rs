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

/// The days of a study break.
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TakeStudyBreak {
    /// The first day away.
    #[schema(example = "2026-10-05")]
    pub from: NaiveDate,
    /// The planned last day away, if it is known.
    #[schema(example = "2026-11-01")]
    pub to: Option<NaiveDate>,
}

/// Take a study break
///
/// Active → on study break (studieuppehåll): the person is away and keeps the place, until the
/// return is entered.
#[utoipa::path(
    operation_id = "takeStudyBreak", tag = "participation",
    extensions(("x-permission" = json!("participation:manage")), ("x-idempotent" = json!(true)), ("x-if-match" = json!(true))),
    params(IdPath),
    request_body(content = TakeStudyBreak, example = json!({ "from": "2026-10-05", "to": "2026-11-01" })),
    responses((status = 200, description = "Its present state.", body = ParticipationDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/participations/{id}/study-break")]
pub async fn handle(
    permit: Permit<ManageParticipations>,
    state: web::Data<State>,
    id: PathId<ParticipationId>,
    if_match: IfMatch,
    key: IdempotencyKey,
    body: Body<TakeStudyBreak>,
) -> Result<HttpResponse, Problem> {
    let (id, bytes) = (id.0, body.bytes.clone());
    once(&permit, &state, key, id, bytes, move |tx, scope| take_study_break(tx, scope, id, &if_match, &body))
        .await
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`, `InvalidFields`; a failure of
/// the database.
pub fn take_study_break(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ParticipationId,
    if_match: &IfMatch,
    request: &TakeStudyBreak,
) -> Result<ParticipationDocument, Problem> {
    let TakeStudyBreak { from, to } = request.clone();
    change_state(tx, scope, id, if_match, &Change::StudyBreak { from, to })
}
