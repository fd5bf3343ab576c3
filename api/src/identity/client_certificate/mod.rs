//! Certificates of integrators' clients: ordered, seen and revoked by themselves, and what they show.

mod create_certificate;
pub(crate) mod document;
mod get_certificate;
mod list_certificates;
pub mod notices;
mod path;
mod request;
mod revoke_certificate;
pub(crate) mod shown;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_certificates::handle)
        .service(create_certificate::handle)
        .service(get_certificate::handle)
        .service(revoke_certificate::handle);
}
