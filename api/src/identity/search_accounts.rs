use actix_web::{post, web};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Scope, declared::ManageAccounts},
    person::EmailAddress,
};
use skolhus_persistence::{DatabaseConnection, identity::account};
use utoipa::ToSchema;
use validator::Validate;

use super::account::AccountDocument;
use crate::http::{body::Body, permit::Permit, problem::Problem, state::State};

/// The address that is searched for.
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SearchAccounts {
    /// The whole e-mail address; upper and lower case are the same.
    #[validate(length(min = 1, max = 254))]
    #[schema(example = "asa.oberg@exempel.se", min_length = 1, max_length = 254)]
    pub email: String,
}

/// What a search found.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundAccounts {
    /// The account within reach that has the address: at most one.
    #[schema(max_items = 1)]
    pub data: Vec<AccountDocument>,
}

/// Find an account by e-mail address
///
/// A POST, so that the address stands in no URL and no log. Nobody found and nobody within reach are one answer.
#[utoipa::path(
    operation_id = "searchAccounts", tag = "identity",
    extensions(("x-permission" = json!("account:manage"))),
    request_body(content = SearchAccounts, example = json!({ "email": "asa.oberg@exempel.se" })),
    responses((status = 200, description = "What it found.", body = FoundAccounts))
)]
#[post("/v1/accounts/search")]
pub async fn handle(
    permit: Permit<ManageAccounts>,
    state: web::Data<State>,
    body: Body<SearchAccounts>,
) -> Result<web::Json<FoundAccounts>, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| search_accounts(connection, scope, &body))
        .await?;
    Ok(web::Json(found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`] at `/email`; a failure of the database.
pub fn search_accounts(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    request: &SearchAccounts,
) -> Result<FoundAccounts, Problem> {
    let SearchAccounts { email } = request;
    let email = EmailAddress::new(email).map_err(|refusal| refusal.at("/email"))?;
    let found = account::find_by_address(connection, scope, &email)?;
    Ok(FoundAccounts { data: found.into_iter().map(AccountDocument::of).collect() })
}
