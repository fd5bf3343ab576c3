//! OneRoster 1.2 CSV: a roster as a folder or zip of CSV files, bulk or delta.
//!
//! In the order of an import (the first four need no database):
//!
//! 1. [`source`] opens the set and refuses what is not one ([`source::Roster::open`]);
//! 2. [`rows`] reads each file as a stream of typed rows, each problem with file, line and field;
//! 3. [`check`] looks at the set as a whole, with bounded memory: duplicates, references, periods;
//! 4. [`plan`] holds what a run would add, change and end, and stops one that would end too much;
//! 5. [`import`] compares the set with the register, and saves what differs;
//! 6. [`families`] says in plain words what that would mean for families.
//!
//! What a row says never stands in a problem: only its place, the rule, and what would be right.
//! Passwords, and the columns on ethnicity and origin, are never read into memory as values.

pub mod check;
pub mod families;
pub mod import;
mod lines;
mod operator;
pub mod plan;
pub mod problem;
pub mod rows;
pub mod source;
mod start_import;

use crate::http::operations::Operations;

pub use operator::{Imported, import_folder_or_zip, names_in};
pub use start_import::{ImportSettings, LARGEST_UPLOAD, SCHOOL_TYPE, queue};

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations.service(start_import::handle);
}

#[cfg(test)]
mod tests;
