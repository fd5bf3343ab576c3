use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadDuties},
    duty::DutyRole,
    id::Id,
    text::Text,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    duty::{self, DutyFilter, DutySort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::duty::{DutyDocument, DutyRoleWord};
use crate::http::{
    listing::{List, Listing, Several, SortKey, day, values},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which duties.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only at these school units, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    school_unit_id: Option<Several<Uuid>>,
    /// Only of these persons, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    person_id: Option<Several<Uuid>>,
    /// Only in these roles, separated by commas.
    #[param(value_type = Option<Vec<DutyRoleWord>>, example = "teacher,mentor")]
    role: Option<Several<String>>,
    /// Only with these signatures, separated by commas; upper and lower case are the same.
    #[param(value_type = Option<Vec<String>>, example = "ÅsÖ")]
    signature: Option<Several<String>>,
    /// Only those in force on this day.
    #[param(example = "2026-08-17")]
    valid_on: Option<NaiveDate>,
}

impl Filters {
    fn read(self) -> Result<DutyFilter, Problem> {
        let Self { school_unit_id, person_id, role, signature, valid_on } = self;
        Ok(DutyFilter {
            school_units: values("schoolUnitId", school_unit_id, |id| Ok(Id::from_uuid(*id)))?,
            persons: values("personId", person_id, |id| Ok(Id::from_uuid(*id)))?,
            roles: values("role", role, |raw| DutyRole::from_code(raw))?,
            signatures: values("signature", signature, |raw| Text::line(raw, 10))?,
            valid_on: day("validOn", valid_on)?,
        })
    }
}

impl SortKey for DutySort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("firstDay", Self::FirstDay), ("modifiedAt", Self::ModifiedAt)];
}

/// List duties
///
/// Who works where, by first day unless asked otherwise. A teacher sees their own duties and those of
/// the colleagues in the offerings they teach; duties of protected persons are left out.
#[utoipa::path(
    operation_id = "listDuties", tag = "duty",
    extensions(("x-permission" = json!("duty:read"))),
    params(Listing<Filters, DutySort>),
    responses((status = 200, description = "One page of duties.", body = List<DutyDocument>))
)]
#[get("/v1/duties")]
pub async fn handle(
    permit: Permit<ReadDuties>,
    state: web::Data<State>,
    listing: Listing<Filters, DutySort>,
) -> Result<web::Json<List<DutyDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let filter = filters.read()?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_duties(connection, scope, &filter, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_duties(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &DutyFilter,
    request: &PageRequest<DutySort>,
) -> Result<Page<DutyDocument>, Problem> {
    let page = duty::list(connection, scope, filter, request)?;
    page.try_map(|saved| Ok(DutyDocument::of(saved)))
}
