//! Exemptions (undantag): single persons who are not expected in a lesson of an offering that they take part in.

mod document;
mod get_exemption;
mod list_exemptions;
mod save_exemption;
mod withdraw_exemption;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_exemptions::handle)
        .service(get_exemption::handle)
        .service(save_exemption::handle)
        .service(withdraw_exemption::handle);
}
