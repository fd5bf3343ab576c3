use actix_web::{get, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Scope, declared::ManageTermTurns},
    course::term_turn::TurnedAction,
    id::TermTurnId,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest, TURNED,
    course::term_turn::{self, TurnedFilter, TurnedRecord, TurnedSort},
};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::term_turn_document::{TurnedActionWord, TurnedEntityWord};
use crate::http::{
    listing::{List, Listing, Several, SortKey, values},
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// A record that a turn made or ended.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TermTurnRecord)]
pub struct TurnedRecordDocument {
    /// Its kind.
    #[schema(value_type = TurnedEntityWord, example = "course offering")]
    pub entity: &'static str,
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c6")]
    pub record_id: Uuid,
    /// What was done to it.
    #[schema(value_type = TurnedActionWord, example = "made")]
    pub action: &'static str,
    /// What it was made from, where there is one.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c5")]
    pub source_id: Option<Uuid>,
    /// Its version after the turn.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// Of what was ended: the last day it had, if it had one.
    #[schema(example = json!(null))]
    pub former_last_day: Option<NaiveDate>,
}

impl TurnedRecordDocument {
    fn of(record: TurnedRecord) -> Self {
        let TurnedRecord { entity, record, action, source, version, former_last_day } = record;
        Self { entity, record_id: record, action: action.code(), source_id: source, version, former_last_day }
    }
}

/// Which records.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only of these kinds, separated by commas.
    #[param(value_type = Option<Vec<TurnedEntityWord>>, example = "course offering")]
    entity: Option<Several<String>>,
    /// Only those that were `made`, or `ended`, separated by commas.
    #[param(value_type = Option<Vec<TurnedActionWord>>, example = "made")]
    action: Option<Several<String>>,
}

impl Filters {
    fn read(self) -> Result<TurnedFilter, Problem> {
        let Self { entity, action } = self;
        let known = |raw: &String| {
            let found = TURNED.iter().find(|turned| turned.entity == raw);
            let unknown = || Refusal::new(Rule::UnknownCode, "a turn makes no record of this kind");
            found.map(|turned| turned.entity.to_owned()).ok_or_else(unknown)
        };
        Ok(TurnedFilter {
            entities: values("entity", entity, known)?,
            actions: values("action", action, |raw| TurnedAction::from_code(raw))?,
        })
    }
}

impl SortKey for TurnedSort {
    const KEYS: &'static [(&'static str, Self)] = &[("entity", Self::Entity)];
}

/// List what a turn of term made
///
/// The records that a turn made and ended, by kind; those of persons with protected identity are not among
/// them. What was undone is listed as it was made.
#[utoipa::path(
    operation_id = "listTermTurnRecords", tag = "course",
    extensions(("x-permission" = json!("term-turn:manage"))),
    params(IdPath, Listing<Filters, TurnedSort>),
    responses((status = 200, description = "One page of records.", body = List<TurnedRecordDocument>))
)]
#[get("/v1/term-turns/{id}/records")]
pub async fn handle(
    permit: Permit<ManageTermTurns>,
    state: web::Data<State>,
    id: PathId<TermTurnId>,
    listing: Listing<Filters, TurnedSort>,
) -> Result<web::Json<List<TurnedRecordDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let filter = filters.read()?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| {
            list_term_turn_records(connection, scope, id.0, &filter, &request)
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn list_term_turn_records(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: TermTurnId,
    filter: &TurnedFilter,
    request: &PageRequest<TurnedSort>,
) -> Result<Page<TurnedRecordDocument>, Problem> {
    let turn = term_turn::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    // What a turn made is kept with it, and changes no more.
    if request.modified_after.is_some_and(|after| turn.created_at <= after) {
        return Ok(Page { items: Vec::new(), next: None, as_of: None });
    }
    term_turn::list_records(connection, scope, id, filter, request)?
        .try_map(|record| Ok(TurnedRecordDocument::of(record)))
}
