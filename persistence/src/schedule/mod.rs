//! The schedule: rooms, weekly patterns, lessons, and the calendars that are made of them.

pub mod calendar;
pub mod calendar_feed;
pub mod lesson;
mod lesson_parts;
mod lesson_row;
pub mod room;
pub mod series;
