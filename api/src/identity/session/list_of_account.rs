use actix_web::{get, web};
use skolhus_domain::{access::declared::ManageAccounts, id::AccountId};
use skolhus_persistence::identity::{
    account,
    session::{self, SessionSort},
};

use super::document::{Filters, SessionInUse};
use crate::http::{
    listing::{List, Listing},
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// List an account's sessions
///
/// Where somebody is logged in with the account: its sessions that can go on.
#[utoipa::path(
    operation_id = "listAccountSessions", tag = "identity",
    extensions(("x-permission" = json!("account:manage"))),
    params(IdPath, Listing<Filters, SessionSort>),
    responses((status = 200, description = "One page of sessions.", body = List<SessionInUse>))
)]
#[get("/v1/accounts/{id}/sessions")]
pub async fn handle(
    permit: Permit<ManageAccounts>,
    state: web::Data<State>,
    id: PathId<AccountId>,
    listing: Listing<Filters, SessionSort>,
) -> Result<web::Json<List<SessionInUse>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let kinds = filters.kinds()?;
    let logins = state.logins.clone();
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| {
            account::find(connection, scope, id.0)?.ok_or_else(Problem::not_found)?;
            let page = session::list(connection, scope, id.0, &kinds, &request)?;
            page.try_map(|found| Ok::<_, Problem>(SessionInUse::of(found, scope, &logins)))
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}
