//! The organiser's settings of the schedule.

mod document;
mod get_settings;
mod save_settings;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config.service(get_settings::handle).service(save_settings::handle);
}
