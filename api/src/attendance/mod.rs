//! Attendance (närvaro, frånvaro): who was there in a lesson, and the figures that follow (attendance); absence that is
//! reported or granted beforehand (absence reports, leave requests); why somebody was absent, where that is asked for
//! (absence reasons); and who is told at home the same day (notices, cases).

mod absence_report;
mod activity;
mod asked;
mod batch;
mod change_state;
mod close_register;
mod csn_candidates;
mod day;
mod excuse_absence;
mod exemption;
mod figure_document;
mod get_mark;
mod get_register;
mod get_statistics;
pub mod home;
mod leave;
mod list_attendances;
mod one_mark;
mod reason;
mod register_document;
mod remove_mark;
mod reopen_register;
mod save_mark;
mod save_register;
mod setting;
mod watch_list;
mod weekly_chart;

use actix_web::web;

use crate::http::operations::Operations;
use crate::http::server::nothing_here;

/// Words that stand where the id of a person stands otherwise.
const BESIDE_PERSONS: [&str; 3] = ["closure", "reopening", "excuses"];

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(get_register::handle)
        .service(save_register::handle)
        .service(close_register::handle)
        .service(reopen_register::handle)
        .service(excuse_absence::handle);
    for word in BESIDE_PERSONS {
        operations.route(&format!("/v1/lessons/{{id}}/attendance/{word}"), web::route().to(nothing_here));
    }
    operations
        .service(get_mark::handle)
        .service(save_mark::handle)
        .service(remove_mark::handle)
        .service(batch::handle)
        .service(list_attendances::handle)
        .service(get_statistics::handle)
        .service(weekly_chart::handle)
        .service(watch_list::handle)
        .service(csn_candidates::handle);
    operations.configure(activity::mount);
    operations.configure(exemption::mount);
    operations.configure(day::mount);
    operations.configure(absence_report::mount);
    operations.configure(reason::mount);
    operations.configure(leave::mount);
    operations.configure(home::mount);
    operations.configure(setting::mount);
}
