//! Roles given to accounts (behörighet). What a role permits is the domain's policy.

mod create_role_assignment;
mod get_role_assignment;
pub(crate) mod last_administrator;
mod list_role_assignments;
mod role_assignment;
mod search_person_readers;
mod update_role_assignment;
mod withdraw_role_assignment;

pub(crate) use role_assignment::RoleName;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_role_assignments::handle)
        .service(create_role_assignment::handle)
        .service(get_role_assignment::handle)
        .service(update_role_assignment::handle)
        .service(withdraw_role_assignment::handle)
        .service(search_person_readers::handle);
}
