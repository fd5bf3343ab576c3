//! Logging in (inloggning): accounts, passwords, integrators' clients. What they may do
//! once they are in is [`crate::access`].

mod account;
mod client;
mod client_key;
mod network;
mod password;

pub use account::Account;
pub use client::{Client, NewClient};
pub use client_key::{
    ClientKey, KeyAlgorithm, KeyMaterial, MOST_CLIENT_KEYS, NewClientKey, room_for_client_key,
};
pub use network::{MOST_NETWORKS, Network, may_call_from};
pub use password::{LONGEST_PASSWORD, Password, SHORTEST_PASSWORD};
