//! Measures of study: pace in percent, planned time in hours.

use serde::Serialize;

use crate::refusal::{Refusal, Rule};

/// Pace of study (studietakt, omfattning) in whole percent of full time, 1 to 100. The actual
/// percentage is kept; levels such as "half time" are derived by whoever needs them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(transparent)]
pub struct Pace(u8);

impl Pace {
    /// Full time.
    pub const FULL: Self = Self(100);

    /// A pace of so many percent.
    ///
    /// # Errors
    /// [`Rule::OutOfRange`] outside 1 to 100.
    pub fn new(percent: i32) -> Result<Self, Refusal> {
        match u8::try_from(percent) {
            Ok(value @ 1..=100) => Ok(Self(value)),
            _ => Err(Refusal::new(Rule::OutOfRange, "a pace is 1 to 100 percent of full time")),
        }
    }

    /// The percentage.
    #[must_use]
    pub fn percent(self) -> u8 {
        self.0
    }
}

impl std::fmt::Display for Pace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} %", self.0)
    }
}

/// Planned clock hours in steps of a quarter, 0.25 to 10 000 hours. Kept as minutes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PlannedTime(i32);

impl PlannedTime {
    /// The most hours.
    pub const MOST_HOURS: i32 = 10_000;

    /// A planned time in minutes.
    ///
    /// # Errors
    /// [`Rule::OutOfRange`], or [`Rule::Format`] unless whole quarters.
    pub fn from_minutes(minutes: i32) -> Result<Self, Refusal> {
        if !(1..=Self::MOST_HOURS * 60).contains(&minutes) {
            Err(Refusal::new(Rule::OutOfRange, "planned hours are 0.25 to 10 000"))
        } else if minutes % 15 != 0 {
            Err(Refusal::new(Rule::Format, "planned hours are given in steps of 0.25"))
        } else {
            Ok(Self(minutes))
        }
    }

    /// A planned time in hours, for example 12.75. Quarters are exact in binary, so that nothing
    /// is rounded.
    ///
    /// # Errors
    /// As [`PlannedTime::from_minutes`].
    pub fn from_hours(hours: f64) -> Result<Self, Refusal> {
        let most = f64::from(Self::MOST_HOURS);
        if !(hours > 0.0 && hours <= most) {
            return Err(Refusal::new(Rule::OutOfRange, "planned hours are 0.25 to 10 000"));
        }
        if (hours * 4.0).fract() != 0.0 {
            return Err(Refusal::new(Rule::Format, "planned hours are given in steps of 0.25"));
        }
        #[allow(clippy::cast_possible_truncation, reason = "a whole number of at most 600 000")]
        Self::from_minutes((hours * 60.0) as i32)
    }

    /// The minutes.
    #[must_use]
    pub fn minutes(self) -> i32 {
        self.0
    }

    /// The hours, exact.
    #[must_use]
    pub fn hours(self) -> f64 {
        f64::from(self.0) / 60.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paces_are_one_to_a_hundred() {
        assert!([1, 20, 25, 100].into_iter().all(|percent| Pace::new(percent).is_ok()));
        assert!([i32::MIN, -1, 0, 101, 256 + 50].into_iter().all(|percent| Pace::new(percent).is_err()));
    }

    #[test]
    fn hours_that_are_no_quarters_are_refused() {
        for hours in [0.0, -1.0, 0.1, 12.3, 10_000.25, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE] {
            assert!(PlannedTime::from_hours(hours).is_err(), "{hours}");
        }
        assert_eq!(PlannedTime::from_hours(12.75).unwrap().minutes(), 765);
    }

    proptest! {
        #[test]
        fn hours_and_minutes_agree(quarters in 1..=40_000i32) {
            let time = PlannedTime::from_minutes(quarters * 15).unwrap();
            prop_assert_eq!(PlannedTime::from_hours(time.hours()).unwrap(), time);
            prop_assert!(PlannedTime::from_minutes(quarters * 15 + 1).is_err());
        }
    }
}
