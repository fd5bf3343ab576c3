use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadAbsence},
    id::LeaveRequestId,
};
use skolhus_persistence::{
    DatabaseConnection,
    attendance::leave_request::{self, LeaveView},
};

use super::document::LeaveRequestDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a leave request
///
/// One request for the caller's own leave, a ward's, or that of somebody within the reach of the caller's work.
#[utoipa::path(
    operation_id = "getLeaveRequest", tag = "attendance",
    extensions(("x-permission" = json!("absence:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The request.", body = LeaveRequestDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/leave-requests/{id}")]
pub async fn handle(
    permit: Permit<ReadAbsence>,
    state: web::Data<State>,
    id: PathId<LeaveRequestId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_request(connection, scope, id.0))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_request(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: LeaveRequestId,
) -> Result<LeaveRequestDocument, Problem> {
    Ok(LeaveRequestDocument::of(&find(connection, scope, id)?, scope))
}

/// A request within reach.
pub(super) fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: LeaveRequestId,
) -> Result<LeaveView, Problem> {
    leave_request::find(connection, scope, id)?.ok_or_else(Problem::not_found)
}
