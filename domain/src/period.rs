//! Periods of whole days, both ends included, as schools write them.

use chrono::NaiveDate;
use serde::Serialize;

use crate::refusal::{Refusal, Rule};

/// The first date Skolhus accepts anywhere: 1900-01-01.
pub const FIRST_DATE: NaiveDate = match NaiveDate::from_ymd_opt(1900, 1, 1) {
    Some(date) => date,
    None => NaiveDate::MIN,
};
/// The last date Skolhus accepts anywhere: 2199-12-31.
pub const LAST_DATE: NaiveDate = match NaiveDate::from_ymd_opt(2199, 12, 31) {
    Some(date) => date,
    None => NaiveDate::MAX,
};

/// Checks that a date lies between [`FIRST_DATE`] and [`LAST_DATE`].
///
/// # Errors
/// [`Rule::OutOfRange`] otherwise.
pub fn plausible_date(date: NaiveDate) -> Result<NaiveDate, Refusal> {
    if (FIRST_DATE..=LAST_DATE).contains(&date) {
        Ok(date)
    } else {
        Err(Refusal::new(Rule::OutOfRange, format!("{date} lies outside {FIRST_DATE} to {LAST_DATE}")))
    }
}

/// From a first day to a last day, both included; no last day means until further notice.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Period {
    from: NaiveDate,
    to: Option<NaiveDate>,
}

impl Period {
    /// A period of at least one day.
    ///
    /// # Errors
    /// [`Rule::PeriodReversed`] at `/to` if it ends before it begins; [`Rule::OutOfRange`]
    /// at the date that is not plausible.
    pub fn new(from: NaiveDate, to: Option<NaiveDate>) -> Result<Self, Refusal> {
        plausible_date(from).map_err(|refusal| refusal.at("/from"))?;
        if let Some(to) = to {
            plausible_date(to).map_err(|refusal| refusal.at("/to"))?;
            if to < from {
                return Err(Refusal::new(
                    Rule::PeriodReversed,
                    format!("the last day {to} comes before the first day {from}"),
                )
                .at("/to"));
            }
        }
        Ok(Self { from, to })
    }

    /// The first day.
    #[must_use]
    pub fn from(&self) -> NaiveDate {
        self.from
    }

    /// The last day, or none while it runs until further notice.
    #[must_use]
    pub fn to(&self) -> Option<NaiveDate> {
        self.to
    }

    /// Whether the day lies within.
    #[must_use]
    pub fn contains(&self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    /// Whether every day of `other` lies within.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.from <= other.from
            && match (self.to, other.to) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(mine), Some(theirs)) => theirs <= mine,
            }
    }

    /// Whether the two share at least one day.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        other.to.is_none_or(|to| self.from <= to) && self.to.is_none_or(|to| other.from <= to)
    }

    /// The days that lie in both; none where they share no day.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let from = self.from.max(other.from);
        let to = match (self.to, other.to) {
            (Some(mine), Some(theirs)) => Some(mine.min(theirs)),
            (mine, theirs) => mine.or(theirs),
        };
        self.overlaps(other).then_some(Self { from, to })
    }

    /// Checks that a value valid during `self` may be used on `day`.
    ///
    /// # Errors
    /// [`Rule::OutsidePeriod`], naming the period and what it belongs to.
    pub fn admit(&self, what: &str, day: NaiveDate) -> Result<(), Refusal> {
        if self.contains(day) {
            Ok(())
        } else {
            Err(Refusal::new(Rule::OutsidePeriod, format!("{what} is valid {self}, not on {day}")))
        }
    }
}

impl std::fmt::Display for Period {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.to {
            Some(to) => write!(f, "from {} to {to}", self.from),
            None => write!(f, "from {} until further notice", self.from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(number: i32) -> NaiveDate {
        FIRST_DATE + chrono::Days::new(u64::try_from(number).unwrap())
    }

    fn periods() -> impl Strategy<Value = Period> {
        (0..80i32, proptest::option::of(0..40i32)).prop_map(|(from, length)| {
            Period::new(day(from), length.map(|length| day(from + length))).unwrap()
        })
    }

    proptest! {
        #[test]
        fn overlap_means_a_shared_day(a in periods(), b in periods()) {
            let shared = (0..200).any(|number| a.contains(day(number)) && b.contains(day(number)));
            prop_assert_eq!(a.overlaps(&b), shared);
            prop_assert_eq!(a.overlaps(&b), b.overlaps(&a));
        }

        #[test]
        fn covering_means_every_day(a in periods(), b in periods()) {
            let every = (0..200).all(|number| !b.contains(day(number)) || a.contains(day(number)))
                && (b.to().is_some() || a.to().is_none());
            prop_assert_eq!(a.covers(&b), every);
        }
    }

    proptest! {
        #[test]
        fn an_intersection_holds_the_shared_days(a in periods(), b in periods()) {
            let both = a.intersection(&b);
            for number in 0..200 {
                let shared = a.contains(day(number)) && b.contains(day(number));
                prop_assert_eq!(both.is_some_and(|both| both.contains(day(number))), shared);
            }
        }
    }

    #[test]
    fn a_reversed_period_names_its_last_day() {
        let refusal = Period::new(day(5), Some(day(4))).unwrap_err();
        assert_eq!((refusal.rule, refusal.pointer.as_str()), (Rule::PeriodReversed, "/to"));
    }
}
