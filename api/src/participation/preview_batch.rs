use actix_web::{post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Scope, declared::ManageParticipations},
    id::{GroupId, Id, ParticipationId, PersonId},
    participation::StateCode,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    DatabaseConnection,
    participation::{self, ParticipationFilter, ParticipationSort},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    batch::{Action, BatchItem, ParticipationBatch, apply_batch},
    state_document::StateName,
};
use crate::{
    group::members_on,
    http::{
        batch::{BatchPreview, MOST_ITEMS, either, first, preview, selected, too_many},
        body::Body,
        period::PeriodDocument,
        permit::Permit,
        problem::Problem,
        state::State,
    },
};

/// A batch to preview: its items, or a selection and what would be done to each of it.
#[derive(Clone, Deserialize, Serialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviewParticipationBatch {
    /// The items of the batch.
    #[validate(length(min = 1, max = 500), nested)]
    #[schema(min_items = 1, max_items = 500)]
    pub items: Option<Vec<BatchItem>>,
    /// Instead: what is selected, with `change`.
    #[validate(nested)]
    pub selection: Option<ParticipationSelection>,
    /// With `selection`: what would be done to each.
    #[validate(nested)]
    pub change: Option<ParticipationSelectionChange>,
}

/// What is selected: participations, or where the change is a creation the members of groups.
#[derive(Clone, Deserialize, Serialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ParticipationSelection {
    /// Participations in these offerings.
    #[serde(default)]
    #[validate(length(max = 100))]
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-0000000000d1"]), max_items = 100)]
    pub offering_ids: Vec<Uuid>,
    /// Of those who belong to these groups on the day `on`.
    #[serde(default)]
    #[validate(length(max = 100))]
    #[schema(example = json!([]), max_items = 100)]
    pub group_ids: Vec<Uuid>,
    /// Of these persons.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(example = json!([]), max_items = 500)]
    pub person_ids: Vec<Uuid>,
    /// In these states.
    #[serde(default)]
    #[validate(length(max = 10))]
    #[schema(value_type = Vec<StateName>, example = json!(["active"]), max_items = 10)]
    pub states: Vec<StateName>,
    /// The day on which members of groups count; today unless given.
    #[schema(example = "2026-12-18")]
    pub on: Option<NaiveDate>,
    /// How many there may be; where there are more, nothing is selected.
    #[validate(range(min = 1, max = 500))]
    #[schema(example = 100, minimum = 1, maximum = 500)]
    pub limit: u32,
}

/// What would be done to each that is selected: the fields of a batch's item that say so.
#[derive(Clone, Deserialize, Serialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ParticipationSelectionChange {
    /// What is done.
    pub action: Action,
    /// Creation: in which offering. Move: to which.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub offering_id: Option<Uuid>,
    /// Creation: from which day to which; the offering's own days unless given.
    #[validate(nested)]
    pub period: Option<PeriodDocument>,
    /// Creation, pace: pace of study in percent of full time.
    #[validate(range(min = 1, max = 100))]
    #[schema(example = 75, minimum = 1, maximum = 100)]
    pub pace_percent: Option<i32>,
    /// Creation: who pays, as a code of the table of funding sources.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "state-grant", min_length = 1, max_length = 40, pattern = "^[A-Za-z0-9-]+$")]
    pub funding_code: Option<String>,
    /// Start, return, interruption, completion, cancellation, move: the day.
    #[schema(example = "2026-12-18")]
    pub on: Option<NaiveDate>,
    /// Study break, pace: from which day.
    #[schema(example = "2026-10-05")]
    pub from: Option<NaiveDate>,
    /// Study break: the planned last day away.
    #[schema(example = "2026-11-01")]
    pub to: Option<NaiveDate>,
    /// Interruption, cancellation, move: why.
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "Byter inriktning", min_length = 1, max_length = 500)]
    pub reason: Option<String>,
}

