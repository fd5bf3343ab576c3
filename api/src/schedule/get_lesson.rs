use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadLessons},
    id::LessonId,
};
use skolhus_persistence::{DatabaseConnection, schedule::lesson};

use super::lesson_document::LessonDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a lesson
///
/// One lesson with its rooms and staff.
#[utoipa::path(
    operation_id = "getLesson", tag = "schedule",
    extensions(("x-permission" = json!("lesson:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The lesson.", body = LessonDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/lessons/{id}")]
pub async fn handle(
    permit: Permit<ReadLessons>,
    state: web::Data<State>,
    id: PathId<LessonId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_lesson(connection, scope, id.0))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_lesson(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: LessonId,
) -> Result<LessonDocument, Problem> {
    let found = lesson::find_many(connection, scope, &[id])?.into_iter().next();
    Ok(LessonDocument::of(found.ok_or_else(Problem::not_found)?, scope))
}
