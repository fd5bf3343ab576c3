//! Keys of integrators' clients, which sign who they are.

mod create_key;
mod document;
mod get_key;
mod list_keys;
mod path;
mod withdraw_key;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_keys::handle)
        .service(create_key::handle)
        .service(get_key::handle)
        .service(withdraw_key::handle);
}
