//! Rooms, lessons and weekly patterns, their clashes, and calendars of them.

mod clashes;
mod feeds;
mod ics;
mod lessons;
mod rooms;
mod series;
pub(crate) mod staff;
