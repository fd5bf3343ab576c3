use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{access::declared::ReportAbsence, id::AbsenceReportId};

use super::{report::absence, stated::withdraw_reason};
use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw the reason of an absence report
///
/// The reason is forgotten at once; the report stays. By whoever may state it.
#[utoipa::path(
    operation_id = "withdrawAbsenceReportReason", tag = "attendance",
    extensions(("x-permission" = json!("absence:report"))),
    params(IdPath),
    responses((status = 204, description = "It is forgotten."))
)]
#[delete("/v1/absence-reports/{id}/reason")]
pub async fn handle(
    permit: Permit<ReportAbsence>,
    state: web::Data<State>,
    id: PathId<AbsenceReportId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| {
            let absence = absence(tx, scope, id.0)?;
            withdraw_reason(tx, scope, absence.person, absence.about, &if_match)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
