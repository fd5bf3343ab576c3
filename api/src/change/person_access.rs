//! When a record was opened, as the person or their guardian is told of it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::id::Id;
use skolhus_persistence::change::person_access::PersonAccess;
use utoipa::ToSchema;
use uuid::Uuid;

/// When, in which role and what for somebody opened a record; not who it was.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PersonAccess)]
pub struct PersonAccessDocument {
    /// When.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub occurred_at: DateTime<Utc>,
    /// The roles that permitted it.
    #[schema(example = json!(["protection-officer"]))]
    pub roles: Vec<String>,
    /// The school units that those roles were for; empty where one of them was for the whole organiser.
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-0000000000a2"]))]
    pub school_unit_ids: Vec<Uuid>,
    /// What was permitted.
    #[schema(example = "person:disclose")]
    pub permission: String,
    /// What for, in the words of whoever opened it; null once it is no longer kept.
    #[schema(required, example = "Kallelse till antagningssamtal, ärende 2026-114")]
    pub purpose: Option<String>,
}

impl PersonAccessDocument {
    /// The document of an opening.
    #[must_use]
    pub fn of(opened: PersonAccess) -> Self {
        let PersonAccess { at, roles, school_units, permission, purpose } = opened;
        Self {
            occurred_at: at,
            roles,
            school_unit_ids: school_units.into_iter().map(Id::uuid).collect(),
            permission,
            purpose,
        }
    }
}
