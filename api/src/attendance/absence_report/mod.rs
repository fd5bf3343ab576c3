//! Absence reports (sjukanmälan, frånvaroanmälan).

mod create_reports;
mod document;
mod end_report;
mod get_report;
mod list_reports;

pub(super) use create_reports::reporter;
pub(super) use document::AbsenceReportDocument;
use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(create_reports::handle)
        .service(list_reports::handle)
        .service(get_report::handle)
        .service(end_report::handle);
}
