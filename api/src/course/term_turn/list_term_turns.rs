use actix_web::{get, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageTermTurns},
    course::term_turn::TermTurnState,
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    course::term_turn::{self, TermTurnFilter, TermTurnSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::term_turn_document::{TermTurnDocument, TermTurnStateWord};
use crate::http::{
    listing::{List, Listing, Several, SortKey, values},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which turns.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only of these school units, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    school_unit_id: Option<Several<Uuid>>,
    /// Only from or to one of these terms, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    term_id: Option<Several<Uuid>>,
    /// Only in these states, separated by commas: `done`, `reversed`.
    #[param(value_type = Option<Vec<TermTurnStateWord>>, example = "done")]
    state: Option<Several<String>>,
}

impl Filters {
    fn read(self) -> Result<TermTurnFilter, Problem> {
        let Self { school_unit_id, term_id, state } = self;
        Ok(TermTurnFilter {
            school_units: values("schoolUnitId", school_unit_id, |id| Ok(Id::from_uuid(*id)))?,
            terms: values("termId", term_id, |id| Ok(Id::from_uuid(*id)))?,
            states: values("state", state, |raw| TermTurnState::from_code(raw))?,
        })
    }
}

impl SortKey for TermTurnSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("createdAt", Self::CreatedAt), ("modifiedAt", Self::ModifiedAt)];
}

/// List turns of term
///
/// The turns that were carried out, undone ones among them.
#[utoipa::path(
    operation_id = "listTermTurns", tag = "course",
    extensions(("x-permission" = json!("term-turn:manage"))),
    params(Listing<Filters, TermTurnSort>),
    responses((status = 200, description = "One page of turns.", body = List<TermTurnDocument>))
)]
#[get("/v1/term-turns")]
pub async fn handle(
    permit: Permit<ManageTermTurns>,
    state: web::Data<State>,
    listing: Listing<Filters, TermTurnSort>,
) -> Result<web::Json<List<TermTurnDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let filter = filters.read()?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_term_turns(connection, scope, &filter, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_term_turns(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &TermTurnFilter,
    request: &PageRequest<TermTurnSort>,
) -> Result<Page<TermTurnDocument>, Problem> {
    let Page { items, next, as_of } = term_turn::list(connection, scope, filter, request)?;
    Ok(Page { items: TermTurnDocument::of_all(connection, scope, items)?, next, as_of })
}
