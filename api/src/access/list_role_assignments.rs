use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::access::{Scope, declared::ManageAccounts};
use skolhus_domain::{access::Role, id::Id};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    identity::role_assignment::{self, RoleAssignmentFilter, RoleAssignmentSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::role_assignment::{RoleAssignmentDocument, RoleName};
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
    /// Only of these accounts, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    account_id: Option<Several<Uuid>>,
    /// Only with one of these roles, separated by commas.
    #[param(value_type = Option<Vec<RoleName>>, example = "registrar,teacher")]
    role: Option<Several<Role>>,
    /// Only at one of these school units, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    school_unit_id: Option<Several<Uuid>>,
    /// Only those in force on this day.
    #[param(example = "2026-08-17")]
    valid_on: Option<NaiveDate>,
}

impl SortKey for RoleAssignmentSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("validFrom", Self::ValidFrom), ("modifiedAt", Self::ModifiedAt)];
}

/// List role assignments
///
/// The roles given to accounts, by their first day unless asked otherwise.
#[utoipa::path(
    operation_id = "listRoleAssignments", tag = "access",
    extensions(("x-permission" = json!("account:manage"))),
    params(Listing<Filters, RoleAssignmentSort>),
    responses((status = 200, description = "One page.", body = List<RoleAssignmentDocument>))
)]
#[get("/v1/role-assignments")]
pub async fn handle(
    permit: Permit<ManageAccounts>,
    state: web::Data<State>,
    listing: Listing<Filters, RoleAssignmentSort>,
) -> Result<web::Json<List<RoleAssignmentDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| {
            list_role_assignments(connection, scope, &filters, &request)
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_role_assignments(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<RoleAssignmentSort>,
) -> Result<Page<RoleAssignmentDocument>, Problem> {
    let Filters { account_id, role, school_unit_id, valid_on } = filters;
    let filter = RoleAssignmentFilter {
        accounts: account_id.iter().flat_map(|ids| ids.0.iter().copied().map(Id::from_uuid)).collect(),
        roles: role.iter().flat_map(|roles| roles.0.iter().copied()).collect(),
        school_units: school_unit_id
            .iter()
            .flat_map(|ids| ids.0.iter().copied().map(Id::from_uuid))
            .collect(),
        valid_on: *valid_on,
    };
    let page = role_assignment::list(connection, scope, &filter, request)?;
    page.try_map(|saved| Ok(RoleAssignmentDocument::of(saved)))
}
