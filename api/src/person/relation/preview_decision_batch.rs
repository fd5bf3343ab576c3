use std::collections::BTreeSet;

use actix_web::{post, web};
use serde::Serialize;
use skolhus_domain::{
    access::{Scope, declared::ConfirmRelations},
    id::{Id, PersonId},
    person::relation::{Against, Between, Relation, RelationState},
};
use skolhus_persistence::{DatabaseConnection, person::contact_ban};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    decision_batch::{Decided, RelationDecisionBatch, decided},
    preview_relation::{RelationPreview, documents},
};
use crate::{
    http::{body::Body, permit::Permit, problem::Problem, state::State},
    person::codes::{RelationKindCode, RelationStateCode},
};

/// What a decision would make of a relation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RelationDecisionPreview {
    /// The relation.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000201")]
    pub relation_id: Uuid,
    /// What it would rest on.
    pub kind: RelationKindCode,
    /// How far it would have come.
    pub state: RelationStateCode,
    /// Who would gain or lose what.
    pub preview: RelationPreview,
}

/// What a batch of decisions would make of its relations.
#[derive(Debug, Serialize, ToSchema)]
pub struct RelationDecisionBatchPreview {
    /// Each item's, in the order of the items.
    pub data: Vec<RelationDecisionPreview>,
}

/// Preview decisions about many relations
///
/// Who would gain or lose what, from today on, if these decisions were made. It is refused as they would
/// be, and nothing is saved.
#[utoipa::path(
    operation_id = "previewRelationDecisionBatch", tag = "person",
    extensions(("x-permission" = json!("relation:confirm"))),
    request_body(content = RelationDecisionBatch, example = json!({ "items": [
        { "action": "confirmation", "relationId": "0199a3f0-7c00-7000-8000-000000000201", "version": 1 },
    ] })),
    responses((status = 200, description = "What would change.", body = RelationDecisionBatchPreview))
)]
#[post("/v1/relation-decision-batch-previews")]
pub async fn handle(
    permit: Permit<ConfirmRelations>,
    state: web::Data<State>,
    body: Body<RelationDecisionBatch>,
) -> Result<web::Json<RelationDecisionBatchPreview>, Problem> {
    let preview = state
        .database
        .read(permit.caller(), move |connection, scope| preview_decision_batch(connection, scope, &body))
        .await?;
    Ok(web::Json(preview))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`], `Conflict`; a failure of the database.
pub fn preview_decision_batch(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    request: &RelationDecisionBatch,
) -> Result<RelationDecisionBatchPreview, Problem> {
    let decided = decided(connection, scope, request)?;
    let persons: BTreeSet<PersonId> = decided.iter().map(|decided| decided.after.person).collect();
    let persons: Vec<PersonId> = persons.into_iter().collect();
    let described: BTreeSet<PersonId> = contact_ban::of_persons(connection, scope, &persons)?
        .into_iter()
        .filter(|ban| matches!(ban.saved.value.against, Against::Described(_)))
        .map(|ban| ban.saved.value.person)
        .collect();
    let data = decided.iter().map(|decided| {
        let described = described.contains(&decided.after.person);
        RelationDecisionPreview::of(decided, described, scope)
    });
    Ok(RelationDecisionBatchPreview { data: data.collect() })
}

impl RelationDecisionPreview {
    fn of(decided: &Decided, described: bool, scope: &Scope) -> Self {
        let Decided { view, after, others } = decided;
        let of_pair: Vec<Relation> =
            others.iter().filter(|other| other.relative == after.relative).cloned().collect();
        let case = |relation: &Relation| {
            let relations = of_pair.iter().chain(std::iter::once(relation)).cloned().collect();
            Between { birth_date: view.birth_date, relations, bans: view.bans.clone() }
        };
        let waits = after.state == RelationState::Waiting;
        let confirmed = match after.state {
            RelationState::Waiting => Relation { state: RelationState::Confirmed, ..after.clone() },
            _ => after.clone(),
        };
        let notes = [
            (view.birth_date.is_none(), "birth-date-unknown"),
            (!view.bans.is_empty(), "banned"),
            (described, "described-ban"),
        ];
        let cases = [&case(&view.saved.value), &case(after), &case(&confirmed)];
        Self {
            relation_id: view.saved.id.uuid(),
            kind: after.kind.into(),
            state: after.state.into(),
            preview: RelationPreview {
                person_id: after.person.uuid(),
                relative_id: after.relative.uuid(),
                waits_for_second_person: waits,
                spans: documents(scope.today(), cases),
                notes: notes.into_iter().filter(|(there, _)| *there).map(|(_, note)| note).collect(),
            },
        }
    }
}
