use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, get,
    http::{StatusCode, header},
    web,
};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use skolhus_domain::{
    access::{Scope, declared::Public},
    id::Id,
    schedule::{LessonStateCode, MOST_CALENDAR_LESSONS, RoomKind, calendar_days},
};
use skolhus_persistence::{
    DatabaseConnection,
    schedule::{
        calendar::{self, CalendarLesson},
        calendar_feed,
    },
};
use utoipa::IntoParams;

use crate::{
    http::{etag::is_known_content, permit::Permit, problem::Problem, state::State},
    identity::logins::hash_of,
    integration::ical::{Calendar, Event, MEDIA_TYPE},
};

/// For how many seconds a reader may keep a calendar without asking again. Nobody but the reader may keep it at all.
const CACHE: &str = "private, max-age=300";

/// The secret in a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(
    dead_code,
    reason = "read from the path as it came: what is malformed is answered as what is unknown"
)]
pub struct SecretPath {
    /// The secret of the address that the feed was made with, with `.ics` behind it or without.
    #[param(
        example = "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE.ics",
        min_length = 43,
        max_length = 47,
        pattern = r"^[A-Za-z0-9_-]{43}(\.ics)?$"
    )]
    secret: String,
}

/// Read a calendar
///
/// The calendar of a feed (iCalendar, RFC 5545), for calendar programs: no login but the secret in the address. It shows
/// what the feed's account may see of the lessons at the moment of reading, and nobody's name: the title of the offering
/// and of the lesson, the rooms, the time. A cancelled lesson stays, marked as such and without the reason. From 30 days
/// before today to 365 days after it, at most 5,000 lessons. Nothing is found at an address that was withdrawn, whose
/// account is closed, whose person or group the account may not see any longer, or where somebody's personal data has
/// become protected. Read it once an hour, with the last `ETag` in `If-None-Match`; `If-Modified-Since` is not looked
/// at, since a lesson that leaves the calendar changes no instant in it.
#[utoipa::path(
    operation_id = "readCalendar", tag = "schedule",
    extensions(("x-permission" = json!("public"))),
    params(SecretPath),
    responses(
        (status = 200, description = "The calendar.", body = String, content_type = "text/calendar", headers(
            ("ETag" = String, description = "Its content's own tag."),
            ("Last-Modified" = String, description = "When something in it was changed last."),
        )),
        (status = 304, description = "It is the content named in `If-None-Match`."),
    )
)]
#[get("/v1/calendars/{secret}")]
pub async fn handle(
    permit: Permit<Public>,
    state: web::Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let secret = request.match_info().get("secret").unwrap_or_default();
    let secret_hash = hash_of(secret.strip_suffix(".ics").unwrap_or(secret));
    let (calendar, modified_at) = state
        .database
        .read(permit.caller(), move |connection, scope| read_calendar(connection, scope, &secret_hash))
        .await?;
    let text = calendar.text();
    let tag = format!("\"{}\"", hex::encode(Sha256::digest(text.as_bytes())));
    let is_known = is_known_content(&request, &tag);
    let status = if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let mut response = HttpResponseBuilder::new(status);
    response
        .insert_header((header::ETAG, tag))
        .insert_header((header::LAST_MODIFIED, modified_at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()))
        .insert_header((header::CACHE_CONTROL, CACHE));
    Ok(if is_known { response.finish() } else { response.content_type(MEDIA_TYPE).body(text) })
}

/// The use-case: the calendar at a secret address, and when something in it was changed last.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], for whatever reason there is nothing; a failure of the database.
pub fn read_calendar(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    secret_hash: &str,
) -> Result<(Calendar, DateTime<Utc>), Problem> {
    let (owner, feed) =
        calendar_feed::open(connection, scope, secret_hash)?.ok_or_else(Problem::not_found)?;
    let days = calendar_days(owner.today());
    let lessons = calendar::lessons(connection, &owner, feed.value.subject, days, MOST_CALENDAR_LESSONS)?
        .ok_or_else(Problem::not_found)?;
    let modified_at = lessons.iter().map(|lesson| lesson.modified_at).fold(feed.modified_at, Ord::max);
    let events = lessons.into_iter().map(event).collect();
    Ok((Calendar { name: feed.value.name.into_string(), events }, modified_at))
}

/// A lesson in a calendar.
fn event(lesson: CalendarLesson) -> Event {
    let CalendarLesson { id, version, modified_at, time, state, offering_title, title, rooms } = lesson;
    let rooms: Vec<String> =
        rooms.into_iter().filter(|room| room.kind == RoomKind::Room.code()).map(|room| room.name).collect();
    Event {
        id: id.uuid(),
        sequence: version - 1,
        modified_at,
        from: time.from(),
        to: time.to(),
        is_cancelled: state == LessonStateCode::Cancelled,
        summary: match title {
            None => offering_title,
            Some(title) => format!("{offering_title}: {title}"),
        },
        location: Some(rooms.join(", ")).filter(|location| !location.is_empty()),
    }
}
