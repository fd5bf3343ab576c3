use actix_web::{get, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{InformationClass, Scope, declared::ReadWards},
    id::PersonId,
    person::{SharedHome, relation::Right, shared_homes},
};
use skolhus_persistence::{
    DatabaseConnection,
    person::address::{self, Household},
};
use utoipa::{IntoParams, ToSchema};

use super::document::Lines;
use crate::http::{
    listing::day,
    permit::Permit,
    problem::Problem,
    query::Query,
    resource::{IdPath, PathId},
    state::State,
};

/// On which day.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WardAddressesAsked {
    /// Only the one that applies on this day.
    #[param(example = "2026-09-15")]
    valid_on: Option<NaiveDate>,
}

/// The homes that a ward shares, or has shared, with the caller.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WardAddresses {
    /// The caller's own registered addresses, on the days up to today on which the ward has the same, by first day.
    pub addresses: Vec<WardAddress>,
}

/// A home that a ward and the caller share.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WardAddress {
    /// In whose care the caller is, without the "c/o".
    #[schema(required, example = "Ek")]
    pub care_of: Option<String>,
    /// Street, box or place.
    #[schema(example = json!(["Ängsgatan 4 A"]))]
    pub street_lines: Vec<String>,
    /// Postal code.
    #[schema(required, example = "702 10")]
    pub postal_code: Option<String>,
    /// Postal town.
    #[schema(example = "Örebro")]
    pub city: String,
    /// Country, as two letters of ISO 3166-1.
    #[schema(example = "SE")]
    pub country: String,
    /// The first day on which both have it.
    #[schema(example = "2020-08-17")]
    pub from: NaiveDate,
    /// The last day on which both had it; null while both have it today.
    #[schema(required, example = json!(null))]
    pub to: Option<NaiveDate>,
}

/// Read a ward's addresses
///
/// What a guardian is shown of where a child lives, now and before: the guardian's own registered address on the
/// days on which the child has the same. Nothing is told of another home, and nothing at all where anybody in the
/// household is protected; an empty answer may mean any of it, and that nobody has entered an address.
#[utoipa::path(
    operation_id = "getWardAddresses", tag = "person",
    extensions(("x-permission" = json!("ward:read"))),
    params(IdPath, WardAddressesAsked),
    responses((status = 200, description = "The homes that both share or have shared.", body = WardAddresses))
)]
#[get("/v1/me/wards/{id}/addresses")]
pub async fn handle(
    permit: Permit<ReadWards>,
    state: web::Data<State>,
    id: PathId<PersonId>,
    asked: Query<WardAddressesAsked>,
) -> Result<web::Json<WardAddresses>, Problem> {
    let valid_on = day("validOn", asked.0.valid_on)?;
    let shown = state
        .database
        .read(permit.caller(), move |connection, scope| get_ward_addresses(connection, scope, id.0, valid_on))
        .await?;
    Ok(web::Json(shown))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`] for somebody whose record no relation opens to the caller; a failure
/// of the database.
pub fn get_ward_addresses(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: PersonId,
    valid_on: Option<NaiveDate>,
) -> Result<WardAddresses, Problem> {
    let guardian = scope.person().ok_or_else(Problem::not_found)?;
    scope
        .wards()
        .iter()
        .find(|ward| ward.person == id)
        .filter(|ward| ward.rights.has(Right::See) && ward.classes.has(InformationClass::Contact))
        .ok_or_else(Problem::not_found)?;
    let Household { ward, guardian } = address::of_household(connection, scope, id, guardian)?;
    let homes = shared_homes(&ward, &guardian, scope.today());
    let asked = homes.iter().filter(|home| valid_on.is_none_or(|day| home.is_on(day)));
    Ok(WardAddresses { addresses: asked.map(WardAddress::of).collect() })
}

impl WardAddress {
    fn of(home: &SharedHome) -> Self {
        let SharedHome { address, from, to } = home;
        let Lines { care_of, street_lines, postal_code, city, country } = Lines::of(address);
        Self { care_of, street_lines, postal_code, city, country, from: *from, to: *to }
    }
}
