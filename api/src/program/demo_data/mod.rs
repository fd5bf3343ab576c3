//! The demonstration: a folk high school with its courses, participants and staff, and a small school with its
//! classes and families. Everybody in it is invented; identity numbers are official test numbers; every run makes the same.

mod fill;
mod homes;
mod lessons;
mod names;
pub mod plan;
mod primary_school;

pub use fill::{PASSWORD, accounts, fill};
