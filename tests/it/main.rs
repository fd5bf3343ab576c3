//! The tests over HTTP: each on SQLite and on PostgreSQL. A folder per capability.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets what it did not expect has failed"
)]

mod access;
mod attendance;
mod change;
mod course;
mod duty;
mod education_background;
mod enrolment;
mod export;
mod faults;
mod group;
mod identity;
mod integration;
mod interface;
mod load;
mod organisation;
mod participation;
mod person;
mod program;
mod schedule;
mod structure;
mod terminology;
