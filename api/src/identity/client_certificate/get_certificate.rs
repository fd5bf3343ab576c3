use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::access::{Scope, declared::ManageClientCertificates};
use skolhus_persistence::{
    DatabaseConnection,
    identity::{client, client_certificate},
};

use super::{
    document::ClientCertificateDocument,
    path::{CertificateId, CertificatePath},
};
use crate::http::{permit::Permit, problem::Problem, resource::show, state::State};

/// Read a client's certificate
///
/// One certificate of an integrator's client, expired or revoked ones too. A client reads its own.
#[utoipa::path(
    operation_id = "getClientCertificate", tag = "identity",
    extensions(("x-permission" = json!("client-certificate:manage"))),
    params(CertificatePath),
    responses(
        (status = 200, description = "The certificate.", body = ClientCertificateDocument,
            headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/clients/{id}/certificates/{certificateId}")]
pub async fn handle(
    permit: Permit<ManageClientCertificates>,
    state: web::Data<State>,
    id: CertificateId,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_certificate(connection, scope, id))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_certificate(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: CertificateId,
) -> Result<ClientCertificateDocument, Problem> {
    client::find(connection, scope, id.client)?.ok_or_else(Problem::not_found)?;
    let saved = client_certificate::find(connection, scope, id.client, id.certificate)?;
    Ok(ClientCertificateDocument::of(&saved.ok_or_else(Problem::not_found)?))
}
