use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpResponse, patch, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::PlanLessons},
    id::{LessonId, LessonSeriesId},
    refusal::Refusals,
    schedule::{Existing, Lesson, LessonSeries, SeriesStep, step_series},
};
use skolhus_persistence::{
    Saved, Tx,
    attendance::register,
    course::offering,
    schedule::{
        clash::ClashOver,
        lesson::{self, LessonView},
        series,
    },
};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    get_series::get_series,
    new_clashes::{NewClashes, new_clashes, takes_up_more},
    series_document::{DaysDocument, Fields, LessonSeriesDocument, SlotDocument, held_lessons, planned},
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

/// What to change of a series; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateLessonSeries {
    /// From the first day to the last.
    #[serde(default)]
    #[schema(value_type = Option<DaysDocument>, nullable = false)]
    pub period: Patch<DaysDocument>,
    /// 1 (every week) to 8.
    #[serde(default)]
    #[schema(value_type = Option<u8>, example = 1, minimum = 1, maximum = 8, nullable = false)]
    #[validate(range(min = 1, max = 8))]
    pub every_weeks: Patch<u8>,
    /// The lessons of a week, all of them; a slot that keeps its number keeps its lessons.
    #[serde(default)]
    #[schema(value_type = Option<Vec<SlotDocument>>, min_items = 1, max_items = 20, nullable = false)]
    #[validate(length(min = 1, max = 20))]
    pub slots: Patch<Vec<SlotDocument>>,
    /// What the lessons are about; null removes it.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Matematik", min_length = 1, max_length = 200)]
    #[validate(length(min = 1, max = 200))]
    pub title: Patch<String>,
}

/// Change a series of lessons
///
/// A merge patch: what is absent stays. Lessons that have begun stay as they are. Of the others each keeps its id as long
/// as its slot is in its week, and what was changed in a single lesson (its time, its rooms, what it is about, that it is
/// cancelled) is kept; a lesson that was withdrawn is not made again. What they clash with anew is told, or the change is
/// refused, as the settings of the schedule say. To change the rest of a term, change the series: what
/// has been is history.
#[utoipa::path(
    operation_id = "updateLessonSeries", tag = "schedule",
    extensions(("x-permission" = json!("lesson:plan"))),
    params(IdPath),
    request_body(content = UpdateLessonSeries, content_type = "application/merge-patch+json", example = json!({
        "slots": [{ "number": 0, "weekday": "wednesday", "startsAt": "10:00", "endsAt": "10:50" }]
    })),
    responses((status = 200, description = "Its present state.", body = LessonSeriesDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/lesson-series/{id}")]
pub async fn handle(
    permit: Permit<PlanLessons>,
    state: web::Data<State>,
    id: PathId<LessonSeriesId>,
    if_match: IfMatch,
    body: Body<UpdateLessonSeries>,
) -> Result<HttpResponse, Problem> {
    let series = state
        .database
        .write(permit.caller(), move |tx, scope| update_series(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(series.version, &series))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`, `LessonClash`; a failure of the database.
pub fn update_series(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: LessonSeriesId,
    if_match: &IfMatch,
    request: &UpdateLessonSeries,
) -> Result<LessonSeriesDocument, Problem> {
    let seen = series::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    lesson::lock_offering(tx, seen.value.offering)?;
    let before = series::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let offering = offering::find(tx.connection(), scope, before.value.offering)?;
    let offering = offering.ok_or_else(Problem::not_found)?;
    let fields = merged(request.clone(), &before.value)?;
    let after = fields.check(tx.connection(), scope, &offering.value)?;
    if_match.check_unless(after == before.value, before.version)?;
    if after == before.value {
        return Ok(LessonSeriesDocument::of(before).telling(NewClashes::NONE));
    }
    let was = planned(tx.connection(), scope, &before.value)?;
    let wanted = planned(tx.connection(), scope, &after)?;
    let (lessons, gone) = held_lessons(tx, scope, id)?;
    let ids: Vec<LessonId> = lessons.iter().map(|view| view.saved.id).collect();
    let registered = register::registered(tx.connection(), scope, &ids)?;
    let existing: Vec<Existing<LessonId>> =
        lessons.iter().map(|view| existing(view, &registered, scope)).collect();
    let steps = step_series(id, (&before.value, &was), (&after, &wanted), &existing, &gone);
    series::update(tx, scope, &before, &after)?;
    let taken = take_steps(tx, scope, &lessons, steps)?;
    let changed = taken.iter().map(|(id, lesson)| (*id, lesson.time)).collect();
    let slot = |id: LessonId| Some(taken.get(&id)?.occurrence?.slot);
    let place = |lesson: LessonId, over: &ClashOver| fields.place_of(slot(lesson), over);
    let clashes = new_clashes(tx, scope, &lessons, &changed, place)?;
    Ok(get_series(tx.connection(), scope, id)?.telling(clashes))
}

/// A lesson that has begun, or whose attendance is registered, is history.
fn existing(view: &LessonView, registered: &BTreeSet<LessonId>, scope: &Scope) -> Existing<LessonId> {
    let (id, lesson) = (view.saved.id, view.saved.value.clone());
    let is_history = lesson.time.from() <= scope.now() || registered.contains(&id);
    Existing { id, lesson, is_history }
}

/// Enters, changes and withdraws what the steps say, in a fixed number of statements. Returns the lessons that take up more
/// than before.
fn take_steps(
    tx: &mut Tx<'_>,
    scope: &Scope,
    lessons: &[LessonView],
    steps: Vec<SeriesStep<LessonId>>,
) -> Result<BTreeMap<LessonId, Lesson>, Problem> {
    let saved = |id: LessonId| -> Option<Saved<LessonId, Lesson>> {
        lessons.iter().find(|view| view.saved.id == id).map(|view| view.saved.clone())
    };
    let (mut made, mut changed) = (Vec::new(), Vec::new());
    for step in steps {
        match step {
            SeriesStep::Make(lesson) => made.push((tx.fresh_id(), lesson)),
            SeriesStep::Change(id, lesson) => changed.extend(saved(id).map(|before| (before, Some(lesson)))),
            SeriesStep::Withdraw(id) => changed.extend(saved(id).map(|before| (before, None))),
        }
    }
    lesson::insert_many(tx, scope, &made)?;
    lesson::update_many(tx, scope, &changed)?;
    let moved = changed.into_iter().filter_map(|(before, after)| {
        let after = after.filter(|after| takes_up_more(&before.value, after))?;
        Some((before.id, after))
    });
    Ok(made.into_iter().chain(moved).collect())
}

fn merged(request: UpdateLessonSeries, present: &LessonSeries) -> Result<Fields, Problem> {
    let UpdateLessonSeries { period, every_weeks, slots, title } = request;
    let now = Fields::of(present);
    let mut refusals = Refusals::default();
    let fields = (
        refusals.note("/period", period.require(now.period)),
        refusals.note("/everyWeeks", every_weeks.require(now.every_weeks)),
        refusals.note("/slots", slots.require(now.slots)),
    );
    let title = title.apply(now.title);
    match fields {
        (Some(period), Some(every_weeks), Some(slots)) => {
            Ok(Fields { offering: now.offering, period, every_weeks, slots, title })
        }
        _ => Err(refusals.into()),
    }
}
