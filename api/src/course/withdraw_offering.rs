use std::collections::BTreeMap;

use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManageCourses},
    id::OfferingId,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Tx,
    course::{offering, teacher},
};

use crate::{
    group::take_groups_off,
    http::{
        etag::IfMatch,
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId},
        state::State,
    },
};

/// Withdraw a course offering
///
/// For an entry made by mistake, before anyone takes part: it leaves the lists and stays in the
/// register as withdrawn.
#[utoipa::path(
    operation_id = "withdrawCourseOffering", tag = "course",
    extensions(("x-permission" = json!("course:manage"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/course-offerings/{id}")]
pub async fn handle(
    permit: Permit<ManageCourses>,
    state: web::Data<State>,
    id: PathId<OfferingId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| withdraw_offering(tx, scope, id.0, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict` while something hangs on it;
/// a failure of the database.
pub fn withdraw_offering(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: OfferingId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    offering::lock(tx, scope, id)?;
    let before = offering::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    if_match.check(before.version)?;
    if offering::has_participations(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::State, "the offering has participations; withdraw them first").into());
    }
    if !offering::parts_of(tx.connection(), scope, &[id])?.is_empty() {
        return Err(Refusal::new(Rule::State, "other offerings are parts of it; withdraw them first").into());
    }
    take_groups_off(tx, scope, id)?;
    teacher::save_sets(tx, scope, &BTreeMap::from([(id, Vec::new())]))?;
    offering::withdraw(tx, scope, &before)?;
    Ok(())
}
