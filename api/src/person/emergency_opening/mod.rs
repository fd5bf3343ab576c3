//! Records of protected persons that are opened in an emergency (nödöppning), and looked into afterwards.

mod document;
mod list_emergency_openings;
mod open_person_in_emergency;
mod review_emergency_opening;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(open_person_in_emergency::handle)
        .service(list_emergency_openings::handle)
        .service(review_emergency_opening::handle);
}
