use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadEnrolments},
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    enrolment::{self, EnrolmentFilter, EnrolmentSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::enrolment_document::{EnrolmentDocument, EnrolmentStateName};
use crate::http::{
    listing::{List, Listing, Several, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which enrolments.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only of these persons, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    person_id: Option<Several<Uuid>>,
    /// Only at these school units, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    school_unit_id: Option<Several<Uuid>>,
    /// Only in these school types, as codes of SS 12000 separated by commas.
    #[param(value_type = Option<Vec<String>>, example = "FHS,SFI")]
    school_type_code: Option<Several<String>>,
    /// Only those in force on this day.
    #[param(example = "2026-08-17")]
    valid_on: Option<NaiveDate>,
    /// Only those that stand so today, separated by commas: `planned`, `active`, `ended`.
    #[param(value_type = Option<Vec<EnrolmentStateName>>, example = "planned,active")]
    state: Option<Several<EnrolmentStateName>>,
}

impl SortKey for EnrolmentSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("name", Self::Name), ("periodFrom", Self::PeriodFrom), ("modifiedAt", Self::ModifiedAt)];
}

/// List enrolments
///
/// Enrolments (inskrivningar) with the names of their persons, in Swedish order of name unless
/// asked otherwise. Persons with protected identity are not on it.
#[utoipa::path(
    operation_id = "listEnrolments", tag = "enrolment",
    extensions(("x-permission" = json!("enrolment:read"))),
    params(Listing<Filters, EnrolmentSort>),
    responses((status = 200, description = "One page of enrolments.", body = List<EnrolmentDocument>))
)]
#[get("/v1/enrolments")]
pub async fn handle(
    permit: Permit<ReadEnrolments>,
    state: web::Data<State>,
    listing: Listing<Filters, EnrolmentSort>,
) -> Result<web::Json<List<EnrolmentDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| {
            list_enrolments(connection, scope, &filters, &request)
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_enrolments(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<EnrolmentSort>,
) -> Result<Page<EnrolmentDocument>, Problem> {
    let Filters { person_id, school_unit_id, school_type_code, valid_on, state } = filters;
    let filter = EnrolmentFilter {
        persons: person_id.iter().flat_map(|ids| ids.0.iter().copied().map(Id::from_uuid)).collect(),
        school_units: school_unit_id
            .iter()
            .flat_map(|ids| ids.0.iter().copied().map(Id::from_uuid))
            .collect(),
        school_types: school_type_code.iter().flat_map(|codes| codes.0.iter().cloned()).collect(),
        valid_on: *valid_on,
        states: state.iter().flat_map(|states| states.0.iter().map(|state| state.state())).collect(),
    };
    let page = enrolment::list(connection, scope, &filter, request)?;
    page.try_map(|named| Ok(EnrolmentDocument::of(named, scope)))
}
