//! Issuers other than ourselves (utfärdare), whose tokens are accepted where a client's are. An administrator says which; what a
//! token of one may do is what the client may that it stands for, and no more than the token says.

mod claims;
mod create_issuer;
mod document;
mod get_issuer;
mod issuers;
mod list_issuers;
mod update_issuer;
mod withdraw_issuer;

use crate::http::operations::Operations;

pub use issuers::Issuers;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_issuers::handle)
        .service(create_issuer::handle)
        .service(get_issuer::handle)
        .service(update_issuer::handle)
        .service(withdraw_issuer::handle);
}
