//! Education background (utbildningsbakgrund): stated by participants, certified by the school.

mod certify_education_background;
mod certify_many;
mod document;
mod get_education_background;
mod list_education_backgrounds;
mod state_education_background;
mod withdraw_education_background;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_education_backgrounds::handle)
        .service(certify_many::handle)
        .service(get_education_background::handle)
        .service(withdraw_education_background::handle)
        .service(state_education_background::handle)
        .service(certify_education_background::handle);
}
