use std::collections::BTreeSet;

use actix_web::{post, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::DisclosePersons},
    id::{Id, PersonId},
};
use skolhus_persistence::{
    Page, PageRequest, Tx,
    person::relation::{self, RelationFilter, RelationSort},
};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use crate::{
    http::{
        body::Body,
        listing::{List, Listing, Several},
        permit::Permit,
        problem::Problem,
        state::State,
    },
    person::{
        codes::{RelationStateCode, SourceCode},
        relation::{RelationDocument, reason_of},
    },
};

/// Which relations.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only in these states, separated by commas; `waiting` is what somebody is to decide.
    #[param(value_type = Option<Vec<RelationStateCode>>, example = "waiting")]
    state: Option<Several<RelationStateCode>>,
    /// Only from these sources, separated by commas; `import` is what rosters have named.
    #[param(value_type = Option<Vec<SourceCode>>, example = "import")]
    source: Option<Several<SourceCode>>,
}

/// Over whom, and why.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SearchProtectedRelations {
    /// Only those over this person.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Option<Uuid>,
    /// The reason, as it will stand in the log; it tells nothing of the persons.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Ny dom om vårdnaden", min_length = 5, max_length = 500)]
    pub reason: String,
}

/// List relations of protected persons
///
/// Relations with a protected person at either end, which stand in no other list: what imports have named
/// waits here out of everybody else's sight, and joins the ordinary list when the protection is lifted.
/// `rightsToday` counts who is cleared. Each person shown is logged with the reason.
#[utoipa::path(
    operation_id = "searchProtectedRelations", tag = "person",
    extensions(("x-permission" = json!("person:disclose"))),
    params(Listing<Filters, RelationSort>),
    request_body(content = SearchProtectedRelations, example = json!({ "reason": "Genomgång av vad importen har angett om skyddade" })),
    responses((status = 200, description = "One page of relations.", body = List<RelationDocument>))
)]
#[post("/v1/protected-relations/search")]
pub async fn handle(
    permit: Permit<DisclosePersons>,
    state: web::Data<State>,
    listing: Listing<Filters, RelationSort>,
    body: Body<SearchProtectedRelations>,
) -> Result<web::Json<List<RelationDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .write(permit.caller(), move |tx, scope| {
            search_protected_relations(tx, scope, &filters, &request, &body)
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`] for the reason; a failure of the database.
pub fn search_protected_relations(
    tx: &mut Tx<'_>,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<RelationSort>,
    asked: &SearchProtectedRelations,
) -> Result<Page<RelationDocument>, Problem> {
    let SearchProtectedRelations { person_id, reason } = asked;
    let reason = reason_of(reason)?;
    let Filters { state, source } = filters;
    let filter = RelationFilter {
        persons: person_id.iter().copied().map(PersonId::from_uuid).collect(),
        states: state.iter().flat_map(|states| states.0.iter().map(|state| (*state).into())).collect(),
        sources: source.iter().flat_map(|sources| sources.0.iter().map(|source| (*source).into())).collect(),
        ..RelationFilter::default()
    };
    let page = relation::list_protected(tx, scope, &filter, request)?;
    let shown: BTreeSet<PersonId> =
        page.items.iter().flat_map(|view| [view.saved.value.person, view.saved.value.relative]).collect();
    tx.record_access(&reason, &shown.into_iter().collect::<Vec<_>>());
    let today = scope.today();
    page.try_map(|view| Ok(RelationDocument::of(&view, today)))
}
