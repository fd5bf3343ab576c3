//! Rooms, and other things that lessons take up.

use crate::code::coded;
use crate::id::SchoolUnitId;
use crate::refusal::{Refusal, Refusals, Rule};
use crate::text::Text;

coded! {
    /// What it is.
    RoomKind("kind of room") {
        /// Lokal, sal.
        Room = "room",
        /// Resurs: a projector, a minibus, a set of tablets.
        Resource = "resource",
    }
}

/// A room (lokal) of a school unit, or another thing (resurs) that lessons take up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Room {
    /// Whose.
    pub school_unit: SchoolUnitId,
    /// What it is.
    pub kind: RoomKind,
    /// What it is called, 1 to 100 characters; no two of a school unit have the same name.
    pub name: Text,
    /// How many find a place in it, 1 to 10,000; none where nobody has counted.
    pub seats: Option<u16>,
    /// Whether several lessons share it on purpose, as a sports hall: else one lesson has it at a time.
    pub is_shared: bool,
}

/// A room as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewRoom<'a> {
    /// Whose.
    pub school_unit: SchoolUnitId,
    /// A code of [`RoomKind`].
    pub kind: &'a str,
    /// 1 to 100 characters.
    pub name: &'a str,
    /// 1 to 10,000.
    pub seats: Option<u16>,
    /// Whether several lessons share it on purpose.
    pub is_shared: bool,
}

impl NewRoom<'_> {
    /// Checks every field.
    ///
    /// # Errors
    /// At `/kind`, `/name` and `/seats` ([`Rule::Conflict`] for a resource: it has none).
    pub fn validate(self) -> Result<Room, Refusals> {
        let Self { school_unit, kind, name, seats, is_shared } = self;
        let mut refusals = Refusals::default();
        let kind = refusals.note("/kind", RoomKind::from_code(kind));
        let name = refusals.note("/name", Text::line(name, 100));
        if seats.is_some_and(|seats| !(1..=10_000).contains(&seats)) {
            refusals.0.push(Refusal::new(Rule::OutOfRange, "a room has 1 to 10,000 seats").at("/seats"));
        }
        if kind == Some(RoomKind::Resource) && seats.is_some() {
            refusals.0.push(Refusal::new(Rule::Conflict, "a resource has no seats").at("/seats"));
        }
        match (kind, name, refusals.finish()) {
            (Some(kind), Some(name), Ok(())) => Ok(Room { school_unit, kind, name, seats, is_shared }),
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}
