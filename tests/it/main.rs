//! The tests over HTTP: each on SQLite and on PostgreSQL. A folder per capability.

mod change;
mod identity;
mod organisation;
mod structure;
