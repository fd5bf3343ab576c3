//! Makes the register that is driven: any number of persons, the same for the same seed and day.
//!
//! It is written past the program and past its change log, table by table, with the databases' own drivers. That is
//! right here and nowhere else: what is made is the state of a register that has been there for years, not edits
//! that somebody made; through the interface a million and a half persons would take a day; and nothing that is
//! measured reads the changes of old. What it leaves out can be told from its absence: the log is empty, so nobody can
//! follow the rows with `modifiedAfter` until they are changed again, and `skolhus audit verify` has nothing to
//! prove. Foreign keys and triggers stay in force, so that rows which do not belong together are refused.

mod lesson_rows;
mod marks;
mod names;
mod plan;
mod postgres;
mod rows;
mod sqlite;
mod timetable;

pub use marks::{Columns, Set, mark_id};
pub use plan::{CLASS, Of, Organiser, Plan, SUBJECTS};
pub use timetable::TODAY;

use crate::Failure;

/// Fills a migrated, empty database.
pub async fn fill(url: &str, plan: &Plan) -> Result<(), Failure> {
    match url.strip_prefix("sqlite:") {
        Some(path) => sqlite::fill(path, plan),
        None => postgres::fill(url, plan).await,
    }
}
