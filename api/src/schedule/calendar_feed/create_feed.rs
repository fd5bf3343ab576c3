use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
    post, web,
};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::OwnCalendarFeeds},
    id::{CalendarFeedId, Id},
    refusal::{Refusal, Rule},
    schedule::{CalendarSubject, NewCalendarFeed, room_for_calendar_feed},
};
use skolhus_persistence::{Tx, schedule::calendar_feed};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{document::CalendarFeedDocument, get_feed::get_feed};
use crate::{
    http::{
        body::Body,
        catalogue::Code,
        idempotency::{IdempotencyKey, Made},
        permit::Permit,
        problem::Problem,
        resource::created,
        state::State,
    },
    identity::logins::{first_refresh_token, hash_of},
};

/// A calendar feed to make: of a person or of a group.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateCalendarFeed {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000331")]
    pub id: Option<Uuid>,
    /// Of this person: oneself, a child whom one may see, or somebody else within reach.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Option<Uuid>,
    /// Or of this group.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000071")]
    pub group_id: Option<Uuid>,
    /// What it is called, here and in the calendar program.
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "Elsas lektioner", min_length = 1, max_length = 100)]
    pub name: String,
}

/// Make a calendar feed
///
/// An address for a calendar program (kalenderprenumeration, iCal): the lessons in which a person is expected and those
/// that they take, or the lessons of the offerings that a group drives. The answer holds the secret address, once: keep
/// it. A repeat of the request with its `Idempotency-Key` answers without it. An account has at most 20 feeds. There are
/// none of persons with protected personal data, nor for them.
#[utoipa::path(
    operation_id = "createCalendarFeed", tag = "schedule",
    extensions(("x-permission" = json!("calendar-feed:own")), ("x-idempotent" = json!(true))),
    request_body(content = CreateCalendarFeed, example = json!({
        "personId": "0199a3f0-7c00-7000-8000-0000000000c1", "name": "Elsas lektioner"
    })),
    responses((status = 201, description = "It is made.", body = CalendarFeedDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "The address of the feed as a resource."))))
)]
#[post("/v1/calendar-feeds")]
pub async fn handle(
    permit: Permit<OwnCalendarFeeds>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateCalendarFeed>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<CalendarFeedId>());
    let secret = first_refresh_token(state.randomness.as_ref());
    let secret_hash = hash_of(&secret);
    let address = format!("{}/v1/calendars/{secret}.ics", state.base_url);
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let mut answer = create_feed(tx, scope, fresh, &body, &secret_hash)?;
                    answer.address = Some(address.clone());
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_feed(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/calendar-feeds/{}", made.answer.id);
    let mut response = created(made.status, location, made.answer.version, &made.answer);
    // It holds a secret.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// The use-case.
///
/// # Errors
/// [`Code::InvalidFields`], where what is out of reach or protected is as if it did not exist; [`Code::Conflict`] for
/// one feed too many, and for callers who are protected; a failure of the database.
pub fn create_feed(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: CalendarFeedId,
    request: &CreateCalendarFeed,
    secret_hash: &str,
) -> Result<CalendarFeedDocument, Problem> {
    let CreateCalendarFeed { id, person_id, group_id, name } = request.clone();
    let account = scope.account().ok_or_else(|| Problem::new(Code::NotPermitted))?;
    calendar_feed::lock_account(tx, account)?;
    let new = NewCalendarFeed {
        account,
        person: person_id.map(Id::from_uuid),
        group: group_id.map(Id::from_uuid),
        name: &name,
    }
    .validate()?;
    if !calendar_feed::may_be_of(tx.connection(), scope, new.subject)? {
        return Err(not_there(tx, scope, new.subject)?.into());
    }
    room_for_calendar_feed(calendar_feed::count(tx.connection(), scope)?)?;
    let id = id.map_or(fresh, Id::from_uuid);
    if calendar_feed::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    Ok(CalendarFeedDocument::of(calendar_feed::insert(tx, scope, id, &new, secret_hash)?))
}

/// Why there is no calendar: whoever is protected is told so, and of anything else nothing.
fn not_there(tx: &mut Tx<'_>, scope: &Scope, subject: CalendarSubject) -> Result<Refusal, Problem> {
    if calendar_feed::is_closed_to(tx.connection(), scope)? {
        let detail = "there are no calendar feeds while one's own personal data is protected";
        return Ok(Refusal::new(Rule::State, detail));
    }
    Ok(match subject {
        CalendarSubject::Person(_) => {
            Refusal::new(Rule::UnknownReference, "there is no such person").at("/personId")
        }
        CalendarSubject::Group(_) => {
            Refusal::new(Rule::UnknownReference, "there is no such group").at("/groupId")
        }
    })
}
