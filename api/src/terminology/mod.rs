//! What things are called (terminologi).

mod get_term_words;
mod list_terminology;
mod remove_own_words;
mod save_own_words;
mod term_words;

pub use term_words::own_terms;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(list_terminology::handle)
        .service(get_term_words::handle)
        .service(save_own_words::handle)
        .service(remove_own_words::handle);
}
