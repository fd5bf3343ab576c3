//! Handling plans of protected persons: making, reading and reviewing them.

mod disclose_handling_plan;
mod document;
mod get_handling_plan_setting;
mod review_handling_plan;
mod save_handling_plan_setting;
mod search_handling_plans;
mod update_handling_plan;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(disclose_handling_plan::handle)
        .service(update_handling_plan::handle)
        .service(review_handling_plan::handle)
        .service(search_handling_plans::handle)
        .service(get_handling_plan_setting::handle)
        .service(save_handling_plan_setting::handle);
}
