use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::PlanLessons},
    id::{LessonId, LessonSeriesId},
};
use skolhus_persistence::{
    Tx,
    attendance::register,
    schedule::{lesson, series},
};

use super::series_document::held_lessons;
use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw a series of lessons
///
/// For an entry made by mistake: the series goes, and with it those of its lessons that have not begun. What has been
/// stays in the schedule.
#[utoipa::path(
    operation_id = "withdrawLessonSeries", tag = "schedule",
    extensions(("x-permission" = json!("lesson:plan"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/lesson-series/{id}")]
pub async fn handle(
    permit: Permit<PlanLessons>,
    state: web::Data<State>,
    id: PathId<LessonSeriesId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| withdraw_series(tx, scope, id.0, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`; a failure of the database.
pub fn withdraw_series(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: LessonSeriesId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    let seen = series::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    lesson::lock_offering(tx, seen.value.offering)?;
    let before = series::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    if_match.check(before.version)?;
    let (lessons, _) = held_lessons(tx, scope, id)?;
    let ids: Vec<LessonId> = lessons.iter().map(|view| view.saved.id).collect();
    let registered = register::registered(tx.connection(), scope, &ids)?;
    let ahead = lessons
        .into_iter()
        .filter(|view| view.saved.value.time.from() > scope.now() && !registered.contains(&view.saved.id));
    let withdrawn: Vec<_> = ahead.map(|view| (view.saved, None)).collect();
    lesson::update_many(tx, scope, &withdrawn)?;
    series::withdraw(tx, scope, &before)?;
    Ok(())
}
