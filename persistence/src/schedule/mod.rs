//! The schedule: rooms, weekly patterns, lessons, their clashes, and the calendars that are made of them.

pub mod calendar;
pub mod calendar_feed;
pub mod clash;
mod clash_statements;
pub mod lesson;
mod lesson_parts;
mod lesson_row;
pub mod room;
pub mod series;
pub mod setting;
