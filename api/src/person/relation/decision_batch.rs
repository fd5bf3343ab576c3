use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use skolhus_domain::{
    access::{Scope, declared::ConfirmRelations},
    id::{AccountId, Id, PersonId, RelationId},
    person::relation::{Decider, Relation, SecondPerson, no_overlapping_relation},
    refusal::{Refusal, Refusals, Rule},
    text::Text,
};
use skolhus_persistence::{
    DatabaseConnection, Tx,
    person::{
        relation::{self, RelationView},
        relation_setting,
    },
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::document::{RelationDocument, confirmed};
use crate::{
    http::{
        body::Body,
        idempotency::{IdempotencyKey, Made},
        permit::Permit,
        problem::Problem,
        state::State,
    },
    person::codes::{RelationKindCode, RightCode},
};

/// Decisions about many relations that wait.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RelationDecisionBatch {
    /// What is decided, 1 to 500 items; each relation once.
    #[validate(length(min = 1, max = 500), nested)]
    #[schema(min_items = 1, max_items = 500)]
    pub items: Vec<RelationDecision>,
}

/// What is decided about a relation that waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = RelationDecisionAction, example = "confirmation")]
pub enum Action {
    /// It takes effect. One of the kind `not-stated`, which an import has raised, gets its `kind` by this,
    /// and if wished `rights`; whoever states the kind has entered the relation, so that one with rights
    /// goes on waiting where a second person confirms, for another one's confirmation without a kind.
    Confirmation,
    /// It is not wanted: `note` says why. An import does not raise it again.
    Rejection,
}

/// One decision.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RelationDecision {
    /// What is decided.
    pub action: Action,
    /// About which relation.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000201")]
    pub relation_id: Uuid,
    /// The version that was read and is decided about; another by now is a conflict.
    #[validate(range(min = 1))]
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// Confirmation of one of the kind `not-stated`: what it rests on; neither `not-stated` nor `granted-by-adult`.
    pub kind: Option<RelationKindCode>,
    /// With `kind`: the rights, each by itself; absent: what the kind carries by default, which is nothing unless the law appoints it.
    #[validate(length(max = 5))]
    #[schema(example = json!(["see", "report-absence"]), max_items = 5)]
    pub rights: Option<Vec<RightCode>>,
    /// A note; needed for a rejection.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Kontrollerat mot folkbokföringen", min_length = 5, max_length = 500)]
    pub note: Option<String>,
}

/// What a batch of decisions made of its relations.
#[derive(Debug, Serialize, ToSchema)]
pub struct RelationDecisionBatchResult {
    /// Each item's relation as it is now, in the order of the items.
    pub data: Vec<RelationDocument>,
}

/// Decide about many relations
///
/// Confirms and rejects relations that wait: all or nothing, each refused value is named by a pointer
/// such as `/items/3/version`, and then nothing is saved. The rules are those of the decision about one:
/// a second person confirms, neither who entered it nor one of the two whom it concerns. What it would
/// change can be asked for before.
#[utoipa::path(
    operation_id = "createRelationDecisionBatch", tag = "person",
    extensions(("x-permission" = json!("relation:confirm")), ("x-idempotent" = json!(true))),
    request_body(content = RelationDecisionBatch, example = json!({ "items": [
        { "action": "confirmation", "relationId": "0199a3f0-7c00-7000-8000-000000000201", "version": 1, "note": "Kontrollerat mot folkbokföringen" },
    ] })),
    responses((status = 200, description = "Everything is decided.", body = RelationDecisionBatchResult))
)]
#[post("/v1/relation-decision-batches")]
pub async fn handle(
    permit: Permit<ConfirmRelations>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<RelationDecisionBatch>,
) -> Result<HttpResponse, Problem> {
    let caller = permit.caller().clone();
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = decide_batch(tx, scope, &body)?;
                    let handle = answer.data.iter().map(|document| json!(document.id)).collect();
                    Ok(Made { status: StatusCode::OK, handle, answer })
                },
                |tx, scope, made| read_again(tx.connection(), scope, made),
            )
        })
        .await?;
    Ok(HttpResponse::Ok().json(made.answer))
}

fn read_again(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    made: &Value,
) -> Result<RelationDecisionBatchResult, Problem> {
    let ids: Vec<RelationId> = made
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|id| Uuid::try_parse(id.as_str()?).ok().map(Id::from_uuid))
        .collect();
    shown(connection, scope, &ids)
}

