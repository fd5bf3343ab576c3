//! The catalogue of courses, their offerings, and who teaches them (course).

#[allow(clippy::module_inception, reason = "one thing per file, under its own word")]
pub mod course;
pub mod offering;
pub mod teacher;
pub mod term_turn;
