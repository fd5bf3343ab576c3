//! Persons at school units (enrolment).

mod batch;
mod create_enrolment;
mod enrolment_document;
mod get_enrolment;
mod list_enrolments;
mod listed_name;
mod preview_batch;
mod update_enrolment;
mod withdraw_enrolment;

use crate::http::operations::Operations;

pub use create_enrolment::{CreateEnrolment, create_enrolment};
pub use enrolment_document::EnrolmentDocument;
pub use listed_name::ListedName;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_enrolments::handle)
        .service(create_enrolment::handle)
        .service(get_enrolment::handle)
        .service(update_enrolment::handle)
        .service(withdraw_enrolment::handle)
        .service(batch::handle)
        .service(preview_batch::handle);
}
