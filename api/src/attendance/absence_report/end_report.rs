use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ReportAbsence},
    attendance::{AbsenceReport, Ender},
    id::AbsenceReportId,
    refusal::Refusals,
};
use skolhus_persistence::{Tx, attendance::absence_report};

use super::{
    document::AbsenceReportDocument,
    get_report::{find, get_report},
};
use crate::http::{
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// End an absence report
///
/// Somebody comes back before it was said: lessons that begin from now on are no longer covered. By whoever reported, or
/// by staff who reach the person.
#[utoipa::path(
    operation_id = "endAbsenceReport", tag = "attendance",
    extensions(("x-permission" = json!("absence:report")), ("x-idempotent" = json!(true))),
    params(IdPath),
    responses((status = 200, description = "Its present state.", body = AbsenceReportDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/absence-reports/{id}/ending")]
pub async fn handle(
    permit: Permit<ReportAbsence>,
    state: web::Data<State>,
    id: PathId<AbsenceReportId>,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let caller = permit.caller().clone();
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &[],
                |tx, scope| {
                    let answer = end_report(tx, scope, id.0)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(null), answer })
                },
                |tx, scope, _| get_report(tx.connection(), scope, id.0),
            )
        })
        .await?;
    Ok(saved(made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `NotPermitted`, `Conflict`; a failure of the database.
pub fn end_report(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: AbsenceReportId,
) -> Result<AbsenceReportDocument, Problem> {
    absence_report::lock(tx, id)?;
    let before = find(tx.connection(), scope, id)?;
    let report = &before.saved.value;
    let after = report.clone().end(ender(scope, report), scope.now()).map_err(Refusals::from)?;
    absence_report::save_ended(tx, &before, &after)?;
    get_report(tx.connection(), scope, id)
}

/// In what capacity the caller adds to a report. Who is related to the person, or is them, does it as such, whatever they
/// work as.
pub(in crate::attendance) fn ender(scope: &Scope, report: &AbsenceReport) -> Ender {
    let is_family = scope.wards().iter().any(|ward| ward.person == report.person);
    match scope.person() {
        Some(me) if is_family || me == report.person || report.reported_by.is(me, report.person) => {
            Ender::Person(me)
        }
        _ => Ender::Staff,
    }
}
