//! Logins, keys and tokens (inloggning).

mod account;
pub mod alarm;
mod app_access;
pub mod bankid;
pub mod certificate_authority;
mod change_own_password;
mod client;
mod client_assertion;
pub mod client_certificate;
mod client_key;
pub(crate) mod client_kind;
mod create_account;
mod create_client;
mod create_client_secret;
pub(crate) mod create_session;
mod create_token;
mod end_session;
mod external_identity;
mod get_account;
mod get_client;
mod get_jwks;
mod get_me;
mod identity_provider;
pub mod keyring;
pub mod keys;
mod list_accounts;
mod list_clients;
mod login_setting;
pub mod logins;
pub mod master_key;
pub mod oidc;
pub mod operator;
pub mod passwords;
mod refresh_session;
mod search_accounts;
pub mod second_factor;
pub(crate) mod sent_code;
mod session;
mod session_start;
mod set_account_password;
pub(crate) mod sms;
pub mod token_issuer;
mod update_account;
mod update_client;
mod verified_tokens;
mod web_handover;
mod withdraw_account;
mod withdraw_client;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(create_session::handle)
        .service(refresh_session::handle)
        .service(end_session::handle)
        .configure(session::mount)
        .service(create_token::handle)
        .service(get_jwks::handle)
        .service(get_me::handle)
        .service(change_own_password::handle)
        .configure(second_factor::mount)
        .service(list_accounts::handle)
        .service(create_account::handle)
        .service(search_accounts::handle)
        .service(get_account::handle)
        .service(update_account::handle)
        .service(withdraw_account::handle)
        .service(set_account_password::handle)
        .service(list_clients::handle)
        .service(create_client::handle)
        .service(get_client::handle)
        .service(update_client::handle)
        .service(withdraw_client::handle)
        .service(create_client_secret::handle)
        .configure(bankid::mount)
        .configure(alarm::mount)
        .configure(sms::mount)
        .configure(oidc::mount)
        .configure(identity_provider::mount)
        .configure(external_identity::mount)
        .configure(token_issuer::mount)
        .configure(login_setting::mount)
        .configure(app_access::mount)
        .configure(web_handover::mount);
    client_key::mount(operations);
    client_certificate::mount(operations);
    certificate_authority::mount(operations);
}
