use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::OwnCalendarFeeds},
    id::CalendarFeedId,
};
use skolhus_persistence::{Tx, schedule::calendar_feed};

use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw a calendar feed
///
/// Its address leads nowhere from now on; what a calendar program has read already stays there until it reads again.
#[utoipa::path(
    operation_id = "withdrawCalendarFeed", tag = "schedule",
    extensions(("x-permission" = json!("calendar-feed:own"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/calendar-feeds/{id}")]
pub async fn handle(
    permit: Permit<OwnCalendarFeeds>,
    state: web::Data<State>,
    id: PathId<CalendarFeedId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state.database.write(permit.caller(), move |tx, scope| withdraw_feed(tx, scope, id.0, &if_match)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`; a failure of the database.
pub fn withdraw_feed(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: CalendarFeedId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    let before = calendar_feed::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    if_match.check(before.version)?;
    calendar_feed::withdraw(tx, &before)?;
    Ok(())
}
