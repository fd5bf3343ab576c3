//! The tests over HTTP: each on SQLite and on PostgreSQL. A folder per capability.

mod change;
mod course;
mod duty;
mod faults;
mod identity;
mod organisation;
mod person;
mod program;
mod structure;
