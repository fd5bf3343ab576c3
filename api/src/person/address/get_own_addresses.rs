use actix_web::{get, web};
use serde::Serialize;
use skolhus_domain::{
    access::{Scope, declared::OwnAccount},
    text::Text,
};
use skolhus_persistence::{Tx, person::address};
use utoipa::ToSchema;

use super::document::AddressDocument;
use crate::http::{permit::Permit, problem::Problem, state::State};

/// Where the caller lives and has lived.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnAddresses {
    /// Every address that is registered, by first day.
    pub addresses: Vec<AddressDocument>,
}

/// Read one's own addresses
///
/// Every address, over time, of the person behind the account, also when they are protected. That it was read is
/// logged.
#[utoipa::path(
    operation_id = "getOwnAddresses", tag = "person",
    extensions(("x-permission" = json!("own-account"))),
    responses(
        (status = 200, description = "The caller's own addresses.", body = OwnAddresses),
        (status = 404, description = "The account is not tied to a person."),
    )
)]
#[get("/v1/me/addresses")]
pub async fn handle(
    permit: Permit<OwnAccount>,
    state: web::Data<State>,
) -> Result<web::Json<OwnAddresses>, Problem> {
    Ok(web::Json(state.database.write(permit.caller(), get_own_addresses).await?))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`] for an account without a person; a failure of the database.
pub fn get_own_addresses(tx: &mut Tx<'_>, scope: &Scope) -> Result<OwnAddresses, Problem> {
    let own = scope.person().ok_or_else(Problem::not_found)?;
    let grant = tx.record_access(&Text::line("the person's own addresses", 500)?, &[own]);
    let addresses = address::open(tx, scope, own, &grant)?;
    Ok(OwnAddresses { addresses: addresses.iter().map(AddressDocument::of).collect() })
}
