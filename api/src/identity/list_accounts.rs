use actix_web::{get, web};
use serde::Deserialize;
use skolhus_domain::access::{Scope, declared::ManageAccounts};
use skolhus_domain::{access::Role, id::Id};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    identity::account::{self, AccountFilter, AccountSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::account::AccountDocument;
use crate::access::RoleName;
use crate::http::{
    listing::{List, Listing, Several, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only of these persons, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    person_id: Option<Several<Uuid>>,
    /// Only with one of these roles, separated by commas.
    #[param(value_type = Option<Vec<RoleName>>, example = "registrar,teacher")]
    role: Option<Several<Role>>,
    /// Only at one of these school units, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    school_unit_id: Option<Several<Uuid>>,
    /// Only those that are disabled, or only those in use.
    disabled: Option<bool>,
}

impl SortKey for AccountSort {
    const KEYS: &'static [(&'static str, Self)] = &[("email", Self::Email), ("modifiedAt", Self::ModifiedAt)];
}

/// List accounts
///
/// The organiser's accounts, by e-mail address unless asked otherwise. To find one by its address, search.
#[utoipa::path(
    operation_id = "listAccounts", tag = "identity",
    extensions(("x-permission" = json!("account:manage"))),
    params(Listing<Filters, AccountSort>),
    responses((status = 200, description = "One page.", body = List<AccountDocument>))
)]
#[get("/v1/accounts")]
pub async fn handle(
    permit: Permit<ManageAccounts>,
    state: web::Data<State>,
    listing: Listing<Filters, AccountSort>,
) -> Result<web::Json<List<AccountDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_accounts(connection, scope, &filters, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_accounts(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<AccountSort>,
) -> Result<Page<AccountDocument>, Problem> {
    let Filters { person_id, role, school_unit_id, disabled } = filters;
    let filter = AccountFilter {
        persons: person_id.iter().flat_map(|ids| ids.0.iter().copied().map(Id::from_uuid)).collect(),
        roles: role.iter().flat_map(|roles| roles.0.iter().copied()).collect(),
        school_units: school_unit_id
            .iter()
            .flat_map(|ids| ids.0.iter().copied().map(Id::from_uuid))
            .collect(),
        disabled: *disabled,
    };
    let page = account::list(connection, scope, &filter, request)?;
    page.try_map(|saved| Ok(AccountDocument::of(saved)))
}
