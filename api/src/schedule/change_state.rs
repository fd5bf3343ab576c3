//! Cancelling a lesson and putting it back: what both share.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, http::StatusCode, web};
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::PlanLessons},
    id::LessonId,
    refusal::Refusal,
    schedule::Lesson,
};
use skolhus_persistence::{Tx, schedule::lesson};

use super::{
    get_lesson::get_lesson,
    lesson_document::{LessonDocument, to_plan},
    new_clashes::{new_clashes, takes_up_more},
};
use crate::http::{
    etag::IfMatch,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::saved,
    state::State,
};

/// Brings a lesson into another state, once for an `Idempotency-Key`.
///
/// # Errors
/// What `change` refuses; what [`change_state`] does.
pub(super) async fn once(
    permit: &Permit<PlanLessons>,
    state: &web::Data<State>,
    key: IdempotencyKey,
    id: LessonId,
    if_match: IfMatch,
    bytes: web::Bytes,
    change: impl Fn(Lesson) -> Result<Lesson, Refusal> + Send + Sync + 'static,
) -> Result<HttpResponse, Problem> {
    let caller = permit.caller().clone();
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &bytes,
                |tx, scope| {
                    let answer = change_state(tx, scope, id, &if_match, &change)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(null), answer })
                },
                |tx, scope, _| get_lesson(tx.connection(), scope, id),
            )
        })
        .await?;
    Ok(saved(made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`, `InvalidFields`, `LessonClash`; a failure of the database.
pub fn change_state(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: LessonId,
    if_match: &IfMatch,
    change: &impl Fn(Lesson) -> Result<Lesson, Refusal>,
) -> Result<LessonDocument, Problem> {
    lesson::lock(tx, &[id])?;
    let held = to_plan(tx.connection(), scope, id)?;
    let before = held.saved.clone();
    if_match.check(before.version)?;
    let after = change(before.value.clone())?;
    let mut changed = BTreeMap::new();
    if takes_up_more(&before.value, &after) {
        changed.insert(id, after.time);
    }
    lesson::update_many(tx, scope, &[(before, Some(after))])?;
    // The request says nothing of when and where.
    let clashes = new_clashes(tx, scope, &[held], &changed, |_, _| String::new())?;
    Ok(get_lesson(tx.connection(), scope, id)?.telling(clashes))
}
