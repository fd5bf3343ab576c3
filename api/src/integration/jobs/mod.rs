//! Jobs: long work, its progress and its report.

mod approve_job;
mod cancel_job;
mod document;
mod get_job;
mod list_job_rows;
mod list_jobs;

use utoipa_actix_web::service_config::ServiceConfig;

pub use document::{Counts, FamilyChanges, JobDocument, Progress, Results, StopDocument};

/// Mounts the operations.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(list_jobs::handle)
        .service(get_job::handle)
        .service(list_job_rows::handle)
        .service(approve_job::handle)
        .service(cancel_job::handle);
}
