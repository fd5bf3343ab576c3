use actix_web::{HttpResponse, delete, web};
use skolhus_domain::access::declared::RegisterAttendance;

use super::{
    super::one_mark::{MarkId, MarkPath},
    lesson::absence,
    stated::withdraw_reason,
};
use crate::http::{etag::IfMatch, permit::Permit, problem::Problem, state::State};

/// Withdraw why a person missed a lesson
///
/// The reason is forgotten at once; what is registered stays.
#[utoipa::path(
    operation_id = "withdrawAbsenceReason", tag = "attendance",
    extensions(("x-permission" = json!("attendance:register"))),
    params(MarkPath),
    responses((status = 204, description = "It is forgotten."))
)]
#[delete("/v1/lessons/{id}/attendance/{personId}/reason")]
pub async fn handle(
    permit: Permit<RegisterAttendance>,
    state: web::Data<State>,
    id: MarkId,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| {
            let (absence, _) = absence(tx, scope, id)?;
            withdraw_reason(tx, scope, absence.person, absence.about, &if_match)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
