//! The turn of term (terminsskifte): previewed, carried out as one act, and undone.

mod asked;
mod create_term_turn;
mod facts;
mod fingerprint;
mod get_term_turn;
mod list_term_turn_records;
mod list_term_turns;
mod preview_document;
mod preview_term_turn;
mod reverse_term_turn;
mod term_turn_document;
mod write;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_term_turns::handle)
        .service(create_term_turn::handle)
        .service(preview_term_turn::handle)
        .service(get_term_turn::handle)
        .service(list_term_turn_records::handle)
        .service(reverse_term_turn::handle);
}
