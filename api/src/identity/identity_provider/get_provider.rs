use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ManageIdentityProviders},
    id::IdentityProviderId,
};
use skolhus_persistence::{DatabaseConnection, identity::identity_provider};

use super::document::IdentityProviderDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read an identity provider
///
/// One of the organiser's identity providers, without its secret.
#[utoipa::path(
    operation_id = "getIdentityProvider", tag = "identity",
    extensions(("x-permission" = json!("identity-provider:manage"))),
    params(IdPath),
    responses(
        (status = 200, description = "The provider.", body = IdentityProviderDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/identity-providers/{id}")]
pub async fn handle(
    permit: Permit<ManageIdentityProviders>,
    state: web::Data<State>,
    id: PathId<IdentityProviderId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let read =
        move |connection: &mut DatabaseConnection, scope: &Scope| get_provider(connection, scope, id.0);
    let found = state.database.read(permit.caller(), read).await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub(super) fn get_provider(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: IdentityProviderId,
) -> Result<IdentityProviderDocument, Problem> {
    let saved = identity_provider::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    Ok(IdentityProviderDocument::of(&saved))
}
