use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManagePersons},
    id::PersonId,
};
use skolhus_persistence::{Tx, person};

use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw a person
///
/// For an entry made by mistake: it leaves the lists and stays in the register as withdrawn, its
/// numbers and identifiers become free. A number from it that is entered again is reviewed.
#[utoipa::path(
    operation_id = "withdrawPerson", tag = "person",
    extensions(("x-permission" = json!("person:manage"))),
    params(IdPath),
    responses((status = 204, description = "The entry is withdrawn."))
)]
#[delete("/v1/persons/{id}")]
pub async fn handle(
    permit: Permit<ManagePersons>,
    state: web::Data<State>,
    id: PathId<PersonId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| withdraw_person(tx, scope, id.0, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`; a failure of the database.
pub fn withdraw_person(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: PersonId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    let saved = person::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    if_match.check(saved.version)?;
    person::withdraw(tx, scope, id, saved.version)?;
    Ok(())
}
