use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ManageIdentityProviders},
    id::ExternalIdentityId,
};
use skolhus_persistence::{DatabaseConnection, identity::external_identity};

use super::document::ExternalIdentityDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read an external identity
///
/// What an identity provider calls the owner of an account.
#[utoipa::path(
    operation_id = "getExternalIdentity", tag = "identity",
    extensions(("x-permission" = json!("identity-provider:manage"))),
    params(IdPath),
    responses(
        (status = 200, description = "The binding.", body = ExternalIdentityDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/external-identities/{id}")]
pub async fn handle(
    permit: Permit<ManageIdentityProviders>,
    state: web::Data<State>,
    id: PathId<ExternalIdentityId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let read =
        move |connection: &mut DatabaseConnection, scope: &Scope| get_identity(connection, scope, id.0);
    let found = state.database.read(permit.caller(), read).await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub(super) fn get_identity(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: ExternalIdentityId,
) -> Result<ExternalIdentityDocument, Problem> {
    let saved = external_identity::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    Ok(ExternalIdentityDocument::of(saved))
}