/// The relations as they are, in the order asked for.
fn shown(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[RelationId],
) -> Result<RelationDecisionBatchResult, Problem> {
    let views = relation::find_many(connection, scope, ids)?;
    let views: BTreeMap<RelationId, RelationView> =
        views.into_iter().map(|view| (view.saved.id, view)).collect();
    let today = scope.today();
    let data = ids
        .iter()
        .map(|id| views.get(id).map(|view| RelationDocument::of(view, today)).ok_or_else(Problem::not_found));
    Ok(RelationDecisionBatchResult { data: data.collect::<Result<_, _>>()? })
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`], `Conflict`; a failure of the database.
pub fn decide_batch(
    tx: &mut Tx<'_>,
    scope: &Scope,
    request: &RelationDecisionBatch,
) -> Result<RelationDecisionBatchResult, Problem> {
    let ids: Vec<RelationId> = request.items.iter().map(|item| Id::from_uuid(item.relation_id)).collect();
    let found = relation::find_many(tx.connection(), scope, &ids)?;
    let persons: BTreeSet<PersonId> = found.iter().map(|view| view.saved.value.person).collect();
    relation::lock_many(tx, &persons.into_iter().collect::<Vec<_>>())?;
    let decided = decided(tx.connection(), scope, request)?;
    let changes: Vec<_> =
        decided.into_iter().map(|Decided { view, after, .. }| (view.saved, after)).collect();
    relation::update_many(tx, scope, &changes, Some("decided with others in one call"))?;
    shown(tx.connection(), scope, &ids)
}

/// A relation that waits, and what a decision makes of it.
pub(super) struct Decided {
    pub(super) view: RelationView,
    pub(super) after: Relation,
    /// The other relations over the same person, as they are.
    pub(super) others: Vec<Relation>,
}

/// What the decisions come to, in the order of the items; in a number of statements that does not grow
/// with them.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`], `Conflict`; a failure of the database.
pub(super) fn decided(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    request: &RelationDecisionBatch,
) -> Result<Vec<Decided>, Problem> {
    let ids: Vec<RelationId> = request.items.iter().map(|item| Id::from_uuid(item.relation_id)).collect();
    let mut views: BTreeMap<RelationId, RelationView> =
        relation::find_many(connection, scope, &ids)?.into_iter().map(|view| (view.saved.id, view)).collect();
    let known: BTreeSet<RelationId> = views.keys().copied().collect();
    let persons: BTreeSet<PersonId> = views.values().map(|view| view.saved.value.person).collect();
    let persons: Vec<PersonId> = persons.into_iter().collect();
    let around = relation::of_persons(connection, scope, &persons)?;
    let accounts: BTreeSet<AccountId> =
        views.values().filter_map(|view| view.saved.value.entered_by).collect();
    let entered_by = relation::persons_of_accounts(connection, scope, accounts.into_iter().collect())?;
    let second_person = relation_setting::in_force(connection, scope)?;
    let mut refusals = Refusals::default();
    let mut made: Vec<Decided> = Vec::with_capacity(request.items.len());
    for (place, item) in request.items.iter().enumerate() {
        let at = format!("/items/{place}");
        let id: RelationId = Id::from_uuid(item.relation_id);
        let Some(view) = views.remove(&id) else {
            let (rule, detail) = if known.contains(&id) {
                (Rule::Duplicate, "the relation stands twice")
            } else {
                (Rule::UnknownReference, "there is no such relation")
            };
            refusals.0.push(Refusal::new(rule, detail).at("/relationId").at(&at));
            continue;
        };
        let before = &view.saved.value;
        let decider = Decider {
            account: scope.account(),
            person: scope.person(),
            entered_by_person: before.entered_by.and_then(|account| entered_by.get(&account).copied()),
        };
        let after = item.decide(&view, &decider, second_person);
        let Some(after) = refusals.note(&at, after) else { continue };
        let others =
            around.iter().filter(|other| other.saved.id != id).map(|other| other.saved.value.clone());
        let others: Vec<Relation> = others.filter(|other| other.person == after.person).collect();
        // What this call makes of the others counts as well.
        let alike = others.iter().chain(made.iter().map(|made| &made.after));
        if before.kind != after.kind
            && let Err(refusal) = no_overlapping_relation(&after, alike)
        {
            refusals.0.push(Refusal { pointer: String::new(), ..refusal }.at("/kind").at(&at));
            continue;
        }
        made.push(Decided { view, after, others });
    }
    refusals.finish().map_err(Problem::from)?;
    Ok(made)
}

impl RelationDecision {
    fn decide(
        &self,
        view: &RelationView,
        decider: &Decider,
        second_person: SecondPerson,
    ) -> Result<Relation, Refusal> {
        if self.version != view.saved.version {
            return Err(Refusal::new(Rule::State, "it has changed meanwhile; read it anew").at("/version"));
        }
        let note = self.note.as_deref().map(|note| Text::lines(note, 500)).transpose();
        let note = note.map_err(|refusal| refusal.at("/note"))?;
        let before = &view.saved.value;
        match (self.action, self.kind) {
            (Action::Rejection, _) => {
                let stray = [(self.kind.is_some(), "/kind"), (self.rights.is_some(), "/rights")];
                if let Some((_, pointer)) = stray.iter().find(|(stands, _)| *stands) {
                    return Err(Refusal::new(Rule::Conflict, "does not belong to a rejection").at(pointer));
                }
                let note = note.ok_or_else(|| Refusal::new(Rule::Required, "says why").at("/note"))?;
                before.reject(decider, note)
            }
            (Action::Confirmation, kind) => {
                confirmed(before, kind, self.rights.as_deref(), note, decider, second_person)
            }
        }
    }
}
