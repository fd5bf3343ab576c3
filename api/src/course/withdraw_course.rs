use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Reach, Scope, declared::ManageCourses},
    id::CourseId,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{Tx, course::course};

use crate::http::{
    catalogue::Code,
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw a course
///
/// For an entry made by mistake: it leaves the lists and stays in the register as withdrawn. A course
/// that has been offered gets a last day instead.
#[utoipa::path(
    operation_id = "withdrawCourse", tag = "course",
    extensions(("x-permission" = json!("course:manage"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/courses/{id}")]
pub async fn handle(
    permit: Permit<ManageCourses>,
    state: web::Data<State>,
    id: PathId<CourseId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| withdraw_course(tx, scope, id.0, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict` while something hangs on it;
/// a failure of the database.
pub fn withdraw_course(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: CourseId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    if scope.reach() != &Reach::Organiser {
        return Err(Problem::new(Code::NotPermitted));
    }
    course::lock(tx, scope, id)?;
    let before = course::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    if_match.check(before.version)?;
    if course::is_offered(tx.connection(), scope, id)? {
        let detail = "the course has offerings; withdraw them first, or give the course a last day";
        return Err(Refusal::new(Rule::State, detail).into());
    }
    course::withdraw(tx, scope, &before)?;
    Ok(())
}
