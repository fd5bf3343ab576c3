//! The organiser's settings of logins.

mod document;
mod get_settings;
mod save_settings;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations.service(get_settings::handle).service(save_settings::handle);
}
