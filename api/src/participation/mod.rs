//! Persons in offerings (participation).

mod admission;
mod batch;
mod cancel_participation;
mod change_state;
mod complete_participation;
mod correct_participation;
mod create_exception;
mod create_participation;
mod exception_document;
mod get_exception;
mod get_participation;
mod in_step;
mod interrupt_participation;
mod list_exceptions;
mod list_pace_warnings;
mod list_participations;
mod participation_document;
mod preview_batch;
mod readmit_participation;
mod return_from_study_break;
mod set_funding;
mod set_pace;
mod start_participation;
mod state_document;
mod take_study_break;
mod update_exception;
mod update_participation;
mod withdraw_exception;
mod withdraw_participation;

use crate::http::operations::Operations;

pub(crate) use admission::refused;
pub(crate) use in_step::{keep_all_in_step, keep_in_step, refuse};

pub use create_participation::{CreateParticipation, create_participation};
pub use participation_document::ParticipationDocument;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_participations::handle)
        .service(create_participation::handle)
        .service(get_participation::handle)
        .service(update_participation::handle)
        .service(withdraw_participation::handle)
        .service(start_participation::handle)
        .service(take_study_break::handle)
        .service(return_from_study_break::handle)
        .service(interrupt_participation::handle)
        .service(complete_participation::handle)
        .service(cancel_participation::handle)
        .service(correct_participation::handle)
        .service(readmit_participation::handle)
        .service(set_pace::handle)
        .service(set_funding::handle)
        .service(batch::handle)
        .service(preview_batch::handle)
        .service(list_pace_warnings::handle)
        .service(list_exceptions::handle)
        .service(create_exception::handle)
        .service(get_exception::handle)
        .service(update_exception::handle)
        .service(withdraw_exception::handle);
}
