use actix_web::{get, web};
use serde::Deserialize;
use skolhus_domain::access::declared::ManageTokenIssuers;
use skolhus_persistence::identity::token_issuer::{self, TokenIssuerSort};
use utoipa::IntoParams;

use super::document::TokenIssuerDocument;
use crate::http::{
    listing::{List, Listing, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which issuers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only those whose tokens are accepted, or only the others.
    #[param(example = true)]
    enabled: Option<bool>,
}

impl SortKey for TokenIssuerSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("createdAt", Self::CreatedAt), ("modifiedAt", Self::ModifiedAt)];
}

/// List issuers of tokens
///
/// The issuers whose tokens stand for the organiser's clients, the oldest first unless asked otherwise.
#[utoipa::path(
    operation_id = "listTokenIssuers", tag = "identity",
    extensions(("x-permission" = json!("token-issuer:manage"))),
    params(Listing<Filters, TokenIssuerSort>),
    responses((status = 200, description = "One page of issuers.", body = List<TokenIssuerDocument>))
)]
#[get("/v1/token-issuers")]
pub async fn handle(
    permit: Permit<ManageTokenIssuers>,
    state: web::Data<State>,
    listing: Listing<Filters, TokenIssuerSort>,
) -> Result<web::Json<List<TokenIssuerDocument>>, Problem> {
    let (Filters { enabled }, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| {
            let page = token_issuer::list(connection, scope, enabled, &request)?;
            page.try_map(|saved| Ok::<_, Problem>(TokenIssuerDocument::of(saved)))
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}
