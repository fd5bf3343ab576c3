//! Watch lists: who has been absent more than the school has said it wants to know of.
//!
//! The law gives no number for repeated or long absence (skollagen 7:19 a, 15:16); the school chooses it. A condition
//! knows how much somebody was absent and nothing of why: reasons, support needs and health are no conditions.

use chrono::{Days, NaiveDate};

use super::{Category, Fact, Figure, Setting, figure};
use crate::code::coded;
use crate::period::Period;
use crate::refusal::{Refusal, Refusals, Rule};

coded! {
    /// Which absence counts.
    AbsenceCounted("counted absence") {
        /// Authorised or not.
        All = "all",
        /// Only unauthorised.
        Unauthorised = "unauthorised",
    }
}

/// More than so many per cent absence in the last so many days.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WatchCondition {
    percent: u8,
    days: u16,
    counted: AbsenceCounted,
    setting: Setting,
}

/// What a condition comes to for a person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Watched {
    /// The condition is met; the figure is the evidence.
    Over(Figure),
    /// It is not.
    Within(Figure),
    /// There were no lessons, or none of them was reported: nothing can be said.
    NothingToSay,
}

impl WatchCondition {
    /// A condition: over 0 to 99 per cent, in the last 1 to 366 days.
    ///
    /// # Errors
    /// [`Rule::OutOfRange`] at `/percent` and `/days`; at `/counted`.
    pub fn new(percent: u8, days: u16, counted: &str, setting: Setting) -> Result<Self, Refusals> {
        let mut refusals = Refusals::default();
        if percent > 99 {
            refusals.0.push(Refusal::new(Rule::OutOfRange, "is 0 to 99 per cent").at("/percent"));
        }
        if !(1..=366).contains(&days) {
            refusals.0.push(Refusal::new(Rule::OutOfRange, "is 1 to 366 days").at("/days"));
        }
        let counted = refusals.note("/counted", AbsenceCounted::from_code(counted));
        match (counted, refusals.finish()) {
            (Some(counted), Ok(())) => Ok(Self { percent, days, counted, setting }),
            (_, finished) => Err(finished.err().unwrap_or_default()),
        }
    }

    /// Over how many per cent.
    #[must_use]
    pub fn percent(&self) -> u8 {
        self.percent
    }

    /// In how many days.
    #[must_use]
    pub fn days(&self) -> u16 {
        self.days
    }

    /// Which absence.
    #[must_use]
    pub fn counted(&self) -> AbsenceCounted {
        self.counted
    }

    /// How it is counted.
    #[must_use]
    pub fn setting(&self) -> Setting {
        self.setting
    }

    /// The days that are looked at: the last of them is `today`.
    #[must_use]
    pub fn window(&self, today: NaiveDate) -> Option<Period> {
        let first = today.checked_sub_days(Days::new(u64::from(self.days) - 1))?;
        Period::new(first, Some(today)).ok()
    }

    /// Whether a person's facts meet it. Exactly the percentage does not; nothing is rounded.
    #[must_use]
    pub fn evaluate<'a>(&self, facts: impl IntoIterator<Item = &'a Fact>, today: NaiveDate) -> Watched {
        let Some(window) = self.window(today) else { return Watched::NothingToSay };
        self.judge(figure(facts, self.setting, window))
    }

    /// Whether a figure of the days that are looked at meets it.
    #[must_use]
    pub fn judge(&self, figure: Figure) -> Watched {
        let category = match self.counted {
            AbsenceCounted::All => Category::Absent,
            AbsenceCounted::Unauthorised => Category::Unauthorised,
        };
        let (absent, base) = (u128::from(figure.of(category)), u128::from(figure.base()));
        if base == 0 {
            Watched::NothingToSay
        } else if absent * 100 > base * u128::from(self.percent) {
            Watched::Over(figure)
        } else {
            Watched::Within(figure)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::mark::tests::marks;
    use super::super::statistics::tests::{ABSENT, THERE, day, fact};
    use super::super::{Mark, Unit};
    use super::*;
    use proptest::prelude::*;

    fn over(percent: u8, days: u16, counted: &str) -> WatchCondition {
        WatchCondition::new(percent, days, counted, Setting::unless_decided(Unit::Hours)).unwrap()
    }

    #[test]
    fn more_than_ten_per_cent_in_a_month() {
        let mut facts = vec![fact("2026-11-02", 60, ABSENT)];
        facts.extend((3..=11).map(|on| fact(&format!("2026-11-{on:02}"), 60, THERE)));
        let condition = over(10, 30, "all");
        let today = day("2026-11-30");
        assert!(matches!(condition.evaluate(&facts, today), Watched::Within(_)), "ten per cent are not more");
        facts.push(fact("2026-11-12", 60, Some(Mark::Absent { authorised: true })));
        let Watched::Over(figure) = condition.evaluate(&facts, today) else { panic!("it is more") };
        assert_eq!(figure.per_mille(Category::Absent), Some(182));
        assert!(matches!(over(10, 30, "unauthorised").evaluate(&facts, today), Watched::Within(_)));
        // Two days later the first absence lies too long ago.
        assert!(matches!(condition.evaluate(&facts, day("2026-12-02")), Watched::Within(_)));
        assert_eq!(condition.evaluate(&facts, day("2027-03-01")), Watched::NothingToSay);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let refused =
            WatchCondition::new(100, 0, "sjuk", Setting::unless_decided(Unit::Hours)).unwrap_err().0;
        let pointers: Vec<&str> = refused.iter().map(|refusal| refusal.pointer.as_str()).collect();
        assert_eq!(pointers, ["/percent", "/days", "/counted"]);
    }

    proptest! {
        #[test]
        fn a_higher_percentage_meets_fewer(
            facts in proptest::collection::vec((1..=28_u32, 5..=120_u32, proptest::option::of(marks())), 0..20),
            low in 0..=99_u8, high in 0..=99_u8,
        ) {
            let facts: Vec<Fact> = facts
                .into_iter()
                .map(|(on, length, mark)| fact(&format!("2026-11-{on:02}"), length, mark))
                .collect();
            let is_over = |percent| {
                matches!(over(percent, 30, "all").evaluate(&facts, day("2026-11-30")), Watched::Over(_))
            };
            let (low, high) = (low.min(high), low.max(high));
            prop_assert!(is_over(low) || !is_over(high));
        }
    }
}
