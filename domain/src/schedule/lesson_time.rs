//! From when until when a lesson lasts.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::instant::school_day;
use crate::period::plausible_date;
use crate::refusal::{Refusal, Rule};

/// The shortest lesson, in minutes.
pub const SHORTEST_LESSON: i64 = 5;
/// The longest lesson, in minutes: a day and a night, as on an excursion.
pub const LONGEST_LESSON: i64 = 24 * 60;

/// From when until when a lesson lasts: whole minutes, [`SHORTEST_LESSON`] to [`LONGEST_LESSON`] of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LessonTime {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl LessonTime {
    /// Checks the two instants.
    ///
    /// # Errors
    /// At `/startsAt` and `/endsAt`.
    pub fn new(from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Self, Refusal> {
        for (place, at) in [("/startsAt", from), ("/endsAt", to)] {
            plausible_date(school_day(at)).map_err(|refusal| refusal.at(place))?;
            if at.timestamp() % 60 != 0 || at.timestamp_subsec_nanos() != 0 {
                return Err(Refusal::new(Rule::Format, "a lesson begins and ends at whole minutes").at(place));
            }
        }
        if to <= from {
            return Err(Refusal::new(Rule::PeriodReversed, "the lesson ends before it begins").at("/endsAt"));
        }
        let minutes = (to - from).num_minutes();
        if !(SHORTEST_LESSON..=LONGEST_LESSON).contains(&minutes) {
            let detail = format!("a lesson has {SHORTEST_LESSON} to {LONGEST_LESSON} minutes, not {minutes}");
            return Err(Refusal::new(Rule::OutOfRange, detail).at("/endsAt"));
        }
        Ok(Self { from, to })
    }

    /// When it begins.
    #[must_use]
    pub fn from(&self) -> DateTime<Utc> {
        self.from
    }

    /// When it ends; this instant is no longer part of it.
    #[must_use]
    pub fn to(&self) -> DateTime<Utc> {
        self.to
    }

    /// How many minutes it has, [`SHORTEST_LESSON`] to [`LONGEST_LESSON`].
    #[must_use]
    pub fn minutes(&self) -> u32 {
        u32::try_from((self.to - self.from).num_minutes()).unwrap_or_default()
    }

    /// The school day it counts to: the one on which it begins, also when it goes on over midnight.
    #[must_use]
    pub fn day(&self) -> NaiveDate {
        school_day(self.from)
    }

    /// Whether the two share an instant. One that begins when the other ends does not.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.from < other.to && other.from < self.to
    }

    /// The same length, begun at another instant.
    ///
    /// # Errors
    /// As [`LessonTime::new`].
    pub fn begun_at(&self, from: DateTime<Utc>) -> Result<Self, Refusal> {
        Self::new(from, from + TimeDelta::minutes(i64::from(self.minutes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_lesson_has_whole_minutes_from_five_to_a_day() {
        let new =
            |from, to| LessonTime::new(at(from), at(to)).map_err(|refusal| (refusal.rule, refusal.pointer));
        assert_eq!(new("2026-08-17T06:10:00Z", "2026-08-17T07:00:00Z").unwrap().minutes(), 50);
        let refused = [
            ("2026-08-17T06:10:30Z", "2026-08-17T07:00:00Z", Rule::Format, "/startsAt"),
            ("2026-08-17T06:10:00Z", "2026-08-17T07:00:00.5Z", Rule::Format, "/endsAt"),
            ("2026-08-17T06:10:00Z", "2026-08-17T06:10:00Z", Rule::PeriodReversed, "/endsAt"),
            ("2026-08-17T06:10:00Z", "2026-08-17T06:14:00Z", Rule::OutOfRange, "/endsAt"),
            ("2026-08-17T06:10:00Z", "2026-08-18T06:11:00Z", Rule::OutOfRange, "/endsAt"),
            ("1899-08-17T06:10:00Z", "2026-08-18T06:11:00Z", Rule::OutOfRange, "/startsAt"),
        ];
        for (from, to, rule, pointer) in refused {
            assert_eq!(new(from, to).unwrap_err(), (rule, pointer.to_owned()), "{from} to {to}");
        }
    }

    #[test]
    fn a_lesson_over_midnight_counts_to_the_evening() {
        let time = LessonTime::new(at("2026-12-12T21:00:00Z"), at("2026-12-13T02:00:00Z")).unwrap();
        assert_eq!(time.day(), NaiveDate::from_ymd_opt(2026, 12, 12).unwrap());
    }
}
