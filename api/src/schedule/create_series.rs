use std::collections::BTreeMap;

use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::PlanLessons},
    id::{Id, LessonId, LessonSeriesId, OfferingId},
    refusal::{Refusal, Rule},
    schedule::Lesson,
};
use skolhus_persistence::{
    Tx,
    course::offering,
    schedule::{clash::ClashOver, lesson, series},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    get_series::get_series,
    new_clashes::new_clashes,
    series_document::{DaysDocument, Fields, LessonSeriesDocument, SlotDocument, planned},
};
use crate::http::{
    body::Body,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::created,
    state::State,
};

/// A series of lessons to enter.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateLessonSeries {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000321")]
    pub id: Option<Uuid>,
    /// Of what.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub offering_id: Uuid,
    /// From the first day to the last, within the offering's days.
    #[validate(nested)]
    pub period: DaysDocument,
    /// 1 (every week) to 8; counted from the week of the first day.
    #[serde(default = "every_week")]
    #[validate(range(min = 1, max = 8))]
    #[schema(example = 1, minimum = 1, maximum = 8, default = 1)]
    pub every_weeks: u8,
    /// The lessons of a week; no two have the same number.
    #[validate(length(min = 1, max = 20), nested)]
    #[schema(min_items = 1, max_items = 20)]
    pub slots: Vec<SlotDocument>,
    /// What the lessons are about.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Matematik", min_length = 1, max_length = 200)]
    pub title: Option<String>,
}

fn every_week() -> u8 {
    1
}

/// Enter lessons from a weekly pattern
///
/// Makes the lessons of an offering for a term or a year at once: those that would begin on a day off of one of the
/// offering's terms are left out, and times are those of the wall clock through both changes of it. A series makes at
/// most 1,000 lessons. What they clash with is told, or all are refused, as the settings of the schedule say.
#[utoipa::path(
    operation_id = "createLessonSeries", tag = "schedule",
    extensions(("x-permission" = json!("lesson:plan")), ("x-idempotent" = json!(true))),
    request_body(content = CreateLessonSeries, example = json!({
        "offeringId": "0199a3f0-7c00-7000-8000-0000000000d1",
        "period": { "from": "2026-08-17", "to": "2026-12-18" },
        "everyWeeks": 1,
        "slots": [
            { "number": 0, "weekday": "tuesday", "startsAt": "08:10", "endsAt": "09:00", "roomIds": ["0199a3f0-7c00-7000-8000-000000000301"] },
            { "number": 1, "weekday": "thursday", "startsAt": "13:00", "endsAt": "14:20" }
        ],
        "title": "Matematik"
    })),
    responses((status = 201, description = "It is entered, and its lessons with it.", body = LessonSeriesDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/lesson-series")]
pub async fn handle(
    permit: Permit<PlanLessons>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateLessonSeries>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<LessonSeriesId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_series(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_series(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/lesson-series/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`], `LessonClash`; a failure of the database.
pub fn create_series(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: LessonSeriesId,
    request: &CreateLessonSeries,
) -> Result<LessonSeriesDocument, Problem> {
    let CreateLessonSeries { id, offering_id, period, every_weeks, slots, title } = request.clone();
    let offering_id = OfferingId::from_uuid(offering_id);
    lesson::lock_offering(tx, offering_id)?;
    let Some(offering) = offering::find_taught(tx.connection(), scope, offering_id)? else {
        let detail = "there is no such offering whose lessons you plan";
        return Err(Refusal::new(Rule::UnknownReference, detail).at("/offeringId").into());
    };
    let fields = Fields { offering: offering_id, period, every_weeks, slots, title };
    let new = fields.check(tx.connection(), scope, &offering.value)?;
    let id = id.map_or(fresh, Id::from_uuid);
    if series::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    series::insert(tx, scope, id, &new)?;
    let planned = planned(tx.connection(), scope, &new)?;
    let lessons: Vec<(LessonId, Lesson)> =
        planned.iter().map(|planned| (tx.fresh_id(), new.lesson(id, planned))).collect();
    lesson::insert_many(tx, scope, &lessons)?;
    let changed = lessons.iter().map(|(id, lesson)| (*id, lesson.time)).collect();
    let slots: BTreeMap<LessonId, u8> =
        lessons.iter().filter_map(|(id, lesson)| Some((*id, lesson.occurrence?.slot))).collect();
    let place = |lesson: LessonId, over: &ClashOver| fields.place_of(slots.get(&lesson).copied(), over);
    let clashes = new_clashes(tx, scope, &[], &changed, place)?;
    Ok(get_series(tx.connection(), scope, id)?.telling(clashes))
}
