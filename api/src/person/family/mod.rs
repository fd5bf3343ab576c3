//! What families see and decide for themselves: a guardian's wards, a grown pupil's grants.

mod create_grant;
mod get_grant;
mod list_relatives;
mod list_wards;
mod withdraw_grant;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_wards::handle)
        .service(list_relatives::handle)
        .service(create_grant::handle)
        .service(get_grant::handle)
        .service(withdraw_grant::handle);
}
