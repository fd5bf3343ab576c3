//! The demonstration: a folk high school with its courses, participants and staff. Everybody
//! in it is invented; identity numbers are official test numbers; every run makes the same.

mod fill;
mod names;
pub mod plan;

pub use fill::{PASSWORD, accounts, fill};
