//! The tests over HTTP: each on SQLite and on PostgreSQL. A folder per capability.

mod change;
mod course;
mod duty;
mod faults;
mod identity;
mod integration;
mod interface;
mod organisation;
mod participation;
mod person;
mod program;
mod structure;
