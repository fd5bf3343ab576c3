//! Rooms, lessons and weekly patterns.

mod clashes;
mod lessons;
mod rooms;
mod series;
mod speed_tmp;
pub(crate) mod staff;
