//! Contact bans that concern somebody protected: entered, changed and lifted by those who hold the separate
//! permission, by the same rules as all others.

mod confirm_protected_contact_ban;
mod create_protected_contact_ban;
mod disclose_protected_contact_ban;
mod lift_protected_contact_ban;
mod open;
mod reject_protected_contact_ban;
mod search_protected_contact_bans;
mod update_protected_contact_ban;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(search_protected_contact_bans::handle)
        .service(create_protected_contact_ban::handle)
        .service(disclose_protected_contact_ban::handle)
        .service(update_protected_contact_ban::handle)
        .service(lift_protected_contact_ban::handle)
        .service(confirm_protected_contact_ban::handle)
        .service(reject_protected_contact_ban::handle);
}
