//! Where persons live, over time: what staff keep, what everybody sees of themselves, and what a
//! guardian is shown of a ward.

mod create_address;
mod document;
mod get_address;
mod get_own_addresses;
mod get_ward_addresses;
mod list_addresses;
mod update_address;
mod withdraw_address;

use crate::http::operations::Operations;

pub(in crate::person) use document::{AddressDocument, AddressFields, check_municipalities};

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_addresses::handle)
        .service(create_address::handle)
        .service(get_address::handle)
        .service(update_address::handle)
        .service(withdraw_address::handle)
        .service(get_own_addresses::handle)
        .service(get_ward_addresses::handle);
}
