//! Rooms, lessons and weekly patterns.

mod lessons;
mod rooms;
mod series;
pub(crate) mod staff;
