//! Accounts, credentials, sessions and clients (inloggning).

pub mod account;
mod every_account;

pub use every_account::{AccountOverview, every_account};
