//! Activity in offerings without lessons (distance), by the day and by the week.

mod document;
mod get_activity;
mod get_figures;
mod path;
mod save_activity;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config.service(get_activity::handle).service(save_activity::handle).service(get_figures::handle);
}
