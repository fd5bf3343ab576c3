use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadAbsence},
    attendance::LeaveStateCode,
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    attendance::leave_request::{self, LeaveFilter, LeaveSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::document::{LeaveRequestDocument, LeaveStateWord};
use crate::http::{
    listing::{List, Listing, Several, SortKey, day, values},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which requests.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only of these persons, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    person_id: Option<Several<Uuid>>,
    /// Only in these states, separated by commas.
    #[param(value_type = Option<Vec<LeaveStateWord>>, example = "waiting")]
    state: Option<Several<String>>,
    /// Only about this day or later ones.
    #[param(example = "2026-10-01")]
    from: Option<NaiveDate>,
    /// Only about this day or earlier ones.
    #[param(example = "2026-10-31")]
    to: Option<NaiveDate>,
}

impl SortKey for LeaveSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("firstDay", Self::FirstDay), ("modifiedAt", Self::ModifiedAt)];
}

/// List leave requests
///
/// Guardians see those about their wards, participants their own, staff those about whom they reach by their work. What
/// waits for a decision is `state=waiting`.
#[utoipa::path(
    operation_id = "listLeaveRequests", tag = "attendance",
    extensions(("x-permission" = json!("absence:read"))),
    params(Listing<Filters, LeaveSort>),
    responses((status = 200, description = "One page of requests.", body = List<LeaveRequestDocument>))
)]
#[get("/v1/leave-requests")]
pub async fn handle(
    permit: Permit<ReadAbsence>,
    state: web::Data<State>,
    listing: Listing<Filters, LeaveSort>,
) -> Result<web::Json<List<LeaveRequestDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let Filters { person_id, state: states, from, to } = filters;
    let filter = LeaveFilter {
        persons: values("personId", person_id, |id| Ok(Id::from_uuid(*id)))?,
        states: values("state", states, |state| LeaveStateCode::from_code(state))?,
        from: day("from", from)?,
        to: day("to", to)?,
    };
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_requests(connection, scope, &filter, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_requests(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &LeaveFilter,
    request: &PageRequest<LeaveSort>,
) -> Result<Page<LeaveRequestDocument>, Problem> {
    leave_request::list(connection, scope, filter, request)?
        .try_map(|view| Ok(LeaveRequestDocument::of(&view, scope)))
}
