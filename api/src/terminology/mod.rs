//! What things are called (terminologi).

mod get_term_words;
mod list_terminology;
mod remove_own_words;
mod save_own_words;
mod term_words;

pub use term_words::own_terms;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_terminology::handle)
        .service(get_term_words::handle)
        .service(save_own_words::handle)
        .service(remove_own_words::handle);
}
