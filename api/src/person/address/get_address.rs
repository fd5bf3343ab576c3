use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadAddresses},
    id::AddressId,
};
use skolhus_persistence::{DatabaseConnection, person::address};

use super::document::AddressDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read an address
///
/// One address of a person during a period.
#[utoipa::path(
    operation_id = "getAddress", tag = "person",
    extensions(("x-permission" = json!("address:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The address.", body = AddressDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/addresses/{id}")]
pub async fn handle(
    permit: Permit<ReadAddresses>,
    state: web::Data<State>,
    id: PathId<AddressId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_address(connection, scope, id.0))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_address(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: AddressId,
) -> Result<AddressDocument, Problem> {
    let saved = address::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    Ok(AddressDocument::of(&saved))
}
