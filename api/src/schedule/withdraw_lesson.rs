use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::PlanLessons},
    id::LessonId,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{Tx, attendance::register, schedule::lesson};

use super::lesson_document::to_plan;
use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw a lesson
///
/// For an entry made by mistake: it leaves the lists and stays in the register as withdrawn, and a change of its series
/// does not make it again. A lesson that is not held is cancelled instead, so that everybody sees it; one whose attendance is registered can only
/// be cancelled.
#[utoipa::path(
    operation_id = "withdrawLesson", tag = "schedule",
    extensions(("x-permission" = json!("lesson:plan"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/lessons/{id}")]
pub async fn handle(
    permit: Permit<PlanLessons>,
    state: web::Data<State>,
    id: PathId<LessonId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| withdraw_lesson(tx, scope, id.0, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`; a failure of the database.
pub fn withdraw_lesson(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: LessonId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    lesson::lock(tx, &[id])?;
    let before = to_plan(tx.connection(), scope, id)?.saved;
    if_match.check(before.version)?;
    if register::registered(tx.connection(), scope, &[id])?.contains(&id) {
        let detail = "its attendance is registered: a lesson that was not held is cancelled";
        return Err(Refusal::new(Rule::State, detail).into());
    }
    lesson::update_many(tx, scope, &[(before, None)])?;
    Ok(())
}
