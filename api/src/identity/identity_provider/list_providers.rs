use actix_web::{get, web};
use serde::Deserialize;
use skolhus_domain::access::declared::ManageIdentityProviders;
use skolhus_persistence::identity::identity_provider::{self, IdentityProviderSort};
use utoipa::IntoParams;

use super::document::IdentityProviderDocument;
use crate::http::{
    listing::{List, Listing, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which identity providers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only those in use, or only those that are not.
    #[param(example = true)]
    enabled: Option<bool>,
}

impl SortKey for IdentityProviderSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("createdAt", Self::CreatedAt), ("modifiedAt", Self::ModifiedAt)];
}

/// List identity providers
///
/// The organiser's identity providers, without their secrets, the oldest first unless asked otherwise.
#[utoipa::path(
    operation_id = "listIdentityProviders", tag = "identity",
    extensions(("x-permission" = json!("identity-provider:manage"))),
    params(Listing<Filters, IdentityProviderSort>),
    responses((status = 200, description = "One page of providers.", body = List<IdentityProviderDocument>))
)]
#[get("/v1/identity-providers")]
pub async fn handle(
    permit: Permit<ManageIdentityProviders>,
    state: web::Data<State>,
    listing: Listing<Filters, IdentityProviderSort>,
) -> Result<web::Json<List<IdentityProviderDocument>>, Problem> {
    let (Filters { enabled }, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| {
            let page = identity_provider::list(connection, scope, enabled, &request)?;
            page.try_map(|saved| Ok::<_, Problem>(IdentityProviderDocument::of(&saved)))
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}
