//! Authorities that issue the certificates of integrators' clients: one of Skolhus's own, made at need, or the organiser's.

mod document;
mod get_authority;
pub(crate) mod issuer;
pub(crate) mod issuing;
mod list_authorities;
pub mod operator;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations.service(list_authorities::handle).service(get_authority::handle);
}
