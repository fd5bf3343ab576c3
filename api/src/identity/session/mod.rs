//! Sessions as people see and end them. How they begin and go on stands beside this folder.

mod document;
mod end_of_account;
mod end_others;
mod end_own;
mod list_of_account;
mod list_own;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_own::handle)
        .service(end_others::handle)
        .service(end_own::handle)
        .service(list_of_account::handle)
        .service(end_of_account::handle);
}
