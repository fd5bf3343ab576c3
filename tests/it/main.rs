//! The tests over HTTP: each on SQLite and on PostgreSQL. A folder per capability.

mod integration;
mod organisation;
mod structure;
