use std::collections::BTreeSet;

use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadGroups},
    id::{GroupId, PersonId},
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    group::{
        group,
        membership::{self, MembershipFilter, MembershipSort},
    },
};
use utoipa::IntoParams;

use super::{list_memberships::list_memberships, membership_document::MembershipDocument};
use crate::http::{
    batch::first,
    listing::{List, Listing, day},
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Which members.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Those who belong to the group on this day; today unless given.
    #[param(example = "2026-08-17")]
    on: Option<NaiveDate>,
}

/// List the members of a group
///
/// The group on a day, by name in Swedish order unless asked otherwise. Persons with protected
/// identity are on it for their own teachers alone, under the name that their handling plan shows; those who answer for a group see its members today and later.
#[utoipa::path(
    operation_id = "listGroupMembers", tag = "group",
    extensions(("x-permission" = json!("group:read"))),
    params(IdPath, Listing<Filters, MembershipSort>),
    responses((status = 200, description = "One page of members.", body = List<MembershipDocument>))
)]
#[get("/v1/groups/{id}/members")]
pub async fn handle(
    permit: Permit<ReadGroups>,
    state: web::Data<State>,
    id: PathId<GroupId>,
    listing: Listing<Filters, MembershipSort>,
) -> Result<web::Json<List<MembershipDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let on = day("on", filters.on)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_members(connection, scope, id.0, on, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn list_members(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: GroupId,
    on: Option<NaiveDate>,
    request: &PageRequest<MembershipSort>,
) -> Result<Page<MembershipDocument>, Problem> {
    group::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    let filter = MembershipFilter {
        groups: vec![id],
        valid_on: Some(on.unwrap_or_else(|| scope.today())),
        ..MembershipFilter::default()
    };
    list_memberships(connection, scope, &filter, request)
}

/// Those of the persons, or everybody, who belong to one of the groups on a day, within reach and each once; none
/// where there are more than 500.
///
/// # Errors
/// A failure of the database.
pub(crate) fn members_on(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    groups: &[GroupId],
    persons: &[PersonId],
    day: NaiveDate,
) -> Result<Option<Vec<PersonId>>, Problem> {
    let filter = MembershipFilter {
        groups: groups.to_vec(),
        persons: persons.to_vec(),
        school_units: Vec::new(),
        valid_on: Some(day),
    };
    let members = membership::list(connection, scope, &filter, &first::<MembershipSort>(500))?;
    if members.next.is_some() {
        return Ok(None);
    }
    let mut seen = BTreeSet::new();
    let each = members.items.into_iter().map(|named| named.saved.value.person);
    Ok(Some(each.filter(|person| seen.insert(*person)).collect()))
}
