//! Groups, their members and staff, and the offerings they drive (group).

mod create_group;
mod create_membership;
mod get_group;
mod get_membership;
mod get_offering_groups;
mod group_document;
mod list_groups;
mod list_members;
mod list_memberships;
mod membership_batch;
mod membership_document;
mod memberships;
mod preview_membership_batch;
mod save_group_assignments;
mod save_offering_groups;
mod update_group;
mod update_membership;
mod withdraw_group;
mod withdraw_membership;

use crate::http::operations::Operations;

pub(crate) use list_members::members_on;
pub(crate) use save_offering_groups::take_groups_off;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_groups::handle)
        .service(create_group::handle)
        .service(get_group::handle)
        .service(update_group::handle)
        .service(withdraw_group::handle)
        .service(save_group_assignments::handle)
        .service(list_members::handle)
        .service(list_memberships::handle)
        .service(create_membership::handle)
        .service(get_membership::handle)
        .service(update_membership::handle)
        .service(withdraw_membership::handle)
        .service(membership_batch::handle)
        .service(preview_membership_batch::handle)
        .service(get_offering_groups::handle)
        .service(save_offering_groups::handle);
}
