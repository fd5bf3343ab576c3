use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadGroups},
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    group::membership::{self, MembershipFilter, MembershipSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::membership_document::MembershipDocument;
use crate::http::{
    listing::{List, Listing, Several, SortKey, day, values},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which memberships.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only in these groups, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-000000000071")]
    group_id: Option<Several<Uuid>>,
    /// Only of these persons, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    person_id: Option<Several<Uuid>>,
    /// Only in groups of these school units, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    school_unit_id: Option<Several<Uuid>>,
    /// Only those in force on this day.
    #[param(example = "2026-08-17")]
    valid_on: Option<NaiveDate>,
}

impl Filters {
    fn read(self) -> Result<MembershipFilter, Problem> {
        let Self { group_id, person_id, school_unit_id, valid_on } = self;
        Ok(MembershipFilter {
            groups: values("groupId", group_id, |id| Ok(Id::from_uuid(*id)))?,
            persons: values("personId", person_id, |id| Ok(Id::from_uuid(*id)))?,
            school_units: values("schoolUnitId", school_unit_id, |id| Ok(Id::from_uuid(*id)))?,
            valid_on: day("validOn", valid_on)?,
        })
    }
}

impl SortKey for MembershipSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("name", Self::Name), ("periodFrom", Self::PeriodFrom), ("modifiedAt", Self::ModifiedAt)];
}

/// List memberships
///
/// Who belongs to which groups, with the persons' names, in Swedish order of name unless asked
/// otherwise. Those who answer for a group see its members today and later; participants see
/// themselves. Persons with protected identity are on it for their own teachers alone, under the name that their handling
/// plan shows.
#[utoipa::path(
    operation_id = "listGroupMemberships", tag = "group",
    extensions(("x-permission" = json!("group:read"))),
    params(Listing<Filters, MembershipSort>),
    responses((status = 200, description = "One page of memberships.", body = List<MembershipDocument>))
)]
#[get("/v1/group-memberships")]
pub async fn handle(
    permit: Permit<ReadGroups>,
    state: web::Data<State>,
    listing: Listing<Filters, MembershipSort>,
) -> Result<web::Json<List<MembershipDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let filter = filters.read()?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| {
            list_memberships(connection, scope, &filter, &request)
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_memberships(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &MembershipFilter,
    request: &PageRequest<MembershipSort>,
) -> Result<Page<MembershipDocument>, Problem> {
    let page = membership::list(connection, scope, filter, request)?;
    page.try_map(|named| Ok(MembershipDocument::of(named)))
}
