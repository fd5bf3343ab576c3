use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadCourses},
    id::CourseId,
};
use skolhus_persistence::{DatabaseConnection, course::course};

use super::course::CourseDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a course
///
/// One entry of the catalogue: a course (kurs) or a subject (ämne).
#[utoipa::path(
    operation_id = "getCourse", tag = "course",
    extensions(("x-permission" = json!("course:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The course.", body = CourseDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/courses/{id}")]
pub async fn handle(
    permit: Permit<ReadCourses>,
    state: web::Data<State>,
    id: PathId<CourseId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_course(connection, scope, id.0))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_course(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: CourseId,
) -> Result<CourseDocument, Problem> {
    let saved = course::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    Ok(CourseDocument::of(saved))
}
