use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadOrganisation},
    id::SiteId,
};
use skolhus_persistence::{DatabaseConnection, organisation::site};

use super::site::SiteDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a site
///
/// One site (filial) of a school unit.
#[utoipa::path(
    operation_id = "getSite", tag = "organisation",
    extensions(("x-permission" = json!("organisation:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The site.", body = SiteDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/sites/{id}")]
pub async fn handle(
    permit: Permit<ReadOrganisation>,
    state: web::Data<State>,
    id: PathId<SiteId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_site(connection, scope, id.0))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_site(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: SiteId,
) -> Result<SiteDocument, Problem> {
    let saved = site::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    Ok(SiteDocument::of(saved))
}
