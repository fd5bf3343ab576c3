//! Rooms, lessons and weekly patterns.

mod clashes;
mod lessons;
mod rooms;
mod series;
pub(crate) mod staff;
