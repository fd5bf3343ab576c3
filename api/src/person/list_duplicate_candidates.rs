use actix_web::{get, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManagePersons},
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    person::duplicate::{self, CandidateFilter, CandidateSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::{codes::DuplicateClassCode, duplicate::DuplicateCandidateDocument};
use crate::http::{
    listing::{List, Listing, Several, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which pairs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only of these classes, separated by commas: `certain`, `likely`, `possible`.
    #[param(value_type = Option<Vec<DuplicateClassCode>>, example = "certain,likely")]
    class: Option<Several<DuplicateClassCode>>,
    /// Only the dismissed ones, or only the others. Those that nobody has dismissed, unless given.
    #[param(example = false)]
    dismissed: Option<bool>,
    /// Only pairs of which one belongs to one of these school units, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    school_unit_id: Option<Several<Uuid>>,
}

impl SortKey for CandidateSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("createdAt", Self::CreatedAt), ("modifiedAt", Self::ModifiedAt), ("score", Self::Score)];
}

/// List likely duplicates
///
/// Pairs of records within reach that may be one person's, found whenever a person is entered or changed; a moment
/// may pass. Merge the two, or dismiss the pair.
#[utoipa::path(
    operation_id = "listDuplicateCandidates", tag = "person",
    extensions(("x-permission" = json!("person:manage"))),
    params(Listing<Filters, CandidateSort>),
    responses((status = 200, description = "One page of pairs.", body = List<DuplicateCandidateDocument>))
)]
#[get("/v1/duplicate-candidates")]
pub async fn handle(
    permit: Permit<ManagePersons>,
    state: web::Data<State>,
    listing: Listing<Filters, CandidateSort>,
) -> Result<web::Json<List<DuplicateCandidateDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| {
            list_duplicate_candidates(connection, scope, &filters, &request)
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_duplicate_candidates(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<CandidateSort>,
) -> Result<Page<DuplicateCandidateDocument>, Problem> {
    let Filters { class, dismissed, school_unit_id } = filters;
    let filter = CandidateFilter {
        classes: class.iter().flat_map(|classes| classes.0.iter().map(|class| (*class).into())).collect(),
        dismissed: Some(dismissed.unwrap_or(false)),
        school_units: school_unit_id
            .iter()
            .flat_map(|ids| ids.0.iter().copied().map(Id::from_uuid))
            .collect(),
    };
    let page = duplicate::list(connection, scope, &filter, request)?;
    let persons = duplicate::persons_of(connection, scope, &page.items)?;
    page.try_map(|saved| DuplicateCandidateDocument::of(&saved, &persons, scope))
}
