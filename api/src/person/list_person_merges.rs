use actix_web::{get, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::MergePersons},
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    person::merge::{self, MergeFilter, MergeSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::{codes::MergeStateCode, merge::PersonMergeDocument};
use crate::http::{
    listing::{List, Listing, Several, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which merges.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only in these states, separated by commas: `merged`, `reversed`.
    #[param(value_type = Option<Vec<MergeStateCode>>, example = "merged")]
    state: Option<Several<MergeStateCode>>,
    /// Only those that kept or withdrew the record of one of these persons, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    person_id: Option<Several<Uuid>>,
}

impl SortKey for MergeSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("createdAt", Self::CreatedAt), ("modifiedAt", Self::ModifiedAt)];
}

/// List merges
///
/// The merges of records, undone ones among them; those for one school unit alone see none.
#[utoipa::path(
    operation_id = "listPersonMerges", tag = "person",
    extensions(("x-permission" = json!("person:merge"))),
    params(Listing<Filters, MergeSort>),
    responses((status = 200, description = "One page of merges.", body = List<PersonMergeDocument>))
)]
#[get("/v1/person-merges")]
pub async fn handle(
    permit: Permit<MergePersons>,
    state: web::Data<State>,
    listing: Listing<Filters, MergeSort>,
) -> Result<web::Json<List<PersonMergeDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| {
            list_person_merges(connection, scope, &filters, &request)
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_person_merges(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<MergeSort>,
) -> Result<Page<PersonMergeDocument>, Problem> {
    let Filters { state, person_id } = filters;
    let filter = MergeFilter {
        states: state.iter().flat_map(|states| states.0.iter().map(|state| (*state).into())).collect(),
        persons: person_id.iter().flat_map(|ids| ids.0.iter().copied().map(Id::from_uuid)).collect(),
    };
    merge::list(connection, scope, &filter, request)?.try_map(|saved| Ok(PersonMergeDocument::of(saved)))
}
