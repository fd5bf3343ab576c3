//! Clearings: which relatives may know of a protected person.

mod confirm_clearing;
mod create_clearing;
mod document;
mod reject_clearing;
mod withdraw_clearing;

use crate::http::operations::Operations;

pub(in crate::person) use document::ClearingDocument;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(create_clearing::handle)
        .service(confirm_clearing::handle)
        .service(reject_clearing::handle)
        .service(withdraw_clearing::handle);
}
