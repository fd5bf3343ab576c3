//! Participations (deltaganden): rows, finders, the roster.

mod find;
mod roster;
mod row;
mod write;

pub use find::{Beside, beside, find, find_many, find_named, occupied, of_offerings};
pub use roster::{Named, ParticipationFilter, ParticipationSort, list};
pub use write::{because, insert_many, lock_offerings, update_many, withdraw};
