use actix_web::{HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::RegisterAttendance},
    attendance::Occasion,
    id::LessonId,
};
use skolhus_persistence::{DatabaseConnection, attendance::register};

use super::register_document::RegisterDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// Read the register of a lesson
///
/// Everybody who is expected in a lesson, with what is registered of them: what a teacher opens to take attendance. Its
/// `ETag` is the register's version, `"0"` where nobody has saved it. It is always answered in full: who is expected
/// changes without the register.
#[utoipa::path(
    operation_id = "getAttendanceRegister", tag = "attendance",
    extensions(("x-permission" = json!("attendance:register"))),
    params(IdPath),
    responses((status = 200, description = "The register.", body = RegisterDocument, headers(("ETag" = String, description = "The register's version."))))
)]
#[get("/v1/lessons/{id}/attendance")]
pub async fn handle(
    permit: Permit<RegisterAttendance>,
    state: web::Data<State>,
    id: PathId<LessonId>,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_register(connection, scope, id.0))
        .await?;
    Ok(saved(found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_register(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: LessonId,
) -> Result<RegisterDocument, Problem> {
    let sheet = register::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    let (expected, reported) = (sheet.expected(), sheet.reported());
    let occasion =
        Occasion { lesson: &sheet.lesson, expected: &expected, reported: &reported, now: scope.now() };
    Ok(RegisterDocument::of(&sheet, &occasion))
}
