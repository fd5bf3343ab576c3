//! The catalogue of courses, their offerings, and who teaches them (course).

#[allow(clippy::module_inception, reason = "one thing per file, under its own word")]
mod course;
mod create_course;
mod create_offering;
mod get_course;
mod get_offering;
mod list_courses;
mod list_offerings;
mod offering;
mod save_offering_teachers;
mod term_turn;
mod update_course;
mod update_offering;
mod withdraw_course;
mod withdraw_offering;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_courses::handle)
        .service(create_course::handle)
        .service(get_course::handle)
        .service(update_course::handle)
        .service(withdraw_course::handle)
        .service(list_offerings::handle)
        .service(create_offering::handle)
        .service(get_offering::handle)
        .service(update_offering::handle)
        .service(withdraw_offering::handle)
        .service(save_offering_teachers::handle);
    term_turn::mount(operations);
}
