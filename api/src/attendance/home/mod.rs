//! The duty to tell those at home the same day: notices, cases, and the registers that nobody has closed.

mod case_document;
pub mod deadline;
mod end_case;
mod get_case;
mod list_cases;
mod list_notices;
mod list_unclosed;
mod notice_document;
mod receive_notice;
mod see_to;

pub use see_to::see_to;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_notices::handle)
        .service(receive_notice::handle)
        .service(list_cases::handle)
        .service(get_case::handle)
        .service(end_case::handle)
        .service(list_unclosed::handle);
}