/// Preview a batch of participations
///
/// What `POST /v1/participation-batches` would be answered with: whether every item could be done, and each
/// refused value by its place. Nothing is changed. What is not written as the batch is written is refused as by the batch.
/// A selection becomes items with the present versions, ready to be
/// sent; persons with protected identity are in no selection.
#[utoipa::path(
    operation_id = "previewParticipationBatch", tag = "participation",
    extensions(("x-permission" = json!("participation:manage"))),
    request_body(content = PreviewParticipationBatch, example = json!({
        "selection": { "offeringIds": ["0199a3f0-7c00-7000-8000-0000000000d1"], "states": ["active"], "limit": 100 },
        "change": { "action": "completion", "on": "2026-12-18" },
    })),
    responses((status = 200, description = "What it would come to.", body = BatchPreview<BatchItem>))
)]
#[post("/v1/participation-batches/preview")]
pub async fn handle(
    permit: Permit<ManageParticipations>,
    state: web::Data<State>,
    body: Body<PreviewParticipationBatch>,
) -> Result<web::Json<BatchPreview<BatchItem>>, Problem> {
    let fresh: Vec<ParticipationId> = (0..MOST_ITEMS).map(|_| state.fresh()).collect();
    let work = move |tx: &mut skolhus_persistence::Tx<'_>, scope: &Scope| {
        let items = body.items(tx.connection(), scope)?;
        let batch = ParticipationBatch { items: items.clone() };
        let tried = apply_batch(tx, scope, &fresh, &batch).map(drop);
        Ok((items, tried))
    };
    Ok(web::Json(preview(&state.database, permit.caller(), work).await?))
}

impl PreviewParticipationBatch {
    fn items(&self, connection: &mut DatabaseConnection, scope: &Scope) -> Result<Vec<BatchItem>, Problem> {
        match self {
            Self { items: Some(items), selection: None, change: None } => Ok(items.clone()),
            Self { items: None, selection: Some(selection), change: Some(change) } => {
                selection.items(connection, scope, change)
            }
            _ => Err(either()),
        }
    }
}

impl ParticipationSelection {
    fn items(
        &self,
        connection: &mut DatabaseConnection,
        scope: &Scope,
        change: &ParticipationSelectionChange,
    ) -> Result<Vec<BatchItem>, Problem> {
        let Self { offering_ids, group_ids, person_ids, states, on, limit } = self;
        let mut persons: Vec<PersonId> = person_ids.iter().copied().map(Id::from_uuid).collect();
        if !group_ids.is_empty() {
            let groups: Vec<GroupId> = group_ids.iter().copied().map(Id::from_uuid).collect();
            persons = members_on(connection, scope, &groups, &persons, on.unwrap_or_else(|| scope.today()))?
                .ok_or_else(|| too_many(*limit))?;
            if persons.is_empty() {
                return selected(Vec::new());
            }
            if persons.is_empty() {
                return selected(Vec::new());
            }
        }
        if change.action == Action::Creation {
            if persons.len() > usize::try_from(*limit).unwrap_or(MOST_ITEMS) {
                return Err(too_many(*limit));
            }
            return selected(persons.into_iter().map(|person| change.item(Some(person), None)).collect());
        }
        let filter = ParticipationFilter {
            offerings: offering_ids.iter().copied().map(Id::from_uuid).collect(),
            persons,
            states: states.iter().map(|state| state.code()).collect::<Vec<StateCode>>(),
            ..ParticipationFilter::default()
        };
        if filter.offerings.is_empty() && filter.persons.is_empty() {
            let detail = "select by offering, group or person";
            return Err(Refusal::new(Rule::Required, detail).at("/selection/offeringIds").into());
        }
        let found = participation::list(connection, scope, &filter, &first::<ParticipationSort>(*limit))?;
        if found.next.is_some() {
            return Err(too_many(*limit));
        }
        let items = found.items.into_iter().map(|named| {
            let saved = named.saved;
            change.item(None, Some((saved.id, saved.version)))
        });
        selected(items.collect())
    }
}

impl ParticipationSelectionChange {
    /// The item of one that is selected.
    fn item(&self, person: Option<PersonId>, participation: Option<(ParticipationId, i64)>) -> BatchItem {
        let Self { action, offering_id, period, pace_percent, funding_code, on, from, to, reason } =
            self.clone();
        BatchItem {
            action,
            id: None,
            person_id: person.map(Id::uuid),
            offering_id,
            period,
            pace_percent,
            funding_code,
            participation_id: participation.map(|(id, _)| id.uuid()),
            version: participation.map(|(_, version)| version),
            on,
            from,
            to,
            reason,
        }
    }
}
