use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::OwnCalendarFeeds},
    id::CalendarFeedId,
};
use skolhus_persistence::{DatabaseConnection, schedule::calendar_feed};

use super::document::CalendarFeedDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a calendar feed
///
/// One of one's own feeds, without its address.
#[utoipa::path(
    operation_id = "getCalendarFeed", tag = "schedule",
    extensions(("x-permission" = json!("calendar-feed:own"))),
    params(IdPath),
    responses(
        (status = 200, description = "The feed.", body = CalendarFeedDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/calendar-feeds/{id}")]
pub async fn handle(
    permit: Permit<OwnCalendarFeeds>,
    state: web::Data<State>,
    id: PathId<CalendarFeedId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_feed(connection, scope, id.0))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_feed(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: CalendarFeedId,
) -> Result<CalendarFeedDocument, Problem> {
    let saved = calendar_feed::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    Ok(CalendarFeedDocument::of(saved))
}
