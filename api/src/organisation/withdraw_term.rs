use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManageOrganisation},
    id::TermId,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Tx,
    organisation::{day_off, term},
};

use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw a term
///
/// For an entry made by mistake: it leaves the lists, with its days off, and stays in the register as withdrawn.
/// A term that a course offering runs in is not withdrawn.
#[utoipa::path(
    operation_id = "withdrawTerm", tag = "organisation",
    extensions(("x-permission" = json!("organisation:manage"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/terms/{id}")]
pub async fn handle(
    permit: Permit<ManageOrganisation>,
    state: web::Data<State>,
    id: PathId<TermId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state.database.write(permit.caller(), move |tx, scope| withdraw_term(tx, scope, id.0, &if_match)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`; a failure of the database.
pub fn withdraw_term(tx: &mut Tx<'_>, scope: &Scope, id: TermId, if_match: &IfMatch) -> Result<(), Problem> {
    let before = term::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    if_match.check(before.version)?;
    term::lock(tx, id)?;
    if term::is_used(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::State, "course offerings run in the term").into());
    }
    let days_off = day_off::of_terms(tx.connection(), scope, &[id])?;
    day_off::withdraw_many(tx, scope, &days_off)?;
    term::withdraw(tx, scope, &before)?;
    Ok(())
}
