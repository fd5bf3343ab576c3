//! The change log after commit: the dense order of changes, their seals, who reads them.
//!
//! A transaction writes its changes without a position. The [`sequencer`] gives each
//! committed change the next position and seals it, in one transaction; from then on it
//! can be listed ([`trail`]), followed ([`dispatch`], [`feed`]) and proved unaltered ([`audit`]).

pub mod audit;
pub mod dispatch;
mod fact;
pub mod feed;
pub mod person_access;
pub mod person_trail;
pub mod purge;
mod seal;
pub mod sequencer;
pub mod trail;
mod visible;
pub mod webhook_subscription;

pub use fact::Fact;
pub use seal::{Anchor, CHANGE_FORMAT, SEAL_FORMAT};
pub use visible::{ABOUT_PERSONS, FREE_OF_PERSONS};
