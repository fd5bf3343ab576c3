use actix_web::{get, web};
use skolhus_domain::access::{Scope, declared::ReadOwnAccesses};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    change::{person_access, person_trail::PersonChangeSort},
};

use super::person_access::PersonAccessDocument;
use crate::http::{
    listing::{List, Listing, NoFilters},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// List openings of one's own record
///
/// When somebody at work opened what is guarded about the person behind the account (their record while it was protected, or
/// what was done with their data), in which role, for which school units and what for; the newest first. Who it was is
/// told by the data protection officer, who decides about it. What the person has read themselves is not among it.
#[utoipa::path(
    operation_id = "listOwnAccesses", tag = "change",
    extensions(("x-permission" = json!("own-access:read"))),
    params(Listing<NoFilters, PersonChangeSort>),
    responses(
        (status = 200, description = "One page of openings.", body = List<PersonAccessDocument>),
        (status = 404, description = "The account is not tied to a person."),
    )
)]
#[get("/v1/me/accesses")]
pub async fn handle(
    permit: Permit<ReadOwnAccesses>,
    state: web::Data<State>,
    listing: Listing<NoFilters, PersonChangeSort>,
) -> Result<web::Json<List<PersonAccessDocument>>, Problem> {
    let (_, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_own_accesses(connection, scope, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`] for an account without a person; a failure of the database.
pub fn list_own_accesses(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    request: &PageRequest<PersonChangeSort>,
) -> Result<Page<PersonAccessDocument>, Problem> {
    let own = scope.person().ok_or_else(Problem::not_found)?;
    let page = person_access::list(connection, scope, own, request)?;
    page.try_map(|opened| Ok(PersonAccessDocument::of(opened)))
}
