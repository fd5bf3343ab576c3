use actix_web::{get, web};
use serde::Deserialize;
use skolhus_domain::access::{Scope, declared::ManageClients};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    identity::client::{self, ClientFilter, ClientSort},
};
use utoipa::IntoParams;

use super::client::ClientDocument;
use crate::http::{
    listing::{List, Listing, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Words of the name, each by its beginning; upper and lower case are the same.
    #[param(example = "schema", max_length = 200)]
    name: Option<String>,
    /// Only those that are disabled, or only those in use.
    disabled: Option<bool>,
}

impl SortKey for ClientSort {
    const KEYS: &'static [(&'static str, Self)] = &[("name", Self::Name), ("modifiedAt", Self::ModifiedAt)];
}

/// List clients
///
/// The organiser's integrators' clients, by name in Swedish order unless asked otherwise.
#[utoipa::path(
    operation_id = "listClients", tag = "identity",
    extensions(("x-permission" = json!("client:manage"))),
    params(Listing<Filters, ClientSort>),
    responses((status = 200, description = "One page.", body = List<ClientDocument>))
)]
#[get("/v1/clients")]
pub async fn handle(
    permit: Permit<ManageClients>,
    state: web::Data<State>,
    listing: Listing<Filters, ClientSort>,
) -> Result<web::Json<List<ClientDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_clients(connection, scope, &filters, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_clients(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<ClientSort>,
) -> Result<Page<ClientDocument>, Problem> {
    let Filters { name, disabled } = filters;
    let filter = ClientFilter { name: name.clone(), disabled: *disabled };
    let page = client::list(connection, scope, &filter, request)?;
    page.try_map(|saved| Ok(ClientDocument::of(saved)))
}
