use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadAddresses},
    id::Id,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    person::address::{self, AddressFilter, AddressSort},
};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::document::AddressDocument;
use crate::{
    http::{
        listing::{List, Listing, Several, SortKey, day, values},
        permit::Permit,
        problem::Problem,
        state::State,
    },
    person::codes::AddressKindCode,
};

/// A municipality (kommun): four digits.
#[derive(ToSchema)]
#[schema(value_type = String, pattern = "^[0-9]{4}$", example = "1880")]
pub struct MunicipalityCode(#[allow(dead_code, reason = "only shown")] String);

/// A region (län): two digits.
#[derive(ToSchema)]
#[schema(value_type = String, pattern = "^[0-9]{2}$", example = "18")]
pub struct RegionCode(#[allow(dead_code, reason = "only shown")] String);

/// Which addresses.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only of these persons, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    person_id: Option<Several<Uuid>>,
    /// Only of those who belong to these school units (registered, enrolled, working or participating there), separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    school_unit_id: Option<Several<Uuid>>,
    /// Only of these kinds, separated by commas: `registered`, `other`.
    #[param(value_type = Option<Vec<AddressKindCode>>, example = "registered")]
    kind: Option<Several<AddressKindCode>>,
    /// Only in these municipalities, separated by commas: codes of the table `municipality`.
    #[param(inline, value_type = Option<Vec<MunicipalityCode>>, example = "1880,1881")]
    municipality_code: Option<Several<String>>,
    /// Only in these regions, separated by commas: codes of the table `region`.
    #[param(inline, value_type = Option<Vec<RegionCode>>, example = "18")]
    region_code: Option<Several<String>>,
    /// Only those that apply on this day: together with `kind=registered`, where persons are registered then.
    #[param(example = "2026-11-01")]
    valid_on: Option<NaiveDate>,
}

impl SortKey for AddressSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("periodFrom", Self::PeriodFrom), ("modifiedAt", Self::ModifiedAt)];
}

/// List addresses
///
/// The addresses, over time, of the persons within reach whose contact details are open to the caller, by first
/// day unless asked otherwise. Those of protected persons are not among them, nor those of a child or another ward
/// of the caller.
#[utoipa::path(
    operation_id = "listAddresses", tag = "person",
    extensions(("x-permission" = json!("address:read"))),
    params(Listing<Filters, AddressSort>),
    responses((status = 200, description = "One page of addresses.", body = List<AddressDocument>))
)]
#[get("/v1/addresses")]
pub async fn handle(
    permit: Permit<ReadAddresses>,
    state: web::Data<State>,
    listing: Listing<Filters, AddressSort>,
) -> Result<web::Json<List<AddressDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_addresses(connection, scope, &filters, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::MalformedParameter`]; a failure of the database.
pub fn list_addresses(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<AddressSort>,
) -> Result<Page<AddressDocument>, Problem> {
    let Filters { person_id, school_unit_id, kind, municipality_code, region_code, valid_on } = filters;
    let filter = AddressFilter {
        persons: person_id.iter().flat_map(|ids| ids.0.iter().copied().map(Id::from_uuid)).collect(),
        school_units: school_unit_id
            .iter()
            .flat_map(|ids| ids.0.iter().copied().map(Id::from_uuid))
            .collect(),
        kinds: kind.iter().flat_map(|kinds| kinds.0.iter().map(|kind| (*kind).into())).collect(),
        municipalities: digits("municipalityCode", municipality_code, 4)?,
        regions: digits("regionCode", region_code, 2)?,
        valid_on: day("validOn", *valid_on)?,
    };
    address::list(connection, scope, &filter, request)?.try_map(|saved| Ok(AddressDocument::of(&saved)))
}

/// The codes of a filter, each of so many digits.
fn digits(name: &str, filter: &Option<Several<String>>, count: usize) -> Result<Vec<String>, Problem> {
    values(name, filter.clone(), |code| {
        if code.len() == count && code.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(code.clone())
        } else {
            Err(Refusal::new(Rule::Format, format!("a code has {count} digits")))
        }
    })
}
