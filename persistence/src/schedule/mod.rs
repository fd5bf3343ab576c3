//! The schedule: rooms, weekly patterns, lessons, and their clashes.

pub mod clash;
pub mod lesson;
mod lesson_parts;
mod lesson_row;
pub mod room;
pub mod series;
pub mod setting;
