//! A turn that was carried out, as the interface shows it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::{
    access::Scope,
    course::term_turn::{TermTurn, TermTurnState, TurnedAction},
    id::{Id, TermTurnId},
};
use skolhus_persistence::{
    DatabaseConnection, Error, Saved, TURNED,
    course::term_turn::{self, TurnedCount},
};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::words::{codes, words};

words! {
    /// How a turn stands: it holds, or it was undone.
    TermTurnStateWord("TermTurnState") = codes!(TermTurnState);
    /// What a turn did to a record: it was entered, or it got another last day.
    TurnedActionWord("TermTurnAction") = codes!(TurnedAction);
    /// A kind of record, in the words of the change log.
    TurnedEntityWord("TermTurnEntity") = TURNED.iter().map(|turned| turned.entity).collect();
}

/// A turn of term that was carried out.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TermTurn)]
pub struct TermTurnDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was made.
    #[schema(example = "2026-12-10T13:10:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-12-10T13:10:00Z")]
    pub modified_at: DateTime<Utc>,
    /// The school unit whose term turned.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Uuid,
    /// The term that ended.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub from_term_id: Uuid,
    /// The term that began.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d2")]
    pub to_term_id: Uuid,
    /// Whether it holds.
    #[schema(value_type = TermTurnStateWord, example = "done")]
    pub state: &'static str,
    /// Why it was undone.
    #[schema(example = json!(null))]
    pub reversal_reason: Option<String>,
    /// When it was undone.
    #[schema(example = json!(null))]
    pub reversed_at: Option<DateTime<Utc>>,
    /// How much it made and ended, everybody counted.
    pub counts: Vec<TurnedCountDocument>,
}

/// How many records of a kind a turn made or ended.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TermTurnCount)]
pub struct TurnedCountDocument {
    /// The kind.
    #[schema(value_type = TurnedEntityWord, example = "course offering")]
    pub entity: &'static str,
    /// What was done to them.
    #[schema(value_type = TurnedActionWord, example = "made")]
    pub action: &'static str,
    /// How many.
    #[schema(example = 120, minimum = 1)]
    pub records: i64,
}

impl TermTurnDocument {
    fn of(saved: Saved<TermTurnId, TermTurn>, counts: Vec<TurnedCount>) -> Self {
        let Saved { id, version, created_at, modified_at, value } = saved;
        let state = value.state().code();
        let TermTurn { school_unit, from, to, reversal } = value;
        let (reversal_reason, reversed_at) =
            reversal.map(|(reason, when)| (reason.into_string(), when)).unzip();
        let counts = counts.into_iter().map(|TurnedCount { entity, action, records }| TurnedCountDocument {
            entity,
            action: action.code(),
            records,
        });
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            school_unit_id: school_unit.uuid(),
            from_term_id: from.uuid(),
            to_term_id: to.uuid(),
            state,
            reversal_reason,
            reversed_at,
            counts: counts.collect(),
        }
    }

    /// The documents of turns, in their order: one statement.
    ///
    /// # Errors
    /// A failure of the database.
    pub(super) fn of_all(
        connection: &mut DatabaseConnection,
        scope: &Scope,
        turns: Vec<Saved<TermTurnId, TermTurn>>,
    ) -> Result<Vec<Self>, Error> {
        let ids: Vec<TermTurnId> = turns.iter().map(|turn| turn.id).collect();
        let mut counts: BTreeMap<TermTurnId, Vec<TurnedCount>> = BTreeMap::new();
        for (turn, count) in term_turn::counts(connection, scope, &ids)? {
            counts.entry(turn).or_default().push(count);
        }
        let documents = turns.into_iter().map(|turn| {
            let counts = counts.remove(&turn.id).unwrap_or_default();
            Self::of(turn, counts)
        });
        Ok(documents.collect())
    }
}
