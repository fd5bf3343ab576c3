use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use skolhus_domain::{access::declared::PlanLessons, id::LessonId};
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

/// Why a lesson is not held.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CancelLesson {
    /// Why. Everybody who sees the lesson sees it: it names nobody.
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "Läraren är sjuk", min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Cancel a lesson
///
/// Planned → cancelled (inställd): it stays in the schedule, where everybody sees that it is not held, and counts in no
/// statistics.
#[utoipa::path(
    operation_id = "cancelLesson", tag = "schedule",
    extensions(("x-permission" = json!("lesson:plan")), ("x-idempotent" = json!(true)), ("x-if-match" = json!(true))),
    params(IdPath),
    request_body(content = CancelLesson, example = json!({ "reason": "Läraren är sjuk" })),
    responses((status = 200, description = "Its present state.", body = LessonDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/lessons/{id}/cancellation")]
pub async fn handle(
    permit: Permit<PlanLessons>,
    state: web::Data<State>,
    id: PathId<LessonId>,
    if_match: IfMatch,
    key: IdempotencyKey,
    body: Body<CancelLesson>,
) -> Result<HttpResponse, Problem> {
    let bytes = body.bytes.clone();
    once(&permit, &state, key, id.0, if_match, bytes, move |lesson| lesson.cancel(&body.reason)).await
}
