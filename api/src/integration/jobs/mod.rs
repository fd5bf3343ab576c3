//! Jobs: long work, its progress and its report.

mod approve_job;
mod cancel_job;
mod document;
mod get_job;
mod list_job_rows;
mod list_jobs;

use crate::http::operations::Operations;

pub use document::{Counts, FamilyChanges, JobDocument, Progress, Results, StopDocument};

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_jobs::handle)
        .service(get_job::handle)
        .service(list_job_rows::handle)
        .service(approve_job::handle)
        .service(cancel_job::handle);
}
