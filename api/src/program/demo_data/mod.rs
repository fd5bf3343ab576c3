//! The demonstration: a folk high school with its courses, participants and staff. The
//! same every time, with official test identity numbers only.

mod names;
pub mod plan;
