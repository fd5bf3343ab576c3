use std::collections::BTreeMap;

use actix_web::{HttpResponse, http::StatusCode, post, web};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::PlanLessons},
    id::{Id, LessonId, OfferingId},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{Tx, course::offering, schedule::lesson};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    get_lesson::get_lesson,
    lesson_document::{Fields, LessonDocument, LessonStaffDocument},
    new_clashes::new_clashes,
};
use crate::http::{
    body::Body,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::created,
    state::State,
};

/// A lesson to enter.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateLesson {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000311")]
    pub id: Option<Uuid>,
    /// Of what.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub offering_id: Uuid,
    /// When it begins: a whole minute, on a day of the offering.
    #[schema(example = "2026-08-18T08:10:00+02:00")]
    pub starts_at: DateTime<Utc>,
    /// When it ends: 5 minutes to 24 hours later.
    #[schema(example = "2026-08-18T09:00:00+02:00")]
    pub ends_at: DateTime<Utc>,
    /// What it is about.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Bråk och procent", min_length = 1, max_length = 200)]
    pub title: Option<String>,
    /// Rooms and resources, each once.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-000000000301"]), max_items = 20)]
    pub room_ids: Vec<Uuid>,
    /// What differs from the offering's teachers, each duty once.
    #[serde(default)]
    #[validate(length(max = 20), nested)]
    #[schema(max_items = 20)]
    pub staff: Vec<LessonStaffDocument>,
}

/// Enter a lesson
///
/// A single lesson of an offering. Who is expected in it follows from the participations on its day. Lessons that come
/// back every week are made at once as a series. What it clashes with is told, or it is refused, as the settings of the
/// schedule say.
#[utoipa::path(
    operation_id = "createLesson", tag = "schedule",
    extensions(("x-permission" = json!("lesson:plan")), ("x-idempotent" = json!(true))),
    request_body(content = CreateLesson, example = json!({
        "offeringId": "0199a3f0-7c00-7000-8000-0000000000d1",
        "startsAt": "2026-08-18T08:10:00+02:00", "endsAt": "2026-08-18T09:00:00+02:00",
        "title": "Bråk och procent", "roomIds": ["0199a3f0-7c00-7000-8000-000000000301"]
    })),
    responses((status = 201, description = "It is entered.", body = LessonDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/lessons")]
pub async fn handle(
    permit: Permit<PlanLessons>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateLesson>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<LessonId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_lesson(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_lesson(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/lessons/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`], `LessonClash`; a failure of the database.
pub fn create_lesson(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: LessonId,
    request: &CreateLesson,
) -> Result<LessonDocument, Problem> {
    let CreateLesson { id, offering_id, starts_at, ends_at, title, room_ids, staff } = request.clone();
    let offering_id = OfferingId::from_uuid(offering_id);
    lesson::lock_offering(tx, offering_id)?;
    let Some(offering) = offering::find_taught(tx.connection(), scope, offering_id)? else {
        let detail = "there is no such offering whose lessons you plan";
        return Err(Refusal::new(Rule::UnknownReference, detail).at("/offeringId").into());
    };
    let fields = Fields { offering: offering_id, starts_at, ends_at, title, rooms: room_ids, staff };
    let new = fields.check(tx.connection(), scope, &offering.value, None)?;
    let brought = id.map(LessonId::from_uuid);
    if let Some(id) = brought
        && !lesson::taken(tx.connection(), scope, &[id])?.is_empty()
    {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    let id = brought.unwrap_or(fresh);
    let changed = BTreeMap::from([(id, new.time)]);
    lesson::insert_many(tx, scope, &[(id, new)])?;
    let clashes = new_clashes(tx, scope, &[], &changed, |_, over| fields.place_of(over))?;
    Ok(get_lesson(tx.connection(), scope, id)?.telling(clashes))
}
