use actix_web::{HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Scope, declared::DisclosePersons},
    id::PersonId,
    text::Text,
};
use skolhus_persistence::{
    Tx,
    person::{self, address},
};
use utoipa::ToSchema;
use validator::Validate;

use super::{address::AddressDocument, document::PersonDocument};
use crate::http::{
    body::Body,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// Why a record is opened.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DisclosePerson {
    /// The reason, as it will stand in the log; it tells nothing of the person.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Kallelse till antagningssamtal, ärende 2026-114", min_length = 5, max_length = 500)]
    pub reason: String,
}

impl DisclosePerson {
    /// The reason, checked.
    pub(crate) fn checked(&self) -> Result<Text, Problem> {
        Ok(Text::lines(&self.reason, 500).map_err(|refusal| refusal.at("/reason"))?)
    }
}

/// A person's whole record, with where they live.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DisclosedPerson {
    /// The person.
    #[serde(flatten)]
    pub person: PersonDocument,
    /// Where they live and have lived, by first day.
    pub addresses: Vec<AddressDocument>,
}

/// Open a person's record
///
/// The whole record, also of a protected person. That it was opened, by whom and why, is logged before
/// anything is shown.
#[utoipa::path(
    operation_id = "disclosePerson", tag = "person",
    extensions(("x-permission" = json!("person:disclose"))),
    params(IdPath),
    request_body(content = DisclosePerson, example = json!({ "reason": "Kallelse till antagningssamtal, ärende 2026-114" })),
    responses((status = 200, description = "The whole record.", body = DisclosedPerson, headers(("ETag" = String, description = "The record's version."))))
)]
#[post("/v1/persons/{id}/disclosure")]
pub async fn handle(
    permit: Permit<DisclosePersons>,
    state: web::Data<State>,
    id: PathId<PersonId>,
    body: Body<DisclosePerson>,
) -> Result<HttpResponse, Problem> {
    let person = state
        .database
        .write(permit.caller(), move |tx, scope| disclose_person(tx, scope, id.0, &body))
        .await?;
    Ok(saved(person.person.version, &person))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `InvalidFields`; a failure of the database.
pub fn disclose_person(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: PersonId,
    request: &DisclosePerson,
) -> Result<DisclosedPerson, Problem> {
    let grant = tx.record_access(&request.checked()?, &[id]);
    let saved = person::open(tx, scope, id, &grant)?.ok_or_else(Problem::not_found)?;
    let addresses = address::open(tx, scope, id, &grant)?;
    Ok(DisclosedPerson {
        person: PersonDocument::of(&saved, scope, Some(&grant))?,
        addresses: addresses.iter().map(AddressDocument::of).collect(),
    })
}
