//! Logins, keys and tokens (inloggning).

mod change_own_password;
mod create_session;
mod create_token;
mod end_session;
mod get_jwks;
mod get_me;
pub mod keyring;
pub mod keys;
pub mod logins;
pub mod master_key;
pub mod operator;
pub mod passwords;
mod refresh_session;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn mount(config: &mut ServiceConfig<'_>) {
    config
        .service(create_session::handle)
        .service(refresh_session::handle)
        .service(end_session::handle)
        .service(create_token::handle)
        .service(get_jwks::handle)
        .service(get_me::handle)
        .service(change_own_password::handle);
}
