use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadRelations},
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    person::relation::{self, RelationFilter, RelationSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::document::RelationDocument;
use crate::{
    http::{
        listing::{List, Listing, Several, SortKey, day},
        permit::Permit,
        problem::Problem,
        state::State,
    },
    person::codes::{RelationKindCode, RelationStateCode, SourceCode},
};

/// Which relations.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only over these persons, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    person_id: Option<Several<Uuid>>,
    /// Only of these relatives, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000c2")]
    relative_id: Option<Several<Uuid>>,
    /// Only of these kinds, separated by commas: `guardian`, `appointed-guardian`, `child-god-man`, `foster-home`, `contact-only`, `adult-god-man`, `administrator`, `granted-by-adult`, `not-stated`.
    #[param(value_type = Option<Vec<RelationKindCode>>, example = "guardian,appointed-guardian")]
    kind: Option<Several<RelationKindCode>>,
    /// Only in these states, separated by commas; `waiting,change-waiting` is the list of what waits for a second person.
    #[param(value_type = Option<Vec<RelationStateCode>>, example = "waiting,change-waiting")]
    state: Option<Several<RelationStateCode>>,
    /// Only from these sources, separated by commas; `import` with `state=waiting` is what imports have named and nobody has decided.
    #[param(value_type = Option<Vec<SourceCode>>, example = "import")]
    source: Option<Several<SourceCode>>,
    /// Only raised by these imports, by the ids of their jobs, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000f1")]
    import_job_id: Option<Several<Uuid>>,
    /// Only over persons who belong to one of these school units, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-000000000011")]
    school_unit_id: Option<Several<Uuid>>,
    /// Only those whose days this day is among.
    #[param(example = "2026-08-17")]
    valid_on: Option<NaiveDate>,
}

impl SortKey for RelationSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("name", Self::Name), ("periodFrom", Self::PeriodFrom), ("modifiedAt", Self::ModifiedAt)];
}

/// List relations
///
/// Relations over the persons within reach, by the name of the person over whom they are unless
/// asked otherwise. Relations of protected persons are not among them.
#[utoipa::path(
    operation_id = "listRelations", tag = "person",
    extensions(("x-permission" = json!("relation:read"))),
    params(Listing<Filters, RelationSort>),
    responses((status = 200, description = "One page of relations.", body = List<RelationDocument>))
)]
#[get("/v1/relations")]
pub async fn handle(
    permit: Permit<ReadRelations>,
    state: web::Data<State>,
    listing: Listing<Filters, RelationSort>,
) -> Result<web::Json<List<RelationDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_relations(connection, scope, &filters, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::MalformedParameter`]; a failure of the database.
pub fn list_relations(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<RelationSort>,
) -> Result<Page<RelationDocument>, Problem> {
    fn ids<T: Id>(filter: &Option<Several<Uuid>>) -> Vec<T> {
        filter.iter().flat_map(|ids| ids.0.iter().copied().map(T::from_uuid)).collect()
    }
    let Filters { person_id, relative_id, kind, state, source, import_job_id, school_unit_id, valid_on } =
        filters;
    let filter = RelationFilter {
        persons: ids(person_id),
        relatives: ids(relative_id),
        kinds: kind.iter().flat_map(|kinds| kinds.0.iter().map(|kind| (*kind).into())).collect(),
        states: state.iter().flat_map(|states| states.0.iter().map(|state| (*state).into())).collect(),
        sources: source.iter().flat_map(|sources| sources.0.iter().map(|source| (*source).into())).collect(),
        import_jobs: ids(import_job_id),
        school_units: ids(school_unit_id),
        valid_on: day("validOn", *valid_on)?,
    };
    let today = scope.today();
    relation::list(connection, scope, &filter, request)?
        .try_map(|view| Ok(RelationDocument::of(&view, today)))
}
