use actix_web::{get, web};
use skolhus_domain::access::{Identity, declared::OwnExternalIdentities};
use skolhus_persistence::identity::external_identity::{self, ExternalIdentityFilter, ExternalIdentitySort};

use super::document::ExternalIdentityDocument;
use crate::http::{
    catalogue::Code,
    listing::{List, Listing, NoFilters},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// List one's own external identities
///
/// With which identity providers one can log in to one's account by the name that they have for one.
#[utoipa::path(
    operation_id = "listOwnExternalIdentities", tag = "identity",
    extensions(("x-permission" = json!("external-identity:own"))),
    params(Listing<NoFilters, ExternalIdentitySort>),
    responses((status = 200, description = "One page.", body = List<ExternalIdentityDocument>))
)]
#[get("/v1/me/external-identities")]
pub async fn handle(
    permit: Permit<OwnExternalIdentities>,
    state: web::Data<State>,
    listing: Listing<NoFilters, ExternalIdentitySort>,
) -> Result<web::Json<List<ExternalIdentityDocument>>, Problem> {
    let Identity::Account(account, _) = permit.identity else {
        return Err(Problem::new(Code::NotPermitted));
    };
    let (_, request, walker) = listing.request(&state, &permit)?;
    let filter = ExternalIdentityFilter { accounts: vec![account], providers: Vec::new() };
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| {
            let page = external_identity::list(connection, scope, &filter, &request)?;
            page.try_map(|saved| Ok::<_, Problem>(ExternalIdentityDocument::of(saved)))
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}
