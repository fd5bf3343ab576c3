use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::CertifyEducationBackground},
    id::PersonId,
};
use skolhus_persistence::{Tx, education_background};

use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw an education background
///
/// A mistaken entry, such as one that belongs to somebody else: what was stated and certified is gone from the register, and stays
/// in the log.
#[utoipa::path(
    operation_id = "withdrawEducationBackground", tag = "education-background",
    extensions(("x-permission" = json!("education-background:certify"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/persons/{id}/education-background")]
pub async fn handle(
    permit: Permit<CertifyEducationBackground>,
    state: web::Data<State>,
    id: PathId<PersonId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| withdraw_education_background(tx, scope, id.0, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`; a failure of the database.
pub fn withdraw_education_background(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: PersonId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    education_background::lock(tx, &[id])?;
    let found = education_background::find(tx.connection(), scope, id)?;
    let known = found.and_then(|found| found.saved).ok_or_else(Problem::not_found)?;
    if_match.check(known.version)?;
    Ok(education_background::withdraw(tx, scope, &known)?)
}
