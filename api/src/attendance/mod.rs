//! Attendance (närvaro, frånvaro): who was there in a lesson (attendance).

mod get_register;
mod register_document;
mod save_register;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config.service(get_register::handle).service(save_register::handle);
}
