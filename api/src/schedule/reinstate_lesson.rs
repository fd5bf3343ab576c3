use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use skolhus_domain::{access::declared::PlanLessons, id::LessonId, schedule::Lesson};
use utoipa::ToSchema;
use validator::Validate;

use super::{change_state::once, lesson_document::LessonDocument};
use crate::http::{
    body::Body,
    etag::IfMatch,
    idempotency::IdempotencyKey,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Nothing more is to be said.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReinstateLesson {}

/// Put a cancelled lesson back
///
/// Cancelled → planned: the lesson is held after all. What it clashes with by now is told, or it stays cancelled, as the
/// settings of the schedule say.
#[utoipa::path(
    operation_id = "reinstateLesson", tag = "schedule",
    extensions(("x-permission" = json!("lesson:plan")), ("x-idempotent" = json!(true)), ("x-if-match" = json!(true))),
    params(IdPath),
    request_body(content = ReinstateLesson, example = json!({})),
    responses((status = 200, description = "Its present state.", body = LessonDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/lessons/{id}/reinstatement")]
pub async fn handle(
    permit: Permit<PlanLessons>,
    state: web::Data<State>,
    id: PathId<LessonId>,
    if_match: IfMatch,
    key: IdempotencyKey,
    body: Body<ReinstateLesson>,
) -> Result<HttpResponse, Problem> {
    let bytes = body.bytes.clone();
    once(&permit, &state, key, id.0, if_match, bytes, Lesson::reinstate).await
}
