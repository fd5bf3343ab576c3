//! Jobs, their reports, and what imports remember about their sources.

pub mod job;
pub mod job_row;
pub mod source;
