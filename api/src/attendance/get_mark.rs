use actix_web::{HttpResponse, get, web};
use skolhus_domain::access::{Scope, declared::RegisterAttendance};
use skolhus_persistence::DatabaseConnection;

use super::{
    one_mark::{MarkId, MarkPath, document, found},
    register_document::AttendanceDocument,
};
use crate::http::{permit::Permit, problem::Problem, resource::saved, state::State};

/// Read one person's attendance in a lesson
///
/// One participant of the register: its `ETag` is the version of what is registered of this person, `"0"` where nothing
/// is. It is always answered in full.
#[utoipa::path(
    operation_id = "getAttendanceMark", tag = "attendance",
    extensions(("x-permission" = json!("attendance:register"))),
    params(MarkPath),
    responses((status = 200, description = "The person in the register.", body = AttendanceDocument, headers(("ETag" = String, description = "The version of what is registered of the person."))))
)]
#[get("/v1/lessons/{id}/attendance/{personId}")]
pub async fn handle(
    permit: Permit<RegisterAttendance>,
    state: web::Data<State>,
    id: MarkId,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_mark(connection, scope, id))
        .await?;
    Ok(saved(found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_mark(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: MarkId,
) -> Result<AttendanceDocument, Problem> {
    let (sheet, of) = found(connection, scope, id)?;
    Ok(document(&sheet, &of, &sheet.expected(), scope))
}
