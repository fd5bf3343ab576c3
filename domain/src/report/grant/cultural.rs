//! Cultural programmes (kulturprogram): events for people from outside, which count as a number of participant weeks each.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use chrono::{Datelike, NaiveDate};

use crate::code::coded;
use crate::fraction::Fraction;
use crate::id::OfferingId;
use crate::period::Period;
use crate::refusal::{Refusal, Refusals};
use crate::rule_set::{RuleMark, RuleSet, counting, rules_on};

/// What cultural programmes count for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CulturalRules {
    /// How many participant weeks one counts as.
    pub weeks_each: NonZeroU32,
    /// The most participant weeks of a school in a calendar year.
    pub most_weeks: NonZeroU32,
    /// How many minutes it lasts at least.
    pub least_minutes: NonZeroU32,
    /// How many people from outside take part at least.
    pub least_visitors: NonZeroU32,
}

/// What cultural programmes count for, as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewCulturalRules {
    /// 1 to 100.
    pub weeks_each: u32,
    /// 1 to 100 000.
    pub most_weeks: u32,
    /// 1 to 1440.
    pub least_minutes: u32,
    /// 1 to 10 000.
    pub least_visitors: u32,
}

impl NewCulturalRules {
    /// Checks every field.
    ///
    /// # Errors
    /// At `/weeksEach`, `/mostWeeks`, `/leastMinutes` and `/leastVisitors`.
    pub fn validate(self) -> Result<CulturalRules, Refusals> {
        let mut refusals = Refusals::default();
        let weeks_each = refusals.note("/weeksEach", counting(self.weeks_each, 100));
        let most_weeks = refusals.note("/mostWeeks", counting(self.most_weeks, 100_000));
        let least_minutes = refusals.note("/leastMinutes", counting(self.least_minutes, 1440));
        let least_visitors = refusals.note("/leastVisitors", counting(self.least_visitors, 10_000));
        match (weeks_each, most_weeks, least_minutes, least_visitors, refusals.finish()) {
            (Some(weeks_each), Some(most_weeks), Some(least_minutes), Some(least_visitors), Ok(())) => {
                Ok(CulturalRules { weeks_each, most_weeks, least_minutes, least_visitors })
            }
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}

/// A cultural programme that was held.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CulturalProgramme {
    /// When.
    pub day: NaiveDate,
    /// Its offering, of the course type for cultural programmes.
    pub offering: OfferingId,
    /// How many minutes it lasted.
    pub minutes: u32,
    /// How many people from outside took part.
    pub visitors: u32,
}

coded! {
    /// Why a cultural programme does not count, or not wholly.
    CulturalNotCounted("reason why a cultural programme does not count") {
        /// It was too short.
        TooShort = "too-short",
        /// Too few people from outside took part.
        TooFewVisitors = "too-few-visitors",
        /// The school had reached the most of the year.
        MostReached = "most-reached",
    }
}

/// What a cultural programme counts for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CountedProgramme<'r> {
    /// Which.
    pub programme: CulturalProgramme,
    /// How many participant weeks.
    pub weeks: Fraction,
    /// Why they are fewer than a programme's, if they are.
    pub not_counted: Option<CulturalNotCounted>,
    /// By which rules.
    pub rule: &'r RuleMark,
}

/// What the cultural programmes of one school count for, in order of time. Give all of a calendar year: the first ones
/// count until the most of the year is reached. Programmes of one day go by their ids, so that the order in which they
/// were entered changes nothing.
///
/// # Errors
/// [`Rule::OutsidePeriod`](crate::refusal::Rule::OutsidePeriod) for a day on which no rules hold.
pub fn count_programmes<'r>(
    programmes: &[CulturalProgramme],
    sets: &'r [RuleSet<CulturalRules>],
) -> Result<Vec<CountedProgramme<'r>>, Refusal> {
    let mut sorted = programmes.to_vec();
    sorted.sort_unstable();
    let mut used: BTreeMap<i32, i64> = BTreeMap::new();
    let mut counted = Vec::with_capacity(sorted.len());
    for programme in sorted {
        let set = rules_on("cultural programmes", sets, programme.day)?;
        let CulturalRules { weeks_each, most_weeks, least_minutes, least_visitors } = set.rules;
        let used = used.entry(programme.day.year()).or_default();
        let each = i64::from(weeks_each.get());
        let (weeks, not_counted) = if programme.minutes < least_minutes.get() {
            (0, Some(CulturalNotCounted::TooShort))
        } else if programme.visitors < least_visitors.get() {
            (0, Some(CulturalNotCounted::TooFewVisitors))
        } else {
            let weeks = each.min(i64::from(most_weeks.get()) - *used).max(0);
            (weeks, (weeks < each).then_some(CulturalNotCounted::MostReached))
        };
        *used += weeks;
        counted.push(CountedProgramme {
            programme,
            weeks: Fraction::whole(weeks),
            not_counted,
            rule: &set.mark,
        });
    }
    Ok(counted)
}

