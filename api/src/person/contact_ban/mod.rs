//! Contact bans and barred relatives: what overrides every relation.

mod confirm_contact_ban;
mod create_contact_ban;
mod document;
mod get_contact_ban;
mod lift_contact_ban;
mod list_contact_bans;
mod preview_contact_ban;
mod reject_contact_ban;
mod update_contact_ban;

pub(in crate::person) use confirm_contact_ban::confirm;
pub(in crate::person) use create_contact_ban::{CreateContactBan, enter};
pub(in crate::person) use document::ContactBanDocument;
pub(in crate::person) use lift_contact_ban::{LiftContactBan, LiftedContactBan, lift};
pub(in crate::person) use reject_contact_ban::reject;
pub(in crate::person) use update_contact_ban::{UpdateContactBan, change};

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_contact_bans::handle)
        .service(create_contact_ban::handle)
        .service(get_contact_ban::handle)
        .service(update_contact_ban::handle)
        .service(lift_contact_ban::handle)
        .service(confirm_contact_ban::handle)
        .service(reject_contact_ban::handle)
        .service(preview_contact_ban::handle);
}
