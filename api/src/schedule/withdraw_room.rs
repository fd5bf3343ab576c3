use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManageOrganisation},
    id::RoomId,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{Tx, schedule::room};

use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw a room
///
/// For an entry made by mistake: it leaves the lists and stays in the register as withdrawn. A room in which there are
/// lessons is not withdrawn.
#[utoipa::path(
    operation_id = "withdrawRoom", tag = "schedule",
    extensions(("x-permission" = json!("organisation:manage"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/rooms/{id}")]
pub async fn handle(
    permit: Permit<ManageOrganisation>,
    state: web::Data<State>,
    id: PathId<RoomId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state.database.write(permit.caller(), move |tx, scope| withdraw_room(tx, scope, id.0, &if_match)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`; a failure of the database.
pub fn withdraw_room(tx: &mut Tx<'_>, scope: &Scope, id: RoomId, if_match: &IfMatch) -> Result<(), Problem> {
    let before = room::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    if_match.check(before.version)?;
    if room::is_used(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::State, "there are lessons in the room").into());
    }
    room::withdraw(tx, scope, &before)?;
    Ok(())
}
