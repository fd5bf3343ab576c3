use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadParticipations},
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    participation::{self, ExceptionFilter, ExceptionSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::exception_document::{ExceptionDocument, KindName};
use crate::http::{
    listing::{List, Listing, Several, SortKey, day, values},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which exceptions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only in these offerings, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    offering_id: Option<Several<Uuid>>,
    /// Only of these persons, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    person_id: Option<Several<Uuid>>,
    /// Only of this kind.
    #[param(value_type = Option<String>, example = "excluded", pattern = "^(excluded|included)$")]
    kind: Option<KindName>,
    /// Only those in force on this day.
    #[param(example = "2026-08-17")]
    valid_on: Option<NaiveDate>,
}

impl Filters {
    fn read(self) -> Result<ExceptionFilter, Problem> {
        let Self { offering_id, person_id, kind, valid_on } = self;
        Ok(ExceptionFilter {
            offerings: values("offeringId", offering_id, |id| Ok(Id::from_uuid(*id)))?,
            persons: values("personId", person_id, |id| Ok(Id::from_uuid(*id)))?,
            kinds: kind.map(KindName::kind).into_iter().collect(),
            valid_on: day("validOn", valid_on)?,
        })
    }
}

impl SortKey for ExceptionSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("name", Self::Name), ("periodFrom", Self::PeriodFrom), ("modifiedAt", Self::ModifiedAt)];
}

/// List exceptions
///
/// Exceptions for single persons in offerings that groups drive, with the persons' names, in Swedish
/// order of name unless asked otherwise. Persons with protected identity are not on it.
#[utoipa::path(
    operation_id = "listParticipationExceptions", tag = "participation",
    extensions(("x-permission" = json!("participation:read"))),
    params(Listing<Filters, ExceptionSort>),
    responses((status = 200, description = "One page of exceptions.", body = List<ExceptionDocument>))
)]
#[get("/v1/participation-exceptions")]
pub async fn handle(
    permit: Permit<ReadParticipations>,
    state: web::Data<State>,
    listing: Listing<Filters, ExceptionSort>,
) -> Result<web::Json<List<ExceptionDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let filter = filters.read()?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_exceptions(connection, scope, &filter, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_exceptions(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &ExceptionFilter,
    request: &PageRequest<ExceptionSort>,
) -> Result<Page<ExceptionDocument>, Problem> {
    let page = participation::list_exceptions(connection, scope, filter, request)?;
    page.try_map(|named| Ok(ExceptionDocument::of(named, scope)))
}
