use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManageParticipations},
    id::ParticipationExceptionId,
};
use skolhus_persistence::{Tx, participation};

use super::{
    get_exception::find,
    in_step::{keep_in_step, refuse},
};
use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw an exception
///
/// For an entry made by mistake: it leaves the lists and stays in the register as withdrawn; the
/// person's participations follow the groups alone again. An exception that is over gets a last day
/// instead.
#[utoipa::path(
    operation_id = "withdrawParticipationException", tag = "participation",
    extensions(("x-permission" = json!("participation:manage"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/participation-exceptions/{id}")]
pub async fn handle(
    permit: Permit<ManageParticipations>,
    state: web::Data<State>,
    id: PathId<ParticipationExceptionId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| withdraw_exception(tx, scope, id.0, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict` where the participation cannot follow; a
/// failure of the database.
pub fn withdraw_exception(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ParticipationExceptionId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    let seen = find(tx.connection(), scope, id)?.saved;
    let (offering, person) = (seen.value.offering, seen.value.person);
    participation::lock_offerings(tx, &[offering])?;
    let before = find(tx.connection(), scope, id)?.saved;
    if_match.check(before.version)?;
    participation::update_exception(tx, scope, &before, None)?;
    refuse(keep_in_step(tx, scope, &[offering], Some(&[person]))?, |_| String::new())
}
