//! The schedule: rooms, weekly patterns, and lessons.

pub mod lesson;
mod lesson_parts;
mod lesson_row;
pub mod room;
pub mod series;
