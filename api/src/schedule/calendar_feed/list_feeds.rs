use actix_web::{get, web};
use skolhus_domain::access::{Scope, declared::OwnCalendarFeeds};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    schedule::calendar_feed::{self, CalendarFeedSort},
};

use super::document::CalendarFeedDocument;
use crate::http::{
    listing::{List, Listing, NoFilters, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

impl SortKey for CalendarFeedSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("createdAt", Self::CreatedAt), ("modifiedAt", Self::ModifiedAt)];
}

/// List one's calendar feeds
///
/// The feeds that the caller's account has made, without their addresses. One whose person or group is not within reach
/// at the moment is not among them: nothing can be read at its address either.
#[utoipa::path(
    operation_id = "listCalendarFeeds", tag = "schedule",
    extensions(("x-permission" = json!("calendar-feed:own"))),
    params(Listing<NoFilters, CalendarFeedSort>),
    responses((status = 200, description = "One page of feeds.", body = List<CalendarFeedDocument>))
)]
#[get("/v1/calendar-feeds")]
pub async fn handle(
    permit: Permit<OwnCalendarFeeds>,
    state: web::Data<State>,
    listing: Listing<NoFilters, CalendarFeedSort>,
) -> Result<web::Json<List<CalendarFeedDocument>>, Problem> {
    let (_, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_feeds(connection, scope, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_feeds(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    request: &PageRequest<CalendarFeedSort>,
) -> Result<Page<CalendarFeedDocument>, Problem> {
    let page = calendar_feed::list(connection, scope, request)?;
    page.try_map(|saved| Ok(CalendarFeedDocument::of(saved)))
}
