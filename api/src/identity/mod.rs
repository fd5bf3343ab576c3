//! Logins, keys and tokens (inloggning).

pub mod keyring;
