//! Organisers, controllers, school units, sites, terms (organisation).

mod create_school_unit;
mod get_school_unit;
mod list_school_units;
mod school_unit;
mod update_school_unit;
mod withdraw_school_unit;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(list_school_units::handle)
        .service(create_school_unit::handle)
        .service(get_school_unit::handle)
        .service(update_school_unit::handle)
        .service(withdraw_school_unit::handle);
}
