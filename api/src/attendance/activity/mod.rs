//! Activity in offerings without lessons (distance), by the day and by the week.

mod document;
mod get_activity;
mod get_figures;
mod path;
mod save_activity;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations.service(get_activity::handle).service(save_activity::handle).service(get_figures::handle);
}
