use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManageParticipations},
    id::ParticipationId,
    participation::Origin,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{Tx, participation};

use super::in_step::follow;
use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw a participation
///
/// For an entry made by mistake: it leaves the lists, gives back its place, and stays in the
/// register as withdrawn. Somebody who gives up the place is cancelled, somebody who leaves is
/// interrupted. One that follows groups goes with the membership.
#[utoipa::path(
    operation_id = "withdrawParticipation", tag = "participation",
    extensions(("x-permission" = json!("participation:manage"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/participations/{id}")]
pub async fn handle(
    permit: Permit<ManageParticipations>,
    state: web::Data<State>,
    id: PathId<ParticipationId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| withdraw_participation(tx, scope, id.0, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict` for one that follows groups; a failure of the
/// database.
pub fn withdraw_participation(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ParticipationId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    let before = participation::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    if_match.check(before.version)?;
    if before.value.origin() == Origin::Groups {
        let detail = "it follows groups: withdraw the membership, or make an exception";
        return Err(Refusal::new(Rule::State, detail).into());
    }
    participation::withdraw(tx, scope, &before)?;
    follow(tx, scope, &[before.value.offering()], &[before.value.person()])?;
    Ok(())
}
