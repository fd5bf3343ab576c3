//! The test harness: a server in the test's process, its own database per test from a
//! template, the same test on SQLite and on PostgreSQL.

pub mod cluster;
pub mod database;
pub mod demo;
pub mod raw;
pub mod register;
pub mod server;
