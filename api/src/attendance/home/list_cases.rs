use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadAbsenceCases},
    attendance::CaseStateCode,
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    attendance::absence_case::{self, CaseFilter, CaseSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::case_document::{AbsenceCaseDocument, CaseStateWord};
use crate::http::{
    listing::{List, Listing, Several, SortKey, day, values},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which cases.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only of these persons, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    person_id: Option<Several<Uuid>>,
    /// Only in these states, separated by commas.
    #[param(value_type = Option<Vec<CaseStateWord>>, example = "open")]
    state: Option<Several<String>>,
    /// Only of this day or later ones.
    #[param(example = "2026-08-17")]
    from: Option<NaiveDate>,
    /// Only of this day or earlier ones.
    #[param(example = "2026-08-21")]
    to: Option<NaiveDate>,
}

impl SortKey for CaseSort {
    const KEYS: &'static [(&'static str, Self)] = &[("day", Self::Day), ("modifiedAt", Self::ModifiedAt)];
}

/// List the absence that a person must tell homes of
///
/// Unauthorised absence of which no notice is sent, because the pupil is protected or the register knows nobody who may
/// be told. Teachers see those of the pupils whom they teach or answer for, protected ones under the name that the
/// handling plan shows; the protection officer sees all of the protected pupils in the same way.
#[utoipa::path(
    operation_id = "listAbsenceCases", tag = "attendance",
    extensions(("x-permission" = json!("absence-case:read"))),
    params(Listing<Filters, CaseSort>),
    responses((status = 200, description = "One page of cases.", body = List<AbsenceCaseDocument>))
)]
#[get("/v1/absence-cases")]
pub async fn handle(
    permit: Permit<ReadAbsenceCases>,
    state: web::Data<State>,
    listing: Listing<Filters, CaseSort>,
) -> Result<web::Json<List<AbsenceCaseDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let Filters { person_id, state: states, from, to } = filters;
    let filter = CaseFilter {
        persons: values("personId", person_id, |id| Ok(Id::from_uuid(*id)))?,
        states: values("state", states, |state| CaseStateCode::from_code(state))?,
        from: day("from", from)?,
        to: day("to", to)?,
    };
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_cases(connection, scope, &filter, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_cases(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &CaseFilter,
    request: &PageRequest<CaseSort>,
) -> Result<Page<AbsenceCaseDocument>, Problem> {
    absence_case::list(connection, scope, filter, request)?.try_map(|view| Ok(AbsenceCaseDocument::of(&view)))
}
