//! Absence reports (sjukanmälan, frånvaroanmälan).

mod create_reports;
mod document;
mod end_report;
mod get_report;
mod list_reports;

pub(super) use create_reports::reporter;
pub(super) use document::AbsenceReportDocument;
pub(super) use end_report::ender;
pub(super) use get_report::find;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(create_reports::handle)
        .service(list_reports::handle)
        .service(get_report::handle)
        .service(end_report::handle);
}
