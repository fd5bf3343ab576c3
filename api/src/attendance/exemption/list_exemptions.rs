use actix_web::{get, web};
use serde::Serialize;
use skolhus_domain::{
    access::{Scope, declared::RegisterAttendance},
    id::{Id, LessonId},
};
use skolhus_persistence::{
    DatabaseConnection,
    attendance::{exemption, register},
};
use utoipa::ToSchema;
use uuid::Uuid;

use super::document::ExemptionDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Who is exempted from a lesson.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AttendanceExemptions)]
pub struct ExemptionsDocument {
    /// From which lesson.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000311")]
    pub lesson_id: Uuid,
    /// Each person, by name in Swedish order.
    pub exemptions: Vec<ExemptionDocument>,
}

/// List the exemptions from a lesson
///
/// Everybody who takes part in the lesson's offering and is not expected in this lesson, with the reason (undantag; what
/// SS 12000 calls `studentExceptions`). They stand in no register of the lesson, in no day of theirs, and the lesson
/// counts in none of their figures.
#[utoipa::path(
    operation_id = "listAttendanceExemptions", tag = "attendance",
    extensions(("x-permission" = json!("attendance:register"))),
    params(IdPath),
    responses((status = 200, description = "The exemptions.", body = ExemptionsDocument))
)]
#[get("/v1/lessons/{id}/exemptions")]
pub async fn handle(
    permit: Permit<RegisterAttendance>,
    state: web::Data<State>,
    id: PathId<LessonId>,
) -> Result<web::Json<ExemptionsDocument>, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| list_exemptions(connection, scope, id.0))
        .await?;
    Ok(web::Json(found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`] where the caller does not take the lesson; a failure of the database.
pub fn list_exemptions(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    lesson: LessonId,
) -> Result<ExemptionsDocument, Problem> {
    if !register::is_taken(connection, scope, lesson)? {
        return Err(Problem::not_found());
    }
    let found = exemption::of_lesson(connection, scope, lesson, None)?;
    Ok(ExemptionsDocument {
        lesson_id: lesson.uuid(),
        exemptions: found.iter().map(ExemptionDocument::of).collect(),
    })
}
