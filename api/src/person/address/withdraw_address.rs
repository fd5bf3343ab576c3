use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManagePersons},
    id::AddressId,
};
use skolhus_persistence::{Tx, person::address};

use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw an address
///
/// For an entry made by mistake: it leaves the lists and stays in the register as withdrawn. What it ended stays
/// ended, until that is corrected.
#[utoipa::path(
    operation_id = "withdrawAddress", tag = "person",
    extensions(("x-permission" = json!("person:manage"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/addresses/{id}")]
pub async fn handle(
    permit: Permit<ManagePersons>,
    state: web::Data<State>,
    id: PathId<AddressId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| withdraw_address(tx, scope, id.0, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`; a failure of the database.
pub fn withdraw_address(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: AddressId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    let before = address::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    if_match.check(before.version)?;
    address::withdraw(tx, scope, before)?;
    Ok(())
}
