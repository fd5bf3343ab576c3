use actix_web::{HttpResponse, put, web};
use skolhus_domain::access::declared::RegisterAttendance;

use super::{
    super::one_mark::{MarkId, MarkPath},
    document::{AbsenceReasonDocument, StateReason},
    lesson::absence,
    stated::state_reason,
};
use crate::http::{
    body::Body, etag::IfMatch, permit::Permit, problem::Problem, resource::saved, state::State,
};

/// State why a person missed a lesson
///
/// Why somebody who is registered as absent, late or gone early was so (frånvaroorsak), as those who take the lesson were
/// told. Only where the organiser asks for reasons, and only for as long back as reasons are kept. It changes nothing of
/// what is registered: whether absence is authorised stays with the mark. `If-Match` is the reason's version, `"0"` where
/// there is none; whoever states what another one has stated makes a new version, and is not told that it was so. The
/// reason is no part of the register, the lists, the figures or the change log: it is read in the list of reasons, with a
/// stronger login, by those whom that concerns.
#[utoipa::path(
    operation_id = "stateAbsenceReason", tag = "attendance",
    extensions(("x-permission" = json!("attendance:register"))),
    params(MarkPath),
    request_body(content = StateReason, example = json!({ "reasonCode": "illness" })),
    responses((status = 200, description = "The reason.", body = AbsenceReasonDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[put("/v1/lessons/{id}/attendance/{personId}/reason")]
pub async fn handle(
    permit: Permit<RegisterAttendance>,
    state: web::Data<State>,
    id: MarkId,
    if_match: IfMatch,
    body: Body<StateReason>,
) -> Result<HttpResponse, Problem> {
    let document = state
        .database
        .write(permit.caller(), move |tx, scope| {
            let (absence, admitted) = absence(tx, scope, id)?;
            state_reason(tx, scope, absence, &if_match, &body.reason_code, admitted)
        })
        .await?;
    Ok(saved(document.version, &document))
}
