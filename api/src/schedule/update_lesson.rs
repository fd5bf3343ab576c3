use std::collections::BTreeMap;

use actix_web::{HttpResponse, patch, web};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::PlanLessons},
    id::LessonId,
    refusal::Refusals,
    schedule::Lesson,
};
use skolhus_persistence::{Tx, attendance::register, course::offering, schedule::lesson};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    get_lesson::get_lesson,
    lesson_document::{Fields, LessonDocument, LessonStaffDocument, to_plan},
    new_clashes::{new_clashes, takes_up_more},
};
use crate::http::{
    body::Body,
    etag::IfMatch,
    patch::Patch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// What to change of a lesson; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateLesson {
    /// When it begins; without `endsAt` it keeps its length.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>, example = "2026-08-19T10:00:00+02:00", nullable = false)]
    pub starts_at: Patch<DateTime<Utc>>,
    /// When it ends.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>, example = "2026-08-19T10:50:00+02:00", nullable = false)]
    pub ends_at: Patch<DateTime<Utc>>,
    /// What it is about; null removes it.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Bråk och procent", min_length = 1, max_length = 200)]
    #[validate(length(min = 1, max = 200))]
    pub title: Patch<String>,
    /// Its rooms and resources, all of them.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Uuid>>, example = json!(["0199a3f0-7c00-7000-8000-000000000301"]), max_items = 20, nullable = false)]
    #[validate(length(max = 20))]
    pub room_ids: Patch<Vec<Uuid>>,
    /// What differs from the offering's teachers, all of it.
    #[serde(default)]
    #[schema(value_type = Option<Vec<LessonStaffDocument>>, max_items = 20, nullable = false)]
    #[validate(length(max = 20))]
    pub staff: Patch<Vec<LessonStaffDocument>>,
}

/// Change a lesson
///
/// A merge patch: what is absent stays. It moves a lesson, puts it into other rooms, puts in a substitute. A lesson of a
/// series stays in it, and what is changed here is kept when the series is changed. What it clashes with anew is told, or
/// the change is refused, as the settings of the schedule say; a lesson that clashes already may stay where it is. Asking
/// for what is already so changes nothing.
#[utoipa::path(
    operation_id = "updateLesson", tag = "schedule",
    extensions(("x-permission" = json!("lesson:plan"))),
    params(IdPath),
    request_body(content = UpdateLesson, content_type = "application/merge-patch+json", example = json!({
        "startsAt": "2026-08-19T10:00:00+02:00", "title": "Bråk och procent"
    })),
    responses((status = 200, description = "Its present state.", body = LessonDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/lessons/{id}")]
pub async fn handle(
    permit: Permit<PlanLessons>,
    state: web::Data<State>,
    id: PathId<LessonId>,
    if_match: IfMatch,
    body: Body<UpdateLesson>,
) -> Result<HttpResponse, Problem> {
    let lesson = state
        .database
        .write(permit.caller(), move |tx, scope| update_lesson(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(lesson.version, &lesson))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`, `LessonClash`; a failure of the database.
pub fn update_lesson(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: LessonId,
    if_match: &IfMatch,
    request: &UpdateLesson,
) -> Result<LessonDocument, Problem> {
    let seen = to_plan(tx.connection(), scope, id)?;
    let offering_id = seen.saved.value.offering;
    lesson::lock_offering(tx, offering_id)?;
    lesson::lock(tx, &[id])?;
    let held = to_plan(tx.connection(), scope, id)?;
    let before = held.saved.clone();
    let offering = offering::find(tx.connection(), scope, offering_id)?;
    let fields = merged(request.clone(), &before.value)?;
    let offering = offering.ok_or_else(Problem::not_found)?;
    let after = fields.check(tx.connection(), scope, &offering.value, Some(&before.value))?;
    if_match.check_unless(after == before.value, before.version)?;
    let mut changed = BTreeMap::new();
    if after != before.value {
        let length = after.time.minutes();
        if length != before.value.time.minutes() {
            register::follow_length(tx, scope, id, length)?;
        }
        if takes_up_more(&before.value, &after) {
            changed.insert(id, after.time);
        }
        lesson::update_many(tx, scope, &[(before, Some(after))])?;
    }
    let clashes = new_clashes(tx, scope, &[held], &changed, |_, over| fields.place_of(over))?;
    Ok(get_lesson(tx.connection(), scope, id)?.telling(clashes))
}

fn merged(request: UpdateLesson, present: &Lesson) -> Result<Fields, Problem> {
    let UpdateLesson { starts_at, ends_at, title, room_ids, staff } = request;
    let keeps_length = matches!(ends_at, Patch::Absent);
    let now = Fields::of(present);
    let length = now.ends_at - now.starts_at;
    let mut refusals = Refusals::default();
    let fields = (
        refusals.note("/startsAt", starts_at.require(now.starts_at)),
        refusals.note("/endsAt", ends_at.require(now.ends_at)),
        refusals.note("/roomIds", room_ids.require(now.rooms)),
        refusals.note("/staff", staff.require(now.staff)),
    );
    let title = title.apply(now.title);
    match fields {
        (Some(starts_at), Some(ends_at), Some(rooms), Some(staff)) => {
            let ends_at =
                if keeps_length { starts_at.checked_add_signed(length).unwrap_or(ends_at) } else { ends_at };
            Ok(Fields { offering: now.offering, starts_at, ends_at, title, rooms, staff })
        }
        _ => Err(refusals.into()),
    }
}
