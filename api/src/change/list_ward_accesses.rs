use actix_web::{get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadOwnAccesses},
    id::PersonId,
    person::relation::Right,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    change::{person_access, person_trail::PersonChangeSort},
};

use super::person_access::PersonAccessDocument;
use crate::http::{
    listing::{List, Listing, NoFilters},
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// List openings of a ward's record
///
/// As with one's own record, for somebody whom the caller has the right to see; of somebody protected only where the caller
/// is cleared to know of them. What the ward or others who are related have read is not among it.
#[utoipa::path(
    operation_id = "listWardAccesses", tag = "change",
    extensions(("x-permission" = json!("own-access:read"))),
    params(IdPath, Listing<NoFilters, PersonChangeSort>),
    responses((status = 200, description = "One page of openings.", body = List<PersonAccessDocument>))
)]
#[get("/v1/me/wards/{id}/accesses")]
pub async fn handle(
    permit: Permit<ReadOwnAccesses>,
    state: web::Data<State>,
    id: PathId<PersonId>,
    listing: Listing<NoFilters, PersonChangeSort>,
) -> Result<web::Json<List<PersonAccessDocument>>, Problem> {
    let (_, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_ward_accesses(connection, scope, id.0, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`] for somebody whom no relation gives the caller the right to see; a failure of
/// the database.
pub fn list_ward_accesses(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: PersonId,
    request: &PageRequest<PersonChangeSort>,
) -> Result<Page<PersonAccessDocument>, Problem> {
    let ward = scope.wards().iter().find(|ward| ward.person == id && ward.rights.has(Right::See));
    let ward = ward.ok_or_else(Problem::not_found)?;
    let page = person_access::list(connection, scope, ward.person, request)?;
    page.try_map(|opened| Ok(PersonAccessDocument::of(opened)))
}
