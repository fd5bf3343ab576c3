//! Access tokens whose signature was verified a moment ago. The same bytes are as good the next time: only the clock, and what
//! the register says of whose they are, can have changed, and both are asked anew.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::keyring::Verified;

/// So many are kept; then all are forgotten, and verified anew. A school of 20,000 has fewer in ten minutes.
const MOST: usize = 20_000;

/// What a token is known by here: the hash of all its bytes, so that the tokens themselves lie nowhere.
pub(super) type Fingerprint = [u8; 32];

/// A verified token and the seconds between which it is good.
#[derive(Clone, Debug)]
pub(super) struct Good {
    pub(super) verified: Verified,
    /// From then on, in seconds since 1970.
    pub(super) from: i64,
    /// Until then.
    pub(super) until: i64,
}

impl Good {
    /// Whether it is good now.
    pub(super) fn is_good(&self, now: DateTime<Utc>) -> bool {
        (self.from..self.until).contains(&now.timestamp())
    }
}

/// The tokens.
#[derive(Default)]
pub(super) struct VerifiedTokens(Mutex<HashMap<Fingerprint, Good>>);

impl VerifiedTokens {
    /// What a token is known by.
    pub(super) fn fingerprint(token: &str) -> Fingerprint {
        Sha256::digest(token.as_bytes()).into()
    }

    /// The token, if it was verified.
    pub(super) fn get(&self, fingerprint: &Fingerprint) -> Option<Good> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(fingerprint).cloned()
    }

    /// Keeps a token that was verified.
    pub(super) fn keep(&self, fingerprint: Fingerprint, good: Good) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(fingerprint, good);
    }

    /// Forgets all: the keys have changed.
    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
