use actix_web::{get, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Scope, declared::ManageParticipations},
    id::{Id, SchoolUnitId},
    participation::above_full_time,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    participation::{self, PaceSort, ParallelStudies},
};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    enrolment::ListedName,
    http::{
        listing::{List, Listing, Several, SortKey, day, values},
        permit::Permit,
        problem::Problem,
        state::State,
    },
};

/// Whose pace.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only persons of these school units, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    school_unit_id: Option<Several<Uuid>>,
    /// Only what is on this day or later; today unless given.
    #[param(example = "2026-08-17")]
    on_or_after: Option<NaiveDate>,
}

impl SortKey for PaceSort {
    const KEYS: &'static [(&'static str, Self)] = &[("name", Self::Name)];
}

/// A person whose participations add up to more than full time.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaceWarning {
    /// Who.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// The person's name.
    pub person_name: ListedName,
    /// The first day on which they do, not before the day asked for.
    #[schema(example = "2026-08-17")]
    pub from: NaiveDate,
    /// The highest sum from then on, in percent of full time.
    #[schema(example = 160, minimum = 101)]
    pub percent: u32,
    /// The outermost offerings that the person takes part in on the day asked for or later.
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-0000000000d1"]))]
    pub offering_ids: Vec<Uuid>,
}

/// List persons above full time
///
/// A work list: persons whose participations add up to more than 100 percent on some day, by name in
/// Swedish order. Only outermost offerings count, since parts are not studies beside the whole; nothing
/// is refused for it. A page may hold fewer rows than asked for; the walk ends where `pageToken` is null.
/// Persons with protected identity are not on it.
#[utoipa::path(
    operation_id = "listPaceWarnings", tag = "participation",
    extensions(("x-permission" = json!("participation:manage"))),
    params(Listing<Filters, PaceSort>),
    responses((status = 200, description = "One page of persons.", body = List<PaceWarning>))
)]
#[get("/v1/pace-warnings")]
pub async fn handle(
    permit: Permit<ManageParticipations>,
    state: web::Data<State>,
    listing: Listing<Filters, PaceSort>,
) -> Result<web::Json<List<PaceWarning>>, Problem> {
    let (Filters { school_unit_id, on_or_after }, request, walker) = listing.request(&state, &permit)?;
    let units = values("schoolUnitId", school_unit_id, |id| Ok(Id::from_uuid(*id)))?;
    let from = day("onOrAfter", on_or_after)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| {
            list_pace_warnings(connection, scope, &units, from, &request)
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_pace_warnings(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    units: &[SchoolUnitId],
    from: Option<NaiveDate>,
    request: &PageRequest<PaceSort>,
) -> Result<Page<PaceWarning>, Problem> {
    let from = from.unwrap_or_else(|| scope.today());
    let mut page =
        participation::parallel_studies(connection, scope, units, from, request)?.try_map(|studies| {
            let ParallelStudies { person, name, participations } = studies;
            let warning = above_full_time(&participations, from).map(|(first, percent)| PaceWarning {
                person_id: person.uuid(),
                person_name: ListedName::of(&name),
                from: first,
                percent,
                offering_ids: participations
                    .iter()
                    .map(|participation| participation.offering().uuid())
                    .collect(),
            });
            Ok::<_, Problem>(warning.into_iter().collect::<Vec<_>>())
        })?;
    let items = std::mem::take(&mut page.items).into_iter().flatten().collect();
    Ok(Page { items, next: page.next, as_of: page.as_of })
}
