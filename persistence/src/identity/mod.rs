//! Accounts, credentials, second factors, sessions, clients and keys (inloggning).

pub mod account;
pub mod alarm;
pub mod app_access;
pub mod bankid_login;
pub mod bankid_order;
pub mod certificate_authority;
pub mod client;
pub mod client_certificate;
pub mod client_key;
pub mod credential;
mod every_account;
pub mod external_identity;
pub mod identity_provider;
pub mod login_setting;
pub mod oidc_login;
pub mod person_reader;
pub mod recovery_code;
pub mod role_assignment;
pub mod second_factor;
pub mod sent_code;
pub mod session;
pub mod signing_key;
pub mod throttle;
pub mod token_issuer;
pub mod web_handover;

use skolhus_domain::access::{Denial, Scope};

use crate::core::error::Error;

pub use every_account::{AccountOverview, every_account};

/// Refuses everybody but the program itself: for what crosses organisers, or is no
/// caller's business.
fn only_the_program(scope: &Scope) -> Result<(), Error> {
    if scope.is_system() { Ok(()) } else { Err(Error::Denied(Denial::NotPermitted(scope.permission()))) }
}
