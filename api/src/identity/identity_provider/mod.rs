//! The identity providers that an organiser lets its people log in with.

mod create_provider;
mod document;
mod get_provider;
mod list_providers;
mod update_provider;
mod withdraw_provider;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_providers::handle)
        .service(create_provider::handle)
        .service(get_provider::handle)
        .service(update_provider::handle)
        .service(withdraw_provider::handle);
}
