use actix_web::{get, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadEducationBackgrounds},
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    education_background::{self, EducationBackgroundFilter, EducationBackgroundSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::document::EducationBackgroundDocument;
use crate::http::{
    listing::{List, Listing, Several, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only of these persons, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    person_id: Option<Several<Uuid>>,
    /// Only of those enrolled at these school units, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    school_unit_id: Option<Several<Uuid>>,
    /// Only of those who take part in these course offerings, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a5")]
    offering_id: Option<Several<Uuid>>,
    /// Only with these values certified, as codes of the table `education-background` separated by commas.
    #[param(value_type = Option<Vec<String>>, example = "compulsory,upper-secondary-two-year")]
    certified_code: Option<Several<String>>,
    /// Only those that somebody should certify (true), or those that nobody need (false).
    #[param(example = true)]
    waits_for_certification: Option<bool>,
}

impl SortKey for EducationBackgroundSort {
    const KEYS: &'static [(&'static str, Self)] = &[("name", Self::Name), ("statedOn", Self::StatedOn)];
}

/// List education backgrounds
///
/// Everybody within reach who is or was enrolled, in Swedish order of name, with what they stated of their education and what
/// the school has certified; with `waitsForCertification=true` the queue of those that somebody should certify, those who
/// have stated nothing among them. Persons with protected identity are not on it.
#[utoipa::path(
    operation_id = "listEducationBackgrounds", tag = "education-background",
    extensions(("x-permission" = json!("education-background:read"))),
    params(Listing<Filters, EducationBackgroundSort>),
    responses((status = 200, description = "One page of education backgrounds.", body = List<EducationBackgroundDocument>))
)]
#[get("/v1/education-backgrounds")]
pub async fn handle(
    permit: Permit<ReadEducationBackgrounds>,
    state: web::Data<State>,
    listing: Listing<Filters, EducationBackgroundSort>,
) -> Result<web::Json<List<EducationBackgroundDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| {
            list_education_backgrounds(connection, scope, &filters, &request)
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_education_backgrounds(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<EducationBackgroundSort>,
) -> Result<Page<EducationBackgroundDocument>, Problem> {
    let Filters { person_id, school_unit_id, offering_id, certified_code, waits_for_certification } = filters;
    fn ids<I: Id>(several: &Option<Several<Uuid>>) -> Vec<I> {
        several.iter().flat_map(|ids| ids.0.iter().copied().map(I::from_uuid)).collect()
    }
    let filter = EducationBackgroundFilter {
        persons: ids(person_id),
        school_units: ids(school_unit_id),
        offerings: ids(offering_id),
        certified: certified_code.iter().flat_map(|codes| codes.0.iter().cloned()).collect(),
        waits: *waits_for_certification,
    };
    let page = education_background::list(connection, scope, &filter, request)?;
    page.try_map(|view| Ok(EducationBackgroundDocument::of(&view)))
}
