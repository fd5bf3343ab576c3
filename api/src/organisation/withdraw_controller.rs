use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManageOrganisation},
    id::ControllerId,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{Tx, organisation::controller};

use super::whole_organiser;
use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw a controller
///
/// For an entry made by mistake: it leaves the lists and stays in the register as withdrawn. A controller to which a
/// school unit belongs is not withdrawn.
#[utoipa::path(
    operation_id = "withdrawController", tag = "organisation",
    extensions(("x-permission" = json!("organisation:manage"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/controllers/{id}")]
pub async fn handle(
    permit: Permit<ManageOrganisation>,
    state: web::Data<State>,
    id: PathId<ControllerId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| withdraw_controller(tx, scope, id.0, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `NotPermitted`, `Stale`, `Conflict`; a failure of the database.
pub fn withdraw_controller(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ControllerId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    let before = controller::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    whole_organiser(scope)?;
    if_match.check(before.version)?;
    if controller::is_used(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::State, "school units belong to the controller").into());
    }
    controller::withdraw(tx, scope, &before)?;
    Ok(())
}
