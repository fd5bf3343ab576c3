use actix_web::{HttpResponse, put, web};
use skolhus_domain::{access::declared::ReportAbsence, id::AbsenceReportId};

use super::{
    document::{AbsenceReasonDocument, StateReason},
    report::absence,
    stated::state_reason,
};
use crate::http::{
    body::Body,
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// State the reason of an absence report
///
/// Why somebody is away (frånvaroorsak), by whoever reported it or by staff who reach the person. Only where the organiser
/// asks for reasons. The report itself stays as it is. `If-Match` is the reason's version, `"0"` where there is none. What
/// was said of why when the absence was reported is stated here already.
#[utoipa::path(
    operation_id = "stateAbsenceReportReason", tag = "attendance",
    extensions(("x-permission" = json!("absence:report"))),
    params(IdPath),
    request_body(content = StateReason, example = json!({ "reasonCode": "care-visit" })),
    responses((status = 200, description = "The reason.", body = AbsenceReasonDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[put("/v1/absence-reports/{id}/reason")]
pub async fn handle(
    permit: Permit<ReportAbsence>,
    state: web::Data<State>,
    id: PathId<AbsenceReportId>,
    if_match: IfMatch,
    body: Body<StateReason>,
) -> Result<HttpResponse, Problem> {
    let document = state
        .database
        .write(permit.caller(), move |tx, scope| {
            let absence = absence(tx, scope, id.0)?;
            state_reason(tx, scope, absence, &if_match, &body.reason_code, Ok(()))
        })
        .await?;
    Ok(saved(document.version, &document))
}
