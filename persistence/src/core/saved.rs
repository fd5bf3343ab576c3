//! A thing as it is saved: its value, with what every resource carries.

use chrono::{DateTime, Utc};

/// A saved value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Saved<I, T> {
    /// Its id.
    pub id: I,
    /// Its version, from 1; each change adds one.
    pub version: i64,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub modified_at: DateTime<Utc>,
    /// What it is.
    pub value: T,
}
