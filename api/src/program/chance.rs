//! The wall clock, the operating system's randomness, and ids: the only place that reads
//! them. Everything else takes them as arguments.

use chrono::{DateTime, Utc};
use skolhus_domain::instant::{Clock, IdSource, Randomness};
use uuid::{ContextV7, Timestamp, Uuid};

/// The wall clock.
pub struct WallClock;

impl Clock for WallClock {
    #[allow(clippy::disallowed_methods, reason = "the composition root's own reading of the time")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// The operating system's randomness.
pub struct OsRandomness;

impl Randomness for OsRandomness {
    #[allow(
        clippy::disallowed_methods,
        clippy::panic,
        reason = "without randomness no key or token is safe: better to stop"
    )]
    fn fill(&self, buffer: &mut [u8]) {
        if let Err(error) = getrandom::fill(buffer) {
            panic!("the operating system gives no randomness: {error}");
        }
    }
}

/// UUIDv7s in the order they were asked for.
pub struct OrderedIds(std::sync::Mutex<ContextV7>);

impl OrderedIds {
    /// A source of ids.
    #[must_use]
    pub fn new() -> Self {
        Self(std::sync::Mutex::new(ContextV7::new()))
    }
}

impl Default for OrderedIds {
    fn default() -> Self {
        Self::new()
    }
}

impl IdSource for OrderedIds {
    fn fresh(&self) -> Uuid {
        let context = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Uuid::new_v7(Timestamp::now(&*context))
    }
}
