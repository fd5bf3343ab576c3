use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ManageClients},
    id::CertificateAuthorityId,
};
use skolhus_persistence::{DatabaseConnection, identity::certificate_authority};

use super::document::CertificateAuthorityDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a certificate authority
///
/// One authority that issues, or has issued, certificates of clients, with its own certificate.
#[utoipa::path(
    operation_id = "getCertificateAuthority", tag = "identity",
    extensions(("x-permission" = json!("client:manage"))),
    params(IdPath),
    responses(
        (status = 200, description = "The authority.", body = CertificateAuthorityDocument,
            headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/certificate-authorities/{id}")]
pub async fn handle(
    permit: Permit<ManageClients>,
    state: web::Data<State>,
    id: PathId<CertificateAuthorityId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_authority(connection, scope, id.0))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_authority(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: CertificateAuthorityId,
) -> Result<CertificateAuthorityDocument, Problem> {
    let saved = certificate_authority::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    Ok(CertificateAuthorityDocument::of(saved))
}
