use actix_web::{HttpResponse, post, web};
use skolhus_domain::{
    access::{Scope, declared::DisclosePersons},
    id::PersonId,
};
use skolhus_persistence::Tx;

use super::document::{HandlingPlanDocument, shown};
use crate::{
    http::{
        body::Body,
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId, saved},
        state::State,
    },
    person::disclose_person::DisclosePerson,
};

/// Open a handling plan
///
/// The handling plan (hanteringsplan) of a protected person, with the alias and those who are cleared. There is one
/// for every protected person; as long as nobody has made it, it is `missing` and holds the alias alone. That
/// it was opened, by whom and why, is logged before anything is shown.
#[utoipa::path(
    operation_id = "discloseHandlingPlan", tag = "person",
    extensions(("x-permission" = json!("person:disclose"))),
    params(IdPath),
    request_body(content = DisclosePerson, example = json!({ "reason": "Ny mentor ska informeras" })),
    responses((status = 200, description = "The plan.", body = HandlingPlanDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/persons/{id}/handling-plan/disclosure")]
pub async fn handle(
    permit: Permit<DisclosePersons>,
    state: web::Data<State>,
    id: PathId<PersonId>,
    body: Body<DisclosePerson>,
) -> Result<HttpResponse, Problem> {
    let plan = state
        .database
        .write(permit.caller(), move |tx, scope| disclose_handling_plan(tx, scope, id.0, &body))
        .await?;
    Ok(saved(plan.version, &plan))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `InvalidFields`; a failure of the database.
pub fn disclose_handling_plan(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: PersonId,
    request: &DisclosePerson,
) -> Result<HandlingPlanDocument, Problem> {
    let grant = tx.record_access(&request.checked()?, &[id]);
    shown(tx, scope, id, &grant)
}
