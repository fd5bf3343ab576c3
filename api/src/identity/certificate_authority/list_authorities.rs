use actix_web::{get, web};
use skolhus_domain::access::{Scope, declared::ManageClients};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    identity::certificate_authority::{self, CertificateAuthoritySort},
};

use super::document::CertificateAuthorityDocument;
use crate::http::{
    listing::{List, Listing, NoFilters, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

impl SortKey for CertificateAuthoritySort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("createdAt", Self::CreatedAt), ("modifiedAt", Self::ModifiedAt)];
}

/// List certificate authorities
///
/// The authorities whose certificates clients show who they are with, the oldest first unless asked otherwise. The newest
/// issues; the others have issued before. The operator loads one of the organiser's, and withdraws any, on the command line.
#[utoipa::path(
    operation_id = "listCertificateAuthorities", tag = "identity",
    extensions(("x-permission" = json!("client:manage"))),
    params(Listing<NoFilters, CertificateAuthoritySort>),
    responses((status = 200, description = "One page of authorities.", body = List<CertificateAuthorityDocument>))
)]
#[get("/v1/certificate-authorities")]
pub async fn handle(
    permit: Permit<ManageClients>,
    state: web::Data<State>,
    listing: Listing<NoFilters, CertificateAuthoritySort>,
) -> Result<web::Json<List<CertificateAuthorityDocument>>, Problem> {
    let (_, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_authorities(connection, scope, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_authorities(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    request: &PageRequest<CertificateAuthoritySort>,
) -> Result<Page<CertificateAuthorityDocument>, Problem> {
    let page = certificate_authority::list(connection, scope, request)?;
    page.try_map(|saved| Ok(CertificateAuthorityDocument::of(saved)))
}
