//! The manners of the interface, shared by every operation: who is calling, how
//! requests are read, how lists are walked, how refusals are told.

pub mod batch;
pub mod body;
pub mod catalogue;
pub mod client_address;
pub mod document;
pub mod etag;
pub mod idempotency;
pub mod language;
pub mod listing;
pub mod middleware;
pub mod operations;
pub mod page_token;
pub mod patch;
pub mod peer_certificate;
pub mod period;
pub mod permit;
pub mod problem;
pub mod query;
pub mod resource;
pub mod security_headers;
pub mod server;
pub mod state;
pub mod tls;
pub(crate) mod words;
