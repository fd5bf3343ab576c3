//! Clearings as the interface shows them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::{
    access::Scope,
    id::{AccountId, ClearingId, Id},
    person::{Grant, relation::Clearing},
    text::Text,
};
use skolhus_persistence::{
    Saved, Tx,
    person::clearing::{self, SavedClearing},
};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{http::problem::Problem, person::codes::ClearingStateCode};

/// A relative who is cleared to know of a protected person, or would be.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Clearing)]
pub struct ClearingDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000211")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was entered.
    #[schema(example = "2026-08-17T08:10:00+02:00")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T08:10:00+02:00")]
    pub modified_at: DateTime<Utc>,
    /// Who is protected.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Who is cleared.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c2")]
    pub relative_id: Uuid,
    /// How far it has come; only `confirmed` clears.
    pub state: ClearingStateCode,
    /// Why it was entered.
    #[schema(example = "Modern är ensam vårdnadshavare")]
    pub reason: String,
    /// The account that entered it; null for the program.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub entered_by_id: Option<Uuid>,
    /// The account that confirmed or rejected it.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-0000000000d2")]
    pub decided_by_id: Option<Uuid>,
    /// What was noted with the decision.
    #[schema(required, example = "Kontrollerat mot domen")]
    pub decision_note: Option<String>,
}

impl ClearingDocument {
    /// The document of a clearing.
    #[must_use]
    pub fn of(saved: &SavedClearing) -> Self {
        let Saved { id, version, created_at, modified_at, value } = saved;
        let Clearing { person, relative, state, reason, entered_by, decided_by, decision_note } = value;
        Self {
            id: id.uuid(),
            version: *version,
            created_at: *created_at,
            modified_at: *modified_at,
            person_id: person.uuid(),
            relative_id: relative.uuid(),
            state: (*state).into(),
            reason: reason.as_str().to_owned(),
            entered_by_id: entered_by.map(AccountId::uuid),
            decided_by_id: decided_by.map(AccountId::uuid),
            decision_note: decision_note.as_ref().map(|note| note.as_str().to_owned()),
        }
    }
}

/// The clearing, with the access to the protected person recorded, or 404.
pub(super) fn opened(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ClearingId,
    why: &Text,
) -> Result<SavedClearing, Problem> {
    let person = clearing::person_of(tx, scope, id)?.ok_or_else(Problem::not_found)?;
    let grant: Grant = tx.record_access(why, &[person]);
    let all = clearing::of_person(tx, scope, person, &grant)?;
    all.into_iter().find(|saved| saved.id == id).ok_or_else(Problem::not_found)
}
