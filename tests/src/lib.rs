//! The test harness: a server in the test's process, its own database per test from a
//! template, the same test on SQLite and on PostgreSQL.

#![allow(clippy::indexing_slicing, reason = "a harness that indexes wrongly fails its test, as it should")]

pub mod bankid;
pub mod certificates;
pub mod cluster;
pub mod database;
pub mod demo;
pub mod family;
pub mod oidc;
pub mod proof;
pub mod raw;
pub mod register;
pub mod scratch;
pub mod server;
pub mod signing;
pub mod texts;
