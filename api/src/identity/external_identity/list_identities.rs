use actix_web::{get, web};
use serde::Deserialize;
use skolhus_domain::{access::declared::ManageIdentityProviders, id::Id};
use skolhus_persistence::identity::external_identity::{self, ExternalIdentityFilter, ExternalIdentitySort};
use utoipa::IntoParams;
use uuid::Uuid;

use super::document::ExternalIdentityDocument;
use crate::http::{
    listing::{List, Listing, Several, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which external identities.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only of these accounts, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    account_id: Option<Several<Uuid>>,
    /// Only at these providers, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000b4")]
    identity_provider_id: Option<Several<Uuid>>,
}

impl SortKey for ExternalIdentitySort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("createdAt", Self::CreatedAt), ("modifiedAt", Self::ModifiedAt)];
}

/// List external identities
///
/// What identity providers call the owners of accounts, the oldest first unless asked otherwise. Those of persons with protected
/// personal data are left out.
#[utoipa::path(
    operation_id = "listExternalIdentities", tag = "identity",
    extensions(("x-permission" = json!("identity-provider:manage"))),
    params(Listing<Filters, ExternalIdentitySort>),
    responses((status = 200, description = "One page.", body = List<ExternalIdentityDocument>))
)]
#[get("/v1/external-identities")]
pub async fn handle(
    permit: Permit<ManageIdentityProviders>,
    state: web::Data<State>,
    listing: Listing<Filters, ExternalIdentitySort>,
) -> Result<web::Json<List<ExternalIdentityDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let Filters { account_id, identity_provider_id } = filters;
    let filter = ExternalIdentityFilter {
        accounts: account_id.iter().flat_map(|ids| ids.0.iter().copied().map(Id::from_uuid)).collect(),
        providers: identity_provider_id
            .iter()
            .flat_map(|ids| ids.0.iter().copied().map(Id::from_uuid))
            .collect(),
    };
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| {
            let page = external_identity::list(connection, scope, &filter, &request)?;
            page.try_map(|saved| Ok::<_, Problem>(ExternalIdentityDocument::of(saved)))
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}
