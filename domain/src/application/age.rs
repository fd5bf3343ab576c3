//! Whether somebody is old enough for a place that the state grant pays for.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};

use crate::code::Code;
use crate::refusal::{Refusal, Refusals, Rule};
use crate::rule_set::{RuleMark, RuleSet, codes, rules_on};

/// Who is old enough for which places.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgeRules {
    /// The age that the participant reaches in the calendar year in which they begin, or earlier.
    pub turns: u8,
    /// For places with these sources of funding.
    pub funding: BTreeSet<Code>,
    /// On courses of these types.
    pub course_types: BTreeSet<Code>,
}

/// Rules as someone enters them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewAgeRules<'a> {
    /// 1 to 100.
    pub turns: u8,
    /// At least one code, each once.
    pub funding: &'a [&'a str],
    /// At least one code, each once.
    pub course_types: &'a [&'a str],
}

impl NewAgeRules<'_> {
    /// Checks every field.
    ///
    /// # Errors
    /// At `/turns`, `/fundingCodes` and `/courseTypeCodes` and their elements.
    pub fn validate(self) -> Result<AgeRules, Refusals> {
        let mut refusals = Refusals::default();
        if !(1..=100).contains(&self.turns) {
            refusals.0.push(Refusal::new(Rule::OutOfRange, "is 1 to 100 years").at("/turns"));
        }
        let funding = codes("/fundingCodes", self.funding, &mut refusals);
        let course_types = codes("/courseTypeCodes", self.course_types, &mut refusals);
        refusals.finish().map(|()| AgeRules { turns: self.turns, funding, course_types })
    }
}

/// What follows from somebody's age for a place that they may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AgeStanding<'r> {
    /// The 18th birthday, for somebody who begins as a minor: until then the rules on consent and guardians hold.
    pub minor_until: Option<NaiveDate>,
    /// The rules that were asked.
    pub rule: &'r RuleMark,
}

/// Whether somebody may have a place with that funding from a day on, and whether they are a minor then. Younger ones
/// can have a place that somebody else pays for, and another funding from the year in which they are old enough: ask
/// with the day of that change.
///
/// # Errors
/// [`Rule::Conflict`] at `/fundingCode` for somebody too young for that funding; [`Rule::Required`] at `/birthDate`
/// where it must be known and is not; [`Rule::OutsidePeriod`] for a day on which no rules hold.
pub fn age_standing<'r>(
    birth_date: Option<NaiveDate>,
    first_day: NaiveDate,
    funding: Option<&Code>,
    course_type: Option<&Code>,
    rules: &'r [RuleSet<AgeRules>],
) -> Result<AgeStanding<'r>, Refusal> {
    let RuleSet { mark, rules } = rules_on("the age of participants", rules, first_day)?;
    let concerned = funding.is_some_and(|funding| rules.funding.contains(funding))
        && course_type.is_some_and(|course_type| rules.course_types.contains(course_type));
    match birth_date {
        None if concerned => {
            let detail = "the date of birth must be known for a place with this funding";
            Err(Refusal::new(Rule::Required, detail).at("/birthDate"))
        }
        Some(birth) if concerned && birth.year() + i32::from(rules.turns) > first_day.year() => {
            let (turns, year) = (rules.turns, first_day.year());
            let detail = format!(
                "a place with this funding is for those who turn {turns} in {year} or earlier; somebody else can pay for a \
                 younger participant's"
            );
            Err(Refusal::new(Rule::Conflict, detail).at("/fundingCode"))
        }
        _ => {
            let of_age = birth_date.map(|birth| birthday(birth, 18));
            Ok(AgeStanding { minor_until: of_age.filter(|day| first_day < *day), rule: mark })
        }
    }
}

/// The day on which somebody reaches an age; who is born on 29 February, in other years on 1 March.
fn birthday(birth: NaiveDate, age: i32) -> NaiveDate {
    let year = birth.year() + age;
    birth.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 3, 1)).unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::seed;
    use proptest::prelude::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn standing(
        birth: Option<NaiveDate>,
        first: NaiveDate,
        funding: &str,
    ) -> Result<Option<NaiveDate>, Refusal> {
        let rules = seed::age_rules().unwrap();
        let (funding, general) = (Code::new(funding).unwrap(), Code::new("1").unwrap());
        age_standing(birth, first, Some(&funding), Some(&general), &rules)
            .map(|standing| standing.minor_until)
    }

    #[test]
    fn who_turns_eighteen_that_year_may_have_a_state_funded_place() {
        let first = day(2027, 1, 11);
        // Born on the last day of 2009 and the first of 2010, at the start 17 years old.
        assert_eq!(standing(Some(day(2009, 12, 31)), first, "state-grant"), Ok(Some(day(2027, 12, 31))));
        let refusal = standing(Some(day(2010, 1, 1)), first, "state-grant").unwrap_err();
        assert_eq!((refusal.rule, refusal.pointer.as_str()), (Rule::Conflict, "/fundingCode"));
        assert_eq!(standing(Some(day(2010, 1, 1)), first, "municipality"), Ok(Some(day(2028, 1, 1))));
        assert_eq!(standing(Some(day(2009, 1, 11)), first, "state-grant"), Ok(None), "18 on the first day");
        assert_eq!(standing(None, first, "state-grant").unwrap_err().pointer, "/birthDate");
        assert_eq!(standing(None, first, "own-fee"), Ok(None));
        assert_eq!(standing(Some(day(2012, 2, 29)), first, "region"), Ok(Some(day(2030, 3, 1))));
    }

    proptest! {
        #[test]
        fn nobody_loses_a_place_by_beginning_later(birth in 0..20_000u64, first in 0..6_000u64, later in 0..3_000u64) {
            let birth = day(1970, 1, 1) + chrono::Days::new(birth);
            let first = day(2020, 1, 1) + chrono::Days::new(first);
            if standing(Some(birth), first, "state-grant").is_ok() {
                prop_assert!(standing(Some(birth), first + chrono::Days::new(later), "state-grant").is_ok());
            }
        }
    }
}
