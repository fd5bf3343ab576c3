use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::access::{Scope, declared::RegisterAttendance};
use skolhus_persistence::{DatabaseConnection, attendance::exemption};

use super::{
    super::one_mark::{MarkId, MarkPath},
    document::ExemptionDocument,
};
use crate::http::{permit::Permit, problem::Problem, resource::show, state::State};

/// Read a person's exemption from a lesson
///
/// Why one person is not expected in a lesson.
#[utoipa::path(
    operation_id = "getAttendanceExemption", tag = "attendance",
    extensions(("x-permission" = json!("attendance:register"))),
    params(MarkPath),
    responses(
        (status = 200, description = "The exemption.", body = ExemptionDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/lessons/{id}/exemptions/{personId}")]
pub async fn handle(
    permit: Permit<RegisterAttendance>,
    state: web::Data<State>,
    id: MarkId,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_exemption(connection, scope, id))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_exemption(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: MarkId,
) -> Result<ExemptionDocument, Problem> {
    let found = exemption::of_lesson(connection, scope, id.lesson, Some(id.person))?;
    found.first().map(ExemptionDocument::of).ok_or_else(Problem::not_found)
}
