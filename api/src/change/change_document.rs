//! A change as the interface shows it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::id::Id;
use skolhus_persistence::change::Fact;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{list_changes::Action, webhook_subscription::EntityWord};
use crate::http::words::words;

words! {
    /// Who made a change.
    ActorKindWord("ActorKind") = vec!["account", "client", "system"];
}

/// A change: who did what to which thing, and when; never what it says.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Change)]
pub struct ChangeDocument {
    /// Its place in the order of all changes; it grows, and a change never comes in below it later.
    #[schema(example = 4711, minimum = 1)]
    pub position: i64,
    /// The organiser.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000001")]
    pub organiser_id: Uuid,
    /// The transaction: changes with the same one were made together.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub transaction_id: Uuid,
    /// When the call came that made it.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub occurred_at: DateTime<Utc>,
    /// Who it was: a person's account, an integrator's client, or the program itself.
    #[schema(value_type = ActorKindWord, example = "account")]
    pub actor_kind: String,
    /// The account or client; null for the program itself.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub actor_id: Option<Uuid>,
    /// The roles that permitted it, separated by spaces, or the name of the program's own work.
    #[schema(example = "registrar")]
    pub actor_name: String,
    /// The permission that was used.
    #[schema(example = "organisation:manage")]
    pub permission: String,
    /// The request, as in its answer and in the logs.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    pub request_id: Uuid,
    /// What was done.
    #[schema(value_type = Action, example = "update")]
    pub action: String,
    /// What kind of thing.
    #[schema(value_type = EntityWord, example = "school unit")]
    pub entity: String,
    /// Which one.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub entity_id: Uuid,
    /// Its version after the change.
    #[schema(example = 2, minimum = 0)]
    pub version: i64,
}

impl ChangeDocument {
    /// The document of a change.
    #[must_use]
    pub fn of(fact: Fact) -> Self {
        let Fact {
            position,
            organiser,
            transaction,
            recorded_at,
            actor_kind,
            actor,
            actor_name,
            permission,
            request,
            action,
            entity,
            entity_id,
            version,
        } = fact;
        Self {
            position,
            organiser_id: organiser.uuid(),
            transaction_id: transaction,
            occurred_at: recorded_at,
            actor_kind,
            actor_id: actor,
            actor_name,
            permission,
            request_id: request,
            action,
            entity,
            entity_id,
            version,
        }
    }
}
