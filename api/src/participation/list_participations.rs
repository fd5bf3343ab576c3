use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadParticipations},
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    participation::{self, ParticipationFilter, ParticipationSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::{
    participation_document::{OriginName, ParticipationDocument},
    state_document::StateName,
};
use crate::http::{
    listing::{List, Listing, Several, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which participations.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only in these offerings, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    offering_id: Option<Several<Uuid>>,
    /// Only of these persons, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    person_id: Option<Several<Uuid>>,
    /// Only in offerings of these school units, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    school_unit_id: Option<Several<Uuid>>,
    /// Only in offerings that cover one of these terms, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a7")]
    term_id: Option<Several<Uuid>>,
    /// Only in these states, separated by commas.
    #[param(value_type = Option<Vec<StateName>>, example = "active,study-break")]
    state: Option<Several<StateName>>,
    /// Only those that came to be like this.
    #[param(value_type = Option<String>, example = "groups", pattern = "^(direct|groups)$")]
    origin: Option<OriginName>,
    /// Only those who are participants on this day, as far as it is known; study breaks do not
    /// interrupt that.
    #[param(example = "2026-08-17")]
    active_on: Option<NaiveDate>,
}

impl SortKey for ParticipationSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("name", Self::Name), ("periodFrom", Self::PeriodFrom), ("modifiedAt", Self::ModifiedAt)];
}

/// List participations
///
/// The roster: participations (deltaganden) with the names of their persons, in Swedish order of
/// name unless asked otherwise. Teachers see the participants of what they teach today,
/// participants themselves. Persons with protected identity are on it for their own teachers, under the name that their
/// handling plan shows, and for nobody else, though their places are counted with the offering.
#[utoipa::path(
    operation_id = "listParticipations", tag = "participation",
    extensions(("x-permission" = json!("participation:read"))),
    params(Listing<Filters, ParticipationSort>),
    responses((status = 200, description = "One page of participations.", body = List<ParticipationDocument>))
)]
#[get("/v1/participations")]
pub async fn handle(
    permit: Permit<ReadParticipations>,
    state: web::Data<State>,
    listing: Listing<Filters, ParticipationSort>,
) -> Result<web::Json<List<ParticipationDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| {
            list_participations(connection, scope, &filters, &request)
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_participations(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<ParticipationSort>,
) -> Result<Page<ParticipationDocument>, Problem> {
    fn ids<I: Id>(values: Option<&Several<Uuid>>) -> Vec<I> {
        values.into_iter().flat_map(|values| values.0.iter().copied().map(I::from_uuid)).collect()
    }
    let Filters { offering_id, person_id, school_unit_id, term_id, state, origin, active_on } = filters;
    let filter = ParticipationFilter {
        offerings: ids(offering_id.as_ref()),
        persons: ids(person_id.as_ref()),
        school_units: ids(school_unit_id.as_ref()),
        terms: ids(term_id.as_ref()),
        states: state.iter().flat_map(|states| states.0.iter().map(|state| state.code())).collect(),
        origin: origin.map(OriginName::origin),
        active_on: *active_on,
    };
    let page = participation::list(connection, scope, &filter, request)?;
    page.try_map(|named| Ok(ParticipationDocument::of(named, scope)))
}
