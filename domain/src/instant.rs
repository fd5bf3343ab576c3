//! Time and chance as arguments.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _, Utc};
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

/// What a wall clock in Europe/Stockholm shows at an instant, to be read by people.
#[must_use]
pub fn wall_clock(instant: DateTime<Utc>) -> NaiveDateTime {
    instant.with_timezone(&Stockholm).naive_local()
}

/// The instant at which a wall clock in Europe/Stockholm shows a time of a day.
///
/// In the night of October in which an hour comes twice it is the first one; a time that is left out in the night of
/// March is read with the offset before the change, so that it comes as long after midnight as its figures say.
#[must_use]
pub fn swedish_time(day: NaiveDate, time: NaiveTime) -> DateTime<Utc> {
    let local = day.and_time(time);
    match Stockholm.from_local_datetime(&local) {
        LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => instant.to_utc(),
        LocalResult::None => {
            let midnight = Stockholm.from_local_datetime(&day.and_time(NaiveTime::MIN)).earliest();
            let midnight = midnight.map_or_else(|| day.and_time(NaiveTime::MIN).and_utc(), |at| at.to_utc());
            midnight + time.signed_duration_since(NaiveTime::MIN)
        }
    }
}

/// The first instant of a school day, and the first of the next: what lies in between is on that day.
#[must_use]
pub fn bounds_of_day(day: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
    let next = day.succ_opt().unwrap_or(day);
    (swedish_time(day, NaiveTime::MIN), swedish_time(next, NaiveTime::MIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_school_day_begins_at_swedish_midnight_in_summer_and_winter() {
        let summer = Utc.with_ymd_and_hms(2026, 6, 30, 22, 30, 0).unwrap();
        assert_eq!(school_day(summer), NaiveDate::from_ymd_opt(2026, 7, 1).unwrap());
        let winter = Utc.with_ymd_and_hms(2026, 12, 31, 22, 30, 0).unwrap();
        assert_eq!(school_day(winter), NaiveDate::from_ymd_opt(2026, 12, 31).unwrap());
    }
    #[test]
    fn the_wall_clock_is_read_through_both_changes() {
        let at = |year, month, day, hour, minute| {
            let day = NaiveDate::from_ymd_opt(year, month, day).unwrap();
            swedish_time(day, NaiveTime::from_hms_opt(hour, minute, 0).unwrap()).to_rfc3339()
        };
        assert_eq!(at(2027, 3, 26, 8, 10), "2027-03-26T07:10:00+00:00");
        assert_eq!(at(2027, 3, 29, 8, 10), "2027-03-29T06:10:00+00:00");
        // Half past two does not come in that night; it is half past three.
        assert_eq!(at(2027, 3, 28, 2, 30), "2027-03-28T01:30:00+00:00");
        // It comes twice in this one.
        assert_eq!(at(2026, 10, 25, 2, 30), "2026-10-25T00:30:00+00:00");
    }

    #[test]
    fn the_days_of_the_changes_have_23_and_25_hours() {
        let hours = |month, day| {
            let (from, to) = bounds_of_day(NaiveDate::from_ymd_opt(2026, month, day).unwrap());
            (to - from).num_hours()
        };
        assert_eq!((hours(3, 29), hours(10, 25), hours(11, 27)), (23, 25, 24));
    }
}
