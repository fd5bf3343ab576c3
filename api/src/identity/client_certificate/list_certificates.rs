use actix_web::{get, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageClientCertificates},
    id::ClientId,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    identity::{
        client,
        client_certificate::{self, ClientCertificateSort},
    },
};
use utoipa::IntoParams;

use super::document::ClientCertificateDocument;
use crate::http::{
    listing::{List, Listing, SortKey},
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

impl SortKey for ClientCertificateSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("expiresAt", Self::ExpiresAt), ("createdAt", Self::CreatedAt), ("modifiedAt", Self::ModifiedAt)];
}

/// Which of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CertificateFilters {
    /// Only those that were revoked, or only those that were not.
    revoked: Option<bool>,
}

/// List a client's certificates
///
/// Every certificate of an integrator's client, expired and revoked ones among them, in the order in which they expire
/// unless asked otherwise. A client lists its own. 60, 30 and 7 days before one expires it becomes a new version, of which
/// webhooks tell.
#[utoipa::path(
    operation_id = "listClientCertificates", tag = "identity",
    extensions(("x-permission" = json!("client-certificate:manage"))),
    params(IdPath, Listing<CertificateFilters, ClientCertificateSort>),
    responses((status = 200, description = "One page of certificates.", body = List<ClientCertificateDocument>))
)]
#[get("/v1/clients/{id}/certificates")]
pub async fn handle(
    permit: Permit<ManageClientCertificates>,
    state: web::Data<State>,
    id: PathId<ClientId>,
    listing: Listing<CertificateFilters, ClientCertificateSort>,
) -> Result<web::Json<List<ClientCertificateDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| {
            list_certificates(connection, scope, id.0, filters.revoked, &request)
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn list_certificates(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    client: ClientId,
    revoked: Option<bool>,
    request: &PageRequest<ClientCertificateSort>,
) -> Result<Page<ClientCertificateDocument>, Problem> {
    client::find(connection, scope, client)?.ok_or_else(Problem::not_found)?;
    let page = client_certificate::list(connection, scope, client, revoked, request)?;
    page.try_map(|saved| Ok(ClientCertificateDocument::of(&saved)))
}
