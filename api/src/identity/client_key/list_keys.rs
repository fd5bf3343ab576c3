use actix_web::{get, web};
use skolhus_domain::{
    access::{Scope, declared::ManageClients},
    id::ClientId,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    identity::{
        client,
        client_key::{self, ClientKeySort},
    },
};

use super::document::ClientKeyDocument;
use crate::http::{
    listing::{List, Listing, NoFilters, SortKey},
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

impl SortKey for ClientKeySort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("createdAt", Self::CreatedAt), ("modifiedAt", Self::ModifiedAt)];
}

/// List a client's keys
///
/// The public keys of an integrator's client, expired ones among them, the oldest first unless asked otherwise.
#[utoipa::path(
    operation_id = "listClientKeys", tag = "identity",
    extensions(("x-permission" = json!("client:manage"))),
    params(IdPath, Listing<NoFilters, ClientKeySort>),
    responses((status = 200, description = "One page of keys.", body = List<ClientKeyDocument>))
)]
#[get("/v1/clients/{id}/keys")]
pub async fn handle(
    permit: Permit<ManageClients>,
    state: web::Data<State>,
    id: PathId<ClientId>,
    listing: Listing<NoFilters, ClientKeySort>,
) -> Result<web::Json<List<ClientKeyDocument>>, Problem> {
    let (_, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_keys(connection, scope, id.0, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn list_keys(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    client: ClientId,
    request: &PageRequest<ClientKeySort>,
) -> Result<Page<ClientKeyDocument>, Problem> {
    client::find(connection, scope, client)?.ok_or_else(Problem::not_found)?;
    let page = client_key::list(connection, scope, client, request)?;
    page.try_map(|saved| Ok(ClientKeyDocument::of(&saved)))
}
