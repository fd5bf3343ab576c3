//! Rooms, lessons and weekly patterns, and calendars of them.

mod feeds;
mod ics;
mod lessons;
mod rooms;
mod series;
pub(crate) mod staff;
