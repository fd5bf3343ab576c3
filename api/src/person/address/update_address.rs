use actix_web::{HttpResponse, patch, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManagePersons},
    id::AddressId,
    person::{HeldAddress, PersonAddress, held_address::refuse_two_registered},
    refusal::Refusals,
};
use skolhus_persistence::{Tx, person::address};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    document::{AddressDocument, AddressFields, check_municipalities},
    get_address::get_address,
};
use crate::{
    http::{
        body::{Body, check_bounds},
        etag::IfMatch,
        patch::Patch,
        period::PeriodDocument,
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId, saved},
        state::State,
    },
    person::codes::SourceCode,
};

/// What to change of an address; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateAddress {
    /// In whose care, without the "c/o".
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(value_type = Option<String>, example = "Ek", min_length = 1, max_length = 100)]
    pub care_of: Patch<String>,
    /// Street, box or place.
    #[serde(default)]
    #[validate(length(max = 3))]
    #[schema(value_type = Option<Vec<String>>, example = json!(["Ängsgatan 4 A"]), max_items = 3)]
    pub street_lines: Patch<Vec<String>>,
    /// Postal code; needed in Sweden.
    #[serde(default)]
    #[validate(length(min = 1, max = 16))]
    #[schema(value_type = Option<String>, example = "702 10", min_length = 1, max_length = 16)]
    pub postal_code: Patch<String>,
    /// Postal town.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(value_type = Option<String>, example = "Örebro", min_length = 1, max_length = 100, nullable = false)]
    pub city: Patch<String>,
    /// Country, as two letters of ISO 3166-1.
    #[serde(default)]
    #[validate(length(min = 2, max = 2))]
    #[schema(value_type = Option<String>, example = "SE", min_length = 2, max_length = 2, pattern = "^[A-Za-z]{2}$", nullable = false)]
    pub country: Patch<String>,
    /// The municipality (kommun): a code of the table `municipality`; only in Sweden.
    #[serde(default)]
    #[validate(length(min = 4, max = 4))]
    #[schema(value_type = Option<String>, example = "1880", min_length = 4, max_length = 4, pattern = "^[0-9]{4}$")]
    pub municipality_code: Patch<String>,
    /// The days on which it applies; with a last day it ends.
    #[serde(default)]
    #[schema(value_type = Option<PeriodDocument>, nullable = false)]
    pub period: Patch<PeriodDocument>,
    /// Who told us.
    #[serde(default)]
    #[schema(value_type = Option<SourceCode>, nullable = false)]
    pub source: Patch<SourceCode>,
}

/// Correct or end an address
///
/// A merge patch: what is absent stays. For what was entered wrong, and to give an address its last day; where
/// somebody moves, enter the new address instead. Whose it is and its kind stay: an address of another kind is entered
/// anew and this one withdrawn.
#[utoipa::path(
    operation_id = "updateAddress", tag = "person",
    extensions(("x-permission" = json!("person:manage"))),
    params(IdPath),
    request_body(content = UpdateAddress, content_type = "application/merge-patch+json",
        example = json!({ "streetLines": ["Ängsgatan 4 B"], "municipalityCode": "1880" })),
    responses((status = 200, description = "Its present state.", body = AddressDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/addresses/{id}")]
pub async fn handle(
    permit: Permit<ManagePersons>,
    state: web::Data<State>,
    id: PathId<AddressId>,
    if_match: IfMatch,
    body: Body<UpdateAddress>,
) -> Result<HttpResponse, Problem> {
    let now = state
        .database
        .write(permit.caller(), move |tx, scope| update_address(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(now.version, &now))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`; a failure of the database.
pub fn update_address(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: AddressId,
    if_match: &IfMatch,
    request: &UpdateAddress,
) -> Result<AddressDocument, Problem> {
    let found = address::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let person = found.value.person;
    address::lock(tx, person)?;
    let present = address::of_person(tx.connection(), scope, person)?;
    let before = present.iter().find(|saved| saved.id == id).ok_or_else(Problem::not_found)?;
    let fields = merge(request.clone(), AddressFields::of(&before.value.held))?;
    check_bounds(&fields)?;
    let held = HeldAddress::new(&fields.draft())?;
    let already = held == before.value.held;
    if_match.check_unless(already, before.version)?;
    if !already {
        let others = present.iter().filter(|saved| saved.id != id).map(|saved| &saved.value.held);
        refuse_two_registered(&held, others)?;
        check_municipalities(tx.connection(), [(String::new(), &held)])?;
        address::update_many(tx, scope, &[(before.clone(), PersonAddress { person, held })])?;
    }
    get_address(tx.connection(), scope, id)
}

fn merge(request: UpdateAddress, present: AddressFields) -> Result<AddressFields, Problem> {
    let UpdateAddress {
        care_of,
        street_lines,
        postal_code,
        city,
        country,
        municipality_code,
        period,
        source,
    } = request;
    let mut refusals = Refusals::default();
    let city = refusals.note("/city", city.require(present.city));
    let country = refusals.note("/country", country.require(present.country));
    let period = refusals.note("/period", period.require(present.period));
    let source = refusals.note("/source", source.require(present.source));
    match (city, country, period, source) {
        (Some(city), Some(country), Some(period), Some(source)) => Ok(AddressFields {
            kind: present.kind,
            care_of: care_of.apply(present.care_of),
            street_lines: street_lines.apply(Some(present.street_lines)).unwrap_or_default(),
            postal_code: postal_code.apply(present.postal_code),
            city,
            country,
            municipality_code: municipality_code.apply(present.municipality_code),
            period,
            source,
        }),
        _ => Err(refusals.into()),
    }
}
