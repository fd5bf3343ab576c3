//! Driving a server over a bounded number of keep-alive connections on loopback.

mod closed;
mod connection;
mod open;
mod outcome;

pub use closed::closed;
pub use connection::{Answer, Connection, Request};
pub use open::{Offer, open};
pub use outcome::{Outcome, per_second};
