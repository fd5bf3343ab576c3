use actix_web::{HttpResponse, delete, web};
use skolhus_domain::access::{Scope, declared::RegisterAttendance};
use skolhus_persistence::Tx;

use super::one_mark::{MarkId, MarkPath, change};
use crate::http::{etag::IfMatch, permit::Permit, problem::Problem, state::State};

/// Take one person's attendance in a lesson away
///
/// For a mark that was entered by mistake: then nothing is registered of the person. Where there is no mark it changes
/// nothing.
#[utoipa::path(
    operation_id = "removeAttendanceMark", tag = "attendance",
    extensions(("x-permission" = json!("attendance:register"))),
    params(MarkPath),
    responses((status = 204, description = "Nothing is registered of the person."))
)]
#[delete("/v1/lessons/{id}/attendance/{personId}")]
pub async fn handle(
    permit: Permit<RegisterAttendance>,
    state: web::Data<State>,
    id: MarkId,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state.database.write(permit.caller(), move |tx, scope| remove_mark(tx, scope, id, &if_match)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`; a failure of the database.
pub fn remove_mark(tx: &mut Tx<'_>, scope: &Scope, id: MarkId, if_match: &IfMatch) -> Result<(), Problem> {
    change(tx, scope, id, if_match, |register, occasion| register.unmark(id.person, occasion))?;
    Ok(())
}
