//! Leave (ledighet): asking for it, and deciding.

mod create_request;
mod decide_request;
mod document;
mod get_request;
mod list_requests;
mod withdraw_request;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(create_request::handle)
        .service(list_requests::handle)
        .service(get_request::handle)
        .service(decide_request::handle)
        .service(withdraw_request::handle);
}
