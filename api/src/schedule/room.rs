//! A room as the interface shows it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::{
    access::Scope,
    id::{Id, RoomId},
    refusal::{Refusal, Rule},
    schedule::{Room, RoomKind},
};
use skolhus_persistence::{Saved, Tx, schedule::room};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{
    problem::Problem,
    words::{codes, words},
};

words! {
    /// What it is: a room (lokal), or another thing (resurs) that lessons take up.
    RoomKindWord("RoomKind") = codes!(RoomKind);
}

/// A room (lokal) of a school unit, or another thing (resurs) that lessons take up.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Room)]
pub struct RoomDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000301")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was entered.
    #[schema(example = "2026-06-01T08:10:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-06-01T08:10:00Z")]
    pub modified_at: DateTime<Utc>,
    /// Whose.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Uuid,
    /// What it is.
    #[schema(value_type = RoomKindWord, example = "room")]
    pub kind: String,
    /// What it is called.
    #[schema(example = "Sal 114")]
    pub name: String,
    /// How many find a place in it; null where nobody has counted, and of a resource.
    #[schema(required, example = 28, minimum = 1, maximum = 10000)]
    pub seats: Option<u16>,
    /// Whether several lessons share it on purpose, as a sports hall; else one lesson has it at a time.
    #[schema(example = false)]
    pub is_shared: bool,
}

impl RoomDocument {
    /// The document of a saved room.
    #[must_use]
    pub fn of(saved: Saved<RoomId, Room>) -> Self {
        let Saved { id, version, created_at, modified_at, value } = saved;
        let Room { school_unit, kind, name, seats, is_shared } = value;
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            school_unit_id: school_unit.uuid(),
            kind: kind.code().to_owned(),
            name: name.into_string(),
            seats,
            is_shared,
        }
    }
}

/// Checks that no other room of the school unit has the name. The unit is held.
///
/// # Errors
/// [`Rule::Duplicate`] at `/name`; a failure of the database.
pub(super) fn no_namesake(tx: &mut Tx<'_>, scope: &Scope, id: RoomId, room: &Room) -> Result<(), Problem> {
    if room::has_namesake(tx.connection(), scope, id, room)? {
        let detail = "another room of the school unit has this name";
        return Err(Refusal::new(Rule::Duplicate, detail).at("/name").into());
    }
    Ok(())
}
