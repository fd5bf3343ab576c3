use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManageOrganisation},
    id::SiteId,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{Tx, organisation::site};

use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw a site
///
/// For an entry made by mistake: it leaves the lists and stays in the register as withdrawn. A site that is no longer
/// used gets a last day instead. A site of a course offering is not withdrawn.
#[utoipa::path(
    operation_id = "withdrawSite", tag = "organisation",
    extensions(("x-permission" = json!("organisation:manage"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/sites/{id}")]
pub async fn handle(
    permit: Permit<ManageOrganisation>,
    state: web::Data<State>,
    id: PathId<SiteId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state.database.write(permit.caller(), move |tx, scope| withdraw_site(tx, scope, id.0, &if_match)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`; a failure of the database.
pub fn withdraw_site(tx: &mut Tx<'_>, scope: &Scope, id: SiteId, if_match: &IfMatch) -> Result<(), Problem> {
    let before = site::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    if_match.check(before.version)?;
    if site::is_used(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::State, "course offerings are held at the site").into());
    }
    site::withdraw(tx, scope, &before)?;
    Ok(())
}
