//! The catalogue of courses and subjects, and their offerings (kurstillfällen) at school units.

#[allow(clippy::module_inception, reason = "one thing per file, under its own word")]
mod course;
mod measure;
mod offering;
mod part_of;
mod places;
mod teacher;
pub mod term_turn;

#[cfg(test)]
pub(crate) use offering::tests as offering_tests;

pub use course::{Course, CourseKind, NewCourse};
pub use measure::{Pace, PlannedTime};
pub use offering::{NewOffering, Offering, OfferingContext, StudyForm};
pub use part_of::{DEEPEST, outermost};
pub use places::{admit, places_left};
pub use teacher::{NewOfferingTeacher, OfferingTeacher, TeacherRole, no_overlapping_teacher};
