use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManageOrganisation},
    id::DayOffId,
};
use skolhus_persistence::{Tx, organisation::day_off};

use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw a day off
///
/// For an entry made by mistake: it leaves the lists and stays in the register as withdrawn. Its days are school
/// days again.
#[utoipa::path(
    operation_id = "withdrawDayOff", tag = "organisation",
    extensions(("x-permission" = json!("organisation:manage"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/days-off/{id}")]
pub async fn handle(
    permit: Permit<ManageOrganisation>,
    state: web::Data<State>,
    id: PathId<DayOffId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| withdraw_day_off(tx, scope, id.0, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`; a failure of the database.
pub fn withdraw_day_off(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: DayOffId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    let before = day_off::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    if_match.check(before.version)?;
    day_off::withdraw_many(tx, scope, &[before])?;
    Ok(())
}
