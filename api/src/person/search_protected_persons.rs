use actix_web::{post, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::DisclosePersons},
    id::PersonId,
    person::Protection,
};
use skolhus_persistence::{
    Page, PageRequest, Tx,
    person::{self, PersonSort},
};
use utoipa::IntoParams;

use super::{codes::ProtectionCode, disclose_person::DisclosePerson, document::PersonDocument};
use crate::http::{
    body::Body,
    listing::{List, Listing, Several},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which persons.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only with these kinds of protection, separated by commas: `not-stated`, `marked`, `protected-registration`. All three unless given.
    #[param(value_type = Option<Vec<ProtectionCode>>, example = "marked,protected-registration")]
    protection: Option<Several<ProtectionCode>>,
}

/// List protected persons
///
/// The persons who are protected, and those whose protection nobody has stated and somebody should check.
/// Each record shown is logged with the reason.
#[utoipa::path(
    operation_id = "searchProtectedPersons", tag = "person",
    extensions(("x-permission" = json!("person:disclose"))),
    params(Listing<Filters, PersonSort>),
    request_body(content = DisclosePerson, example = json!({ "reason": "Årlig genomgång av skyddade personuppgifter" })),
    responses((status = 200, description = "One page of persons.", body = List<PersonDocument>))
)]
#[post("/v1/protected-persons/search")]
pub async fn handle(
    permit: Permit<DisclosePersons>,
    state: web::Data<State>,
    listing: Listing<Filters, PersonSort>,
    body: Body<DisclosePerson>,
) -> Result<web::Json<List<PersonDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .write(permit.caller(), move |tx, scope| {
            search_protected_persons(tx, scope, &filters, &request, &body)
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`] for the reason; a failure of the database.
pub fn search_protected_persons(
    tx: &mut Tx<'_>,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<PersonSort>,
    why: &DisclosePerson,
) -> Result<Page<PersonDocument>, Problem> {
    let reason = why.checked()?;
    let asked: Vec<Protection> = match &filters.protection {
        Some(codes) => codes.0.iter().map(|code| Protection::from(*code)).collect(),
        None => Protection::ALL.to_vec(),
    };
    // Those who are known not to be protected are found in the ordinary list.
    let kinds: Vec<Protection> = asked.into_iter().filter(|kind| *kind != Protection::None).collect();
    let page = person::list_protected(tx, scope, &kinds, request)?;
    let shown: Vec<PersonId> = page.items.iter().map(|saved| saved.id).collect();
    let grant = tx.record_access(&reason, &shown);
    page.try_map(|saved| PersonDocument::of(&saved, scope, Some(&grant)))
}
