//! What identity providers call the owners of accounts (externa identiteter), as those see it who decide about providers, and their
//! owners.

mod create_identity;
mod document;
mod get_identity;
mod list_identities;
mod list_own;
mod withdraw_identity;
mod withdraw_own;

use crate::http::operations::Operations;

pub(crate) use document::ExternalIdentityDocument;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_identities::handle)
        .service(create_identity::handle)
        .service(get_identity::handle)
        .service(withdraw_identity::handle)
        .service(list_own::handle)
        .service(withdraw_own::handle);
}
