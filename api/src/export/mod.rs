//! Lists that leave, and what certificates say (utdrag, intyg).

mod export_class_list;
mod export_contact_list;
mod export_participant_list;
mod get_study_certificate;
mod list;
mod sheet;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(export_participant_list::handle)
        .service(export_class_list::handle)
        .service(export_contact_list::handle)
        .service(get_study_certificate::handle);
}
