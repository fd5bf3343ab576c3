//! What a change says without its details: who, when, what.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use skolhus_domain::id::OrganiserId;
use uuid::Uuid;

use crate::{
    core::types::{Ts, Uid},
    schema::changes,
};

/// A change's row.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = changes)]
pub(crate) struct FactRow {
    pub(crate) organiser_id: Uid,
    pub(crate) transaction_id: Uid,
    pub(crate) ordinal: i32,
    pub(crate) recorded_at: Ts,
    pub(crate) actor_kind: String,
    pub(crate) actor_id: Option<Uid>,
    pub(crate) session_id: Option<Uid>,
    pub(crate) actor_name: String,
    pub(crate) permission: String,
    pub(crate) request_id: Uid,
    pub(crate) action: String,
    pub(crate) entity: String,
    pub(crate) entity_id: Uid,
    pub(crate) version: i64,
    pub(crate) details_hash: String,
    pub(crate) position: Option<i64>,
}

/// The columns of a [`FactRow`], for statements written as text.
pub(crate) const FACT_COLUMNS: &str = "changes.organiser_id, changes.transaction_id, changes.ordinal, \
    changes.recorded_at, changes.actor_kind, changes.actor_id, changes.session_id, changes.actor_name, \
    changes.permission, changes.request_id, changes.action, changes.entity, changes.entity_id, \
    changes.version, changes.details_hash, changes.position";

/// One change, as readers of the log see it. It holds no personal content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// Its place in the order of all changes, from 1.
    pub position: i64,
    /// The tenant.
    pub organiser: OrganiserId,
    /// The transaction: changes with the same one were made together.
    pub transaction: Uuid,
    /// When the call came that made it.
    pub recorded_at: DateTime<Utc>,
    /// `account`, `client` or `system`.
    pub actor_kind: String,
    /// The account or client.
    pub actor: Option<Uuid>,
    /// The roles that permitted it, or the name of the program's own work.
    pub actor_name: String,
    /// The permission that was used.
    pub permission: String,
    /// The request.
    pub request: Uuid,
    /// `insert`, `update`, `withdraw` or `access`.
    pub action: String,
    /// The word for the thing.
    pub entity: String,
    /// Which one.
    pub entity_id: Uuid,
    /// Its version after the change.
    pub version: i64,
}

impl FactRow {
    /// The fact, if the change has its position.
    pub(crate) fn into_fact(self) -> Option<Fact> {
        let Self {
            organiser_id,
            transaction_id,
            ordinal: _,
            recorded_at,
            actor_kind,
            actor_id,
            session_id: _,
            actor_name,
            permission,
            request_id,
            action,
            entity,
            entity_id,
            version,
            details_hash: _,
            position,
        } = self;
        Some(Fact {
            position: position?,
            organiser: organiser_id.to(),
            transaction: transaction_id.0,
            recorded_at: recorded_at.0,
            actor_kind,
            actor: actor_id.map(|id| id.0),
            actor_name,
            permission,
            request: request_id.0,
            action,
            entity,
            entity_id: entity_id.0,
            version,
        })
    }
}
