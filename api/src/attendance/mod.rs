//! Attendance (närvaro, frånvaro): who was there in a lesson (attendance); absence that is reported or granted beforehand
//! (absence reports, leave requests); and who is told at home the same day (notices, cases).

mod absence_report;
mod get_register;
pub mod home;
mod leave;
mod register_document;
mod save_register;
mod setting;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config.service(get_register::handle).service(save_register::handle);
    config.configure(absence_report::mount);
    config.configure(leave::mount);
    config.configure(home::mount);
    config.configure(setting::mount);
}
