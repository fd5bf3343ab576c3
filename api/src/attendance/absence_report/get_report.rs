use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadAbsence},
    id::AbsenceReportId,
};
use skolhus_persistence::{
    DatabaseConnection,
    attendance::absence_report::{self, ReportView},
};

use super::document::AbsenceReportDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read an absence report
///
/// One report of the caller's own absence, a ward's, or of somebody within the reach of the caller's work.
#[utoipa::path(
    operation_id = "getAbsenceReport", tag = "attendance",
    extensions(("x-permission" = json!("absence:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The report.", body = AbsenceReportDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/absence-reports/{id}")]
pub async fn handle(
    permit: Permit<ReadAbsence>,
    state: web::Data<State>,
    id: PathId<AbsenceReportId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_report(connection, scope, id.0))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_report(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: AbsenceReportId,
) -> Result<AbsenceReportDocument, Problem> {
    Ok(AbsenceReportDocument::of(&find(connection, scope, id)?, scope))
}

/// A report within reach.
pub(in crate::attendance) fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: AbsenceReportId,
) -> Result<ReportView, Problem> {
    absence_report::find_many(connection, scope, &[id])?.pop().ok_or_else(Problem::not_found)
}
