use actix_web::{HttpResponse, post, web};
use skolhus_domain::{
    access::{Scope, declared::ReceiveNotices},
    id::AbsenceNoticeId,
};
use skolhus_persistence::{Tx, attendance::absence_notice};

use super::notice_document::AbsenceNoticeDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// Say that a notice of absence has been read
///
/// The first time stands; saying it again changes nothing. A correction is to be read anew.
#[utoipa::path(
    operation_id = "receiveAbsenceNotice", tag = "attendance",
    extensions(("x-permission" = json!("absence-notice:receive"))),
    params(IdPath),
    responses((status = 200, description = "Its present state.", body = AbsenceNoticeDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/me/absence-notices/{id}/receipt")]
pub async fn handle(
    permit: Permit<ReceiveNotices>,
    state: web::Data<State>,
    id: PathId<AbsenceNoticeId>,
) -> Result<HttpResponse, Problem> {
    let notice =
        state.database.write(permit.caller(), move |tx, scope| receive_notice(tx, scope, id.0)).await?;
    Ok(saved(notice.version, &notice))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn receive_notice(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: AbsenceNoticeId,
) -> Result<AbsenceNoticeDocument, Problem> {
    absence_notice::lock(tx, id)?;
    let mut view = absence_notice::find_own(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let after = view.saved.value.receive(scope.now());
    view.saved = absence_notice::update(tx, scope, &view.saved, &after)?;
    Ok(AbsenceNoticeDocument::of(&view))
}