/// The participant weeks of counted programmes within a period.
#[must_use]
pub fn programme_weeks(counted: &[CountedProgramme<'_>], period: &Period) -> Fraction {
    counted.iter().filter(|one| period.contains(one.programme.day)).map(|one| one.weeks).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use crate::report::grant::seed;
    use proptest::prelude::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn programme(number: u128, day: NaiveDate, minutes: u32, visitors: u32) -> CulturalProgramme {
        let offering = OfferingId::from_uuid(uuid::Uuid::from_u128(number));
        CulturalProgramme { day, offering, minutes, visitors }
    }

    #[test]
    fn a_concert_counts_two_weeks_if_it_is_long_and_visited_enough() {
        let rules = seed::cultural_rules().unwrap();
        let programmes = [
            programme(1, day(2026, 9, 19), 90, 45),  // a concert: 2 weeks
            programme(2, day(2026, 9, 20), 59, 45),  // a minute too short
            programme(3, day(2026, 12, 12), 60, 9),  // Lucia, one visitor too few
            programme(4, day(2026, 12, 13), 60, 10), // Lucia again, just enough: 2 weeks
        ];
        let counted = count_programmes(&programmes, &rules).unwrap();
        let reasons: Vec<_> = counted.iter().map(|one| one.not_counted).collect();
        use CulturalNotCounted::{TooFewVisitors, TooShort};
        assert_eq!(reasons, [None, Some(TooShort), Some(TooFewVisitors), None]);
        let autumn = Period::new(day(2026, 8, 1), Some(day(2026, 12, 31))).unwrap();
        assert_eq!(programme_weeks(&counted, &autumn), Fraction::whole(4));
        assert!(counted.iter().all(|one| !one.rule.verified));
    }

    proptest! {
        #[test]
        fn a_year_has_its_most_and_neither_order_nor_split_matters(
            days in proptest::collection::vec(0..700u64, 0..260),
            split in 0..700u64,
            turn in 0..260usize,
        ) {
            let rules = seed::cultural_rules().unwrap();
            let first = day(2025, 2, 1);
            let mut programmes: Vec<_> = (1u128..)
                .zip(&days)
                .map(|(number, days)| programme(number, first + chrono::Days::new(*days), 75, 20))
                .collect();
            let counted = count_programmes(&programmes, &rules).unwrap();
            let turn = turn.min(programmes.len());
            programmes.rotate_left(turn);
            prop_assert_eq!(&count_programmes(&programmes, &rules).unwrap(), &counted);
            let last = day(2027, 12, 31);
            let cut = first + chrono::Days::new(split);
            let whole = Period::new(first, Some(last)).unwrap();
            let before = Period::new(first, Some(cut)).unwrap();
            let after = Period::new(cut.succ_opt().unwrap(), Some(last)).unwrap();
            let sum = programme_weeks(&counted, &before) + programme_weeks(&counted, &after);
            prop_assert_eq!(sum, programme_weeks(&counted, &whole));
            for year in 2025..=2027 {
                let held = programmes.iter().filter(|one| one.day.year() == year).count();
                let year = Period::new(day(year, 1, 1), Some(day(year, 12, 31))).unwrap();
                let expected = Fraction::whole(200.min(2 * i64::try_from(held).unwrap()));
                prop_assert_eq!(programme_weeks(&counted, &year), expected);
            }
        }
    }
}
