//! The test harness.

pub mod cluster;
