//! Logging in (inloggning): accounts, passwords, integrators' clients. What they may do
//! once they are in is [`crate::access`].

mod account;
pub mod bankid;
mod client;
mod password;

pub use account::Account;
pub use client::{Client, NewClient};
pub use password::{LONGEST_PASSWORD, Password, SHORTEST_PASSWORD};
