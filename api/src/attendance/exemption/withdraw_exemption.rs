use actix_web::{HttpResponse, delete, web};
use skolhus_domain::access::{Scope, declared::RegisterAttendance};
use skolhus_persistence::{
    Tx,
    attendance::{exemption, register},
};

use super::{
    super::one_mark::{MarkId, MarkPath},
    get_exemption::get_exemption,
};
use crate::http::{etag::IfMatch, permit::Permit, problem::Problem, state::State};

/// Withdraw a person's exemption from a lesson
///
/// The person is expected in the lesson again. In a closed register nobody is expected anew: it is opened first.
#[utoipa::path(
    operation_id = "withdrawAttendanceExemption", tag = "attendance",
    extensions(("x-permission" = json!("attendance:register"))),
    params(MarkPath),
    responses((status = 204, description = "The person is expected again."))
)]
#[delete("/v1/lessons/{id}/exemptions/{personId}")]
pub async fn handle(
    permit: Permit<RegisterAttendance>,
    state: web::Data<State>,
    id: MarkId,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| withdraw_exemption(tx, scope, id, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`; a failure of the database.
pub fn withdraw_exemption(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: MarkId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    register::lock(tx, id.lesson)?;
    let sheet = register::find(tx.connection(), scope, id.lesson)?.ok_or_else(Problem::not_found)?;
    let version = get_exemption(tx.connection(), scope, id)?.version;
    if_match.check(version)?;
    sheet.register.admit_return()?;
    if let Some(known) = exemption::known(tx, scope, id.lesson, id.person)? {
        exemption::withdraw(tx, known)?;
    }
    Ok(())
}
