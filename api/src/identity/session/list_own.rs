use actix_web::{get, web};
use skolhus_domain::access::{Identity, declared::OwnAccount};
use skolhus_persistence::identity::session::{self, SessionSort};

use super::document::{Filters, SessionInUse};
use crate::http::{
    catalogue::Code,
    listing::{List, Listing},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// List one's own sessions
///
/// Where one is logged in: the sessions of the account that can go on. Tokens that the operator made belong to none.
#[utoipa::path(
    operation_id = "listOwnSessions", tag = "identity",
    extensions(("x-permission" = json!("own-account"))),
    params(Listing<Filters, SessionSort>),
    responses((status = 200, description = "One page of sessions.", body = List<SessionInUse>))
)]
#[get("/v1/me/sessions")]
pub async fn handle(
    permit: Permit<OwnAccount>,
    state: web::Data<State>,
    listing: Listing<Filters, SessionSort>,
) -> Result<web::Json<List<SessionInUse>>, Problem> {
    let Identity::Account(id, _) = permit.identity else {
        return Err(Problem::new(Code::NotPermitted));
    };
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let kinds = filters.kinds()?;
    let logins = state.logins.clone();
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| {
            let page = session::list(connection, scope, id, &kinds, &request)?;
            page.try_map(|found| Ok::<_, Problem>(SessionInUse::of(found, scope, &logins)))
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}
