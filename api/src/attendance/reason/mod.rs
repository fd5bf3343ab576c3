//! Reasons for absence (frånvaroorsaker), where the organiser asks for them: stated by those who register and report,
//! read apart from everything else, and forgotten after some days.

mod document;
mod lesson;
mod list_reasons;
mod report;
mod state_lesson_reason;
mod state_report_reason;
mod stated;
mod withdraw_lesson_reason;
mod withdraw_report_reason;

pub(super) use report::last_day;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(state_lesson_reason::handle)
        .service(withdraw_lesson_reason::handle)
        .service(state_report_reason::handle)
        .service(withdraw_report_reason::handle)
        .service(list_reasons::handle);
}
