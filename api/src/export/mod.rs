//! Lists that leave, and what certificates say (utdrag, intyg).

mod export_class_list;
mod export_contact_list;
mod export_participant_list;
mod export_person_changes;
mod get_study_certificate;
mod list;
mod sheet;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(export_participant_list::handle)
        .service(export_class_list::handle)
        .service(export_contact_list::handle)
        .service(export_person_changes::handle)
        .service(get_study_certificate::handle);
}
