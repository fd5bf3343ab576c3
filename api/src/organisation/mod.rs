//! Organisers, controllers, school units, sites, terms, code tables (organisation).

mod code_table;
mod controller;
mod create_controller;
mod create_day_off;
mod create_school_unit;
mod create_site;
mod create_term;
mod day_off;
mod get_code_table;
mod get_controller;
mod get_day_off;
mod get_organiser;
mod get_school_unit;
mod get_site;
mod get_term;
mod list_code_tables;
mod list_controllers;
mod list_days_off;
mod list_organisers;
mod list_school_units;
mod list_sites;
mod list_term_days;
mod list_terms;
mod organiser;
mod school_unit;
mod site;
mod term;
mod update_controller;
mod update_day_off;
mod update_organiser;
mod update_school_unit;
mod update_site;
mod update_term;
mod withdraw_controller;
mod withdraw_day_off;
mod withdraw_school_unit;
mod withdraw_site;
mod withdraw_term;

use skolhus_domain::access::{Reach, Scope};

use crate::http::operations::Operations;
use crate::http::{catalogue::Code, problem::Problem};

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_code_tables::handle)
        .service(get_code_table::handle)
        .service(list_organisers::handle)
        .service(get_organiser::handle)
        .service(update_organiser::handle)
        .service(list_controllers::handle)
        .service(create_controller::handle)
        .service(get_controller::handle)
        .service(update_controller::handle)
        .service(withdraw_controller::handle)
        .service(list_school_units::handle)
        .service(create_school_unit::handle)
        .service(get_school_unit::handle)
        .service(update_school_unit::handle)
        .service(withdraw_school_unit::handle)
        .service(list_sites::handle)
        .service(create_site::handle)
        .service(get_site::handle)
        .service(update_site::handle)
        .service(withdraw_site::handle)
        .service(list_terms::handle)
        .service(create_term::handle)
        .service(get_term::handle)
        .service(update_term::handle)
        .service(withdraw_term::handle)
        .service(list_days_off::handle)
        .service(create_day_off::handle)
        .service(get_day_off::handle)
        .service(update_day_off::handle)
        .service(withdraw_day_off::handle)
        .service(list_term_days::handle);
}

/// Refuses those whose reach is a part of the organiser, where a change concerns all of it.
fn whole_organiser(scope: &Scope) -> Result<(), Problem> {
    if scope.reach() == &Reach::Organiser {
        return Ok(());
    }
    Err(Problem::new(Code::NotPermitted)
        .detail("This concerns the whole organiser; your roles are given for a part of it."))
}
