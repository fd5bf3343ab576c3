//! Duties: persons who work at school units (duty).

mod create_duty;
#[allow(clippy::module_inception, reason = "one thing per file, under its own word")]
mod duty;
mod get_duty;
mod list_duties;
mod update_duty;
mod withdraw_duty;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_duties::handle)
        .service(create_duty::handle)
        .service(get_duty::handle)
        .service(update_duty::handle)
        .service(withdraw_duty::handle);
}
