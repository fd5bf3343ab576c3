//! What is kept of a row while a set is checked: hashes and numbers, never its text.

use std::collections::HashMap;

use chrono::{Datelike, NaiveDate};
use sha2::{Digest, Sha256};

use super::super::rows::{Dates, SourcedId};

pub(in super::super) type Key = [u8; 16];

pub(super) fn key(parts: &[&str]) -> Key {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let mut key = [0; 16];
    for (to, from) in key.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    key
}

pub(in super::super) fn id_key(id: &SourcedId) -> Key {
    key(&[id.as_str()])
}

/// Lines are kept in 32 bits; a file of more has been refused long before.
pub(super) fn short(line: u64) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Active,
    Ended,
    Refused,
}

pub(super) struct Kept<E> {
    pub(super) line: u32,
    pub(super) state: State,
    pub(super) extra: E,
}

pub(super) type Index<E> = HashMap<Key, Kept<E>>;

/// Whether an organisation can be a school, and its parent.
#[derive(Default)]
pub(super) struct OrgExtra {
    pub(super) above_schools: bool,
    pub(super) parent: Option<Key>,
}

#[derive(Default)]
pub(super) struct SessionExtra {
    pub(super) is_school_year: bool,
    pub(super) span: Span,
    pub(super) parent: Option<Key>,
}

#[derive(Default)]
pub(super) struct ClassExtra {
    pub(super) school: Key,
    pub(super) span: Option<Span>,
}

#[derive(Default)]
pub(super) struct UserExtra {
    pub(super) has_role: bool,
}

/// First and last day as numbers; open ends are the extremes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Span {
    pub(super) from: i32,
    pub(super) to: i32,
}

impl Default for Span {
    fn default() -> Self {
        Self { from: i32::MIN, to: i32::MAX }
    }
}

impl Span {
    pub(super) fn of(dates: Dates) -> Self {
        let number = |date: NaiveDate| date.num_days_from_ce();
        Self { from: dates.begin.map_or(i32::MIN, number), to: dates.end.map_or(i32::MAX, number) }
    }

    /// Whether the stated ends of `other` lie within.
    pub(super) fn admits(self, other: Self) -> bool {
        (other.from == i32::MIN || (self.from..=self.to).contains(&other.from))
            && (other.to == i32::MAX || (self.from..=self.to).contains(&other.to))
    }

    pub(super) fn hull(self, other: Self) -> Self {
        Self { from: self.from.min(other.from), to: self.to.max(other.to) }
    }
}

/// Many small entries, grown in small steps: a doubling vector would need three times its size.
pub(super) struct Heap<T> {
    parts: Vec<Vec<T>>,
}

impl<T: Ord> Heap<T> {
    pub(super) fn new() -> Self {
        Self { parts: (0..64).map(|_| Vec::new()).collect() }
    }

    /// Entries of one key lie in one part.
    pub(super) fn push(&mut self, key: &Key, entry: T) {
        let number = usize::from(key.first().copied().unwrap_or_default() & 63);
        if let Some(part) = self.parts.get_mut(number) {
            if part.len() == part.capacity() {
                part.reserve_exact(64 + part.len() / 8);
            }
            part.push(entry);
        }
    }

    /// Each entry with the one before it, in order.
    pub(super) fn pairs(&mut self, mut see: impl FnMut(&T, &T)) {
        for part in &mut self.parts {
            part.sort_unstable();
            for (before, after) in part.iter().zip(part.iter().skip(1)) {
                see(before, after);
            }
        }
    }
}
