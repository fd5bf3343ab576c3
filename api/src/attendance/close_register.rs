use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use skolhus_domain::{access::declared::RegisterAttendance, attendance::Register, id::LessonId};
use utoipa::ToSchema;
use validator::Validate;

use super::{change_state::once, register_document::RegisterDocument};
use crate::http::{
    body::Body,
    etag::IfMatch,
    idempotency::IdempotencyKey,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Nothing needs to be said.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CloseAttendanceRegister {}

/// Close the register of a lesson
///
/// Open → closed: everybody expected has a mark, and the lesson has begun. What follows from it, such as notices home, may
/// follow. `If-Match` is the register's version: what is closed is what the caller has seen.
#[utoipa::path(
    operation_id = "closeAttendanceRegister", tag = "attendance",
    extensions(("x-permission" = json!("attendance:register")), ("x-idempotent" = json!(true)), ("x-if-match" = json!(true))),
    params(IdPath),
    request_body(content = CloseAttendanceRegister, example = json!({})),
    responses((status = 200, description = "Its present state.", body = RegisterDocument, headers(("ETag" = String, description = "The register's version."))))
)]
#[post("/v1/lessons/{id}/attendance/closure")]
pub async fn handle(
    permit: Permit<RegisterAttendance>,
    state: web::Data<State>,
    id: PathId<LessonId>,
    if_match: IfMatch,
    key: IdempotencyKey,
    body: Body<CloseAttendanceRegister>,
) -> Result<HttpResponse, Problem> {
    let bytes = body.bytes.clone();
    once(&permit, &state, key, id.0, if_match, bytes, Register::close).await
}
