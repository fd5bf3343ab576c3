use actix_web::{post, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::DisclosePersons},
    id::{Id, PersonId},
};
use skolhus_persistence::{
    Page, PageRequest, Tx,
    person::handling_plan::{self, HandlingPlanFilter, HandlingPlanSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::document::PlanEntryDocument;
use crate::{
    http::{
        body::Body,
        listing::{List, Listing, Several, SortKey, day},
        permit::Permit,
        problem::Problem,
        state::State,
    },
    person::{codes::PlanStateCode, disclose_person::DisclosePerson},
};

/// Which plans.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only in these states, separated by commas.
    #[param(value_type = Option<Vec<PlanStateCode>>, example = "missing,review-due")]
    state: Option<Several<PlanStateCode>>,
    /// Only those to be reviewed before this day.
    #[param(example = "2027-08-17")]
    due_before: Option<NaiveDate>,
    /// Only those for which these members of staff answer, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    responsible_id: Option<Several<Uuid>>,
}

impl SortKey for HandlingPlanSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("reviewDue", Self::ReviewDue), ("modifiedAt", Self::ModifiedAt)];
}

/// List handling plans
///
/// The register of handling plans, those that are missing among them: who is protected, how far each plan has come and
/// when it is to be reviewed, the first due first. It shows aliases and no names. Each person shown is
/// logged with the reason.
#[utoipa::path(
    operation_id = "searchHandlingPlans", tag = "person",
    extensions(("x-permission" = json!("person:disclose"))),
    params(Listing<Filters, HandlingPlanSort>),
    request_body(content = DisclosePerson, example = json!({ "reason": "Månadens genomgång av hanteringsplaner" })),
    responses((status = 200, description = "One page of the register.", body = List<PlanEntryDocument>))
)]
#[post("/v1/handling-plans/search")]
pub async fn handle(
    permit: Permit<DisclosePersons>,
    state: web::Data<State>,
    listing: Listing<Filters, HandlingPlanSort>,
    body: Body<DisclosePerson>,
) -> Result<web::Json<List<PlanEntryDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .write(permit.caller(), move |tx, scope| search_handling_plans(tx, scope, &filters, &request, &body))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`] for the reason, `MalformedParameter`; a failure of the
/// database.
pub fn search_handling_plans(
    tx: &mut Tx<'_>,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<HandlingPlanSort>,
    why: &DisclosePerson,
) -> Result<Page<PlanEntryDocument>, Problem> {
    let reason = why.checked()?;
    let Filters { state, due_before, responsible_id } = filters;
    let filter = HandlingPlanFilter {
        states: state.iter().flat_map(|states| states.0.iter().map(|state| (*state).into())).collect(),
        due_before: day("dueBefore", *due_before)?,
        responsible: responsible_id.iter().flat_map(|ids| ids.0.iter().copied().map(Id::from_uuid)).collect(),
    };
    let page = handling_plan::list(tx, scope, &filter, request)?;
    let listed: Vec<PersonId> = page.items.iter().map(|entry| entry.person).collect();
    let _ = tx.record_access(&reason, &listed);
    page.try_map(|entry| Ok(PlanEntryDocument::of(entry)))
}
