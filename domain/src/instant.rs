//! Time and chance as arguments.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Europe::Stockholm;
use uuid::Uuid;

/// Reads the time. Only the composition root has one that reads the wall clock.
pub trait Clock: Send + Sync {
    /// The present instant, in UTC.
    fn now(&self) -> DateTime<Utc>;
}

/// Gives identifiers that are new and sort by creation (UUIDv7).
pub trait IdSource: Send + Sync {
    /// A fresh identifier.
    fn fresh(&self) -> Uuid;
}

/// Gives unpredictable bytes, for keys, tokens and nonces.
pub trait Randomness: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// The school day an instant falls on: the date in Europe/Stockholm.
#[must_use]
pub fn school_day(instant: DateTime<Utc>) -> NaiveDate {
    instant.with_timezone(&Stockholm).date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    #[test]
    fn a_school_day_begins_at_swedish_midnight_in_summer_and_winter() {
        let summer = Utc.with_ymd_and_hms(2026, 6, 30, 22, 30, 0).unwrap();
        assert_eq!(school_day(summer), NaiveDate::from_ymd_opt(2026, 7, 1).unwrap());
        let winter = Utc.with_ymd_and_hms(2026, 12, 31, 22, 30, 0).unwrap();
        assert_eq!(school_day(winter), NaiveDate::from_ymd_opt(2026, 12, 31).unwrap());
    }
}
