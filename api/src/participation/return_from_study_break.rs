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

/// The day of a return.
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReturnFromStudyBreak {
    /// The first day back.
    #[schema(example = "2026-11-02")]
    pub on: NaiveDate,
}

/// Return from a study break
///
/// On study break → active. The break is kept as lasting until the day before, whatever was
/// planned.
#[utoipa::path(
    operation_id = "returnFromStudyBreak", tag = "participation",
    extensions(("x-permission" = json!("participation:manage")), ("x-idempotent" = json!(true)), ("x-if-match" = json!(true))),
    params(IdPath),
    request_body(content = ReturnFromStudyBreak, example = json!({ "on": "2026-11-02" })),
    responses((status = 200, description = "Its present state.", body = ParticipationDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/participations/{id}/return")]
pub async fn handle(
    permit: Permit<ManageParticipations>,
    state: web::Data<State>,
    id: PathId<ParticipationId>,
    if_match: IfMatch,
    key: IdempotencyKey,
    body: Body<ReturnFromStudyBreak>,
) -> Result<HttpResponse, Problem> {
    let (id, bytes) = (id.0, body.bytes.clone());
    once(&permit, &state, key, id, bytes, move |tx, scope| {
        return_from_study_break(tx, scope, id, &if_match, &body)
    })
    .await
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`, `InvalidFields`; a failure of
/// the database.
pub fn return_from_study_break(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ParticipationId,
    if_match: &IfMatch,
    request: &ReturnFromStudyBreak,
) -> Result<ParticipationDocument, Problem> {
    let ReturnFromStudyBreak { on } = request.clone();
    change_state(tx, scope, id, if_match, &Change::Return { on })
}
