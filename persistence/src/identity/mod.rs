//! Accounts, credentials, sessions and clients (inloggning).

pub mod account;
