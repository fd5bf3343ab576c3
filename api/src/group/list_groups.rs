use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadGroups},
    code::Code,
    group::GroupKind,
    id::{GroupId, Id},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    group::{
        assignment,
        group::{self, GroupFilter, GroupSort},
    },
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::group_document::{GroupDocument, GroupKindWord};
use crate::http::{
    listing::{List, Listing, Several, SortKey, day, values},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which groups.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only at these school units, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    school_unit_id: Option<Several<Uuid>>,
    /// Only of these kinds, separated by commas.
    #[param(value_type = Option<Vec<GroupKindWord>>, example = "class,mentor")]
    kind: Option<Several<String>>,
    /// Only of these school types, separated by commas.
    #[param(value_type = Option<Vec<String>>, example = "GR")]
    school_type_code: Option<Several<String>>,
    /// Only of these school years (årskurser), 0 to 10, separated by commas.
    #[param(value_type = Option<Vec<String>>, example = "7,8", pattern = "^([0-9]|10)$")]
    school_year: Option<Several<String>>,
    /// Only those that exist on this day; with `memberPersonId` or `assignedPersonId`, where that holds
    /// on the day.
    #[param(example = "2026-08-17")]
    valid_on: Option<NaiveDate>,
    /// Only those to which one of these persons belongs, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    member_person_id: Option<Several<Uuid>>,
    /// Only those that one of these persons answers for, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    assigned_person_id: Option<Several<Uuid>>,
    /// Only those that drive one of these offerings, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    offering_id: Option<Several<Uuid>>,
    /// Only those with these words in their name, each by its beginning.
    #[param(example = "7b")]
    name: Option<String>,
}

impl Filters {
    fn read(self) -> Result<GroupFilter, Problem> {
        let Self {
            school_unit_id,
            kind,
            school_type_code,
            school_year,
            valid_on,
            member_person_id,
            assigned_person_id,
            offering_id,
            name,
        } = self;
        let year = |raw: &String| {
            let year = raw.parse::<i32>().ok().filter(|year| (0..=10).contains(year));
            year.ok_or_else(|| Refusal::new(Rule::OutOfRange, "a school year is 0 to 10"))
        };
        Ok(GroupFilter {
            school_units: values("schoolUnitId", school_unit_id, |id| Ok(Id::from_uuid(*id)))?,
            kinds: values("kind", kind, |raw| GroupKind::from_code(raw))?,
            school_types: values("schoolTypeCode", school_type_code, |raw| {
                Code::new(raw).map(|code| code.as_str().to_owned())
            })?,
            school_years: values("schoolYear", school_year, year)?,
            valid_on: day("validOn", valid_on)?,
            members: values("memberPersonId", member_person_id, |id| Ok(Id::from_uuid(*id)))?,
            assigned: values("assignedPersonId", assigned_person_id, |id| Ok(Id::from_uuid(*id)))?,
            offerings: values("offeringId", offering_id, |id| Ok(Id::from_uuid(*id)))?,
            name,
        })
    }
}

impl SortKey for GroupSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("name", Self::Name), ("firstDay", Self::FirstDay), ("modifiedAt", Self::ModifiedAt)];
}

/// List groups
///
/// Groups by name in Swedish order unless asked otherwise, with who answers for them. Teachers see
/// the groups they answer for and those that drive what they teach; participants those they belong to.
#[utoipa::path(
    operation_id = "listGroups", tag = "group",
    extensions(("x-permission" = json!("group:read"))),
    params(Listing<Filters, GroupSort>),
    responses((status = 200, description = "One page of groups.", body = List<GroupDocument>))
)]
#[get("/v1/groups")]
pub async fn handle(
    permit: Permit<ReadGroups>,
    state: web::Data<State>,
    listing: Listing<Filters, GroupSort>,
) -> Result<web::Json<List<GroupDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let filter = filters.read()?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_groups(connection, scope, &filter, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_groups(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &GroupFilter,
    request: &PageRequest<GroupSort>,
) -> Result<Page<GroupDocument>, Problem> {
    let page = group::list(connection, scope, filter, request)?;
    let ids: Vec<GroupId> = page.items.iter().map(|saved| saved.id).collect();
    let mut staff = assignment::views(connection, scope, &ids)?;
    page.try_map(|saved| {
        let staff = staff.remove(&saved.id).unwrap_or_default();
        Ok(GroupDocument::of(saved, staff, scope))
    })
}
