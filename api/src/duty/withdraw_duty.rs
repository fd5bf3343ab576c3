use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManageDuties},
    id::DutyId,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{Tx, duty};

use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw a duty
///
/// For an entry made by mistake: it leaves the lists and stays in the register as withdrawn. A duty
/// that has ended gets a last day instead.
#[utoipa::path(
    operation_id = "withdrawDuty", tag = "duty",
    extensions(("x-permission" = json!("duty:manage"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/duties/{id}")]
pub async fn handle(
    permit: Permit<ManageDuties>,
    state: web::Data<State>,
    id: PathId<DutyId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state.database.write(permit.caller(), move |tx, scope| withdraw_duty(tx, scope, id.0, &if_match)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict` while something hangs on it;
/// a failure of the database.
pub fn withdraw_duty(tx: &mut Tx<'_>, scope: &Scope, id: DutyId, if_match: &IfMatch) -> Result<(), Problem> {
    let before = duty::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    duty::lock_unit(tx, scope, before.value.school_unit)?;
    let before = duty::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    if_match.check(before.version)?;
    if let Some(days) = duty::days_of_work(tx.connection(), scope, id)? {
        let detail = format!("the duty works {days}; take it out of those course offerings and groups first");
        return Err(Refusal::new(Rule::State, detail).into());
    }
    duty::withdraw(tx, scope, &before)?;
    Ok(())
}
