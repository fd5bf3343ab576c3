use actix_web::{get, web};
use skolhus_domain::access::{Scope, declared::ReceiveNotices};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    attendance::absence_notice::{self, NoticeSort},
};

use super::notice_document::AbsenceNoticeDocument;
use crate::http::{
    listing::{List, Listing, NoFilters, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

impl SortKey for NoticeSort {
    const KEYS: &'static [(&'static str, Self)] = &[("day", Self::Day), ("modifiedAt", Self::ModifiedAt)];
}

/// List the notices of absence that one was sent
///
/// Of wards over whom the caller has the right to receive notices today. At most one for a pupil and a day; it is
/// corrected where there was no unauthorised absence after all.
#[utoipa::path(
    operation_id = "listOwnAbsenceNotices", tag = "attendance",
    extensions(("x-permission" = json!("absence-notice:receive"))),
    params(Listing<NoFilters, NoticeSort>),
    responses((status = 200, description = "One page of notices.", body = List<AbsenceNoticeDocument>))
)]
#[get("/v1/me/absence-notices")]
pub async fn handle(
    permit: Permit<ReceiveNotices>,
    state: web::Data<State>,
    listing: Listing<NoFilters, NoticeSort>,
) -> Result<web::Json<List<AbsenceNoticeDocument>>, Problem> {
    let (_, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_notices(connection, scope, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_notices(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    request: &PageRequest<NoticeSort>,
) -> Result<Page<AbsenceNoticeDocument>, Problem> {
    absence_notice::list_own(connection, scope, request)?.try_map(|view| Ok(AbsenceNoticeDocument::of(&view)))
}
