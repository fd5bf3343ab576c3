//! Logins, keys and tokens (inloggning).

pub mod keyring;
pub mod keys;
pub mod logins;
pub mod master_key;
pub mod passwords;
