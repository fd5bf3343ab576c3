use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManageOrganisation},
    id::SchoolUnitId,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{Tx, organisation::school_unit};

use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw a school unit
///
/// For an entry made by mistake: it leaves the lists and stays in the register as withdrawn.
/// A unit that has ceased to exist gets a last day instead. A unit to which anything belongs is not withdrawn.
#[utoipa::path(
    operation_id = "withdrawSchoolUnit", tag = "organisation",
    extensions(("x-permission" = json!("organisation:manage"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/school-units/{id}")]
pub async fn handle(
    permit: Permit<ManageOrganisation>,
    state: web::Data<State>,
    id: PathId<SchoolUnitId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| withdraw_school_unit(tx, scope, id.0, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`; a failure of the database.
pub fn withdraw_school_unit(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: SchoolUnitId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    let before = school_unit::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    if_match.check(before.version)?;
    school_unit::lock(tx, id)?;
    if let Some(what) = school_unit::used_by(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::State, format!("{what} belong to the school unit")).into());
    }
    school_unit::withdraw(tx, scope, &before)?;
    Ok(())
}
