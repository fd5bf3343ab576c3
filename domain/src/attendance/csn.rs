//! Whom the school may have to report to CSN for unauthorised absence: proposals with their evidence. Whether it is
//! reported, and from which day, somebody at the school decides.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use crate::id::PersonId;
use crate::organisation::ReportHalf;
use crate::period::{FIRST_DATE, Period};
use crate::refusal::{Refusal, Refusals, Rule};

/// A calendar month.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Month {
    first: NaiveDate,
}

impl Month {
    /// The month of a day.
    #[must_use]
    pub fn of(day: NaiveDate) -> Self {
        Self { first: day.with_day(1).unwrap_or(day) }
    }

    /// A month by its number, 1 to 12, within the years that Skolhus knows.
    ///
    /// # Errors
    /// [`Rule::OutOfRange`] otherwise.
    pub fn new(year: i32, month: u32) -> Result<Self, Refusal> {
        NaiveDate::from_ymd_opt(year, month, 1)
            .ok_or_else(|| Refusal::new(Rule::OutOfRange, "is not a month"))
            .and_then(crate::period::plausible_date)
            .map(|first| Self { first })
    }

    /// Its first day.
    #[must_use]
    pub fn first_day(self) -> NaiveDate {
        self.first
    }

    /// Whether a day lies within.
    #[must_use]
    pub fn contains(self, day: NaiveDate) -> bool {
        Self::of(day) == self
    }
}

/// From how much unauthorised absence in a calendar month somebody is a candidate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CsnRule {
    /// The months, by their first days, in which it holds.
    pub valid: Period,
    minutes: u32,
    occasions: u8,
}

impl CsnRule {
    /// A rule: at least so many minutes on at least so many occasions.
    ///
    /// # Errors
    /// [`Rule::OutOfRange`] at `/minutes` (1 to 44 640, a month) and `/occasions` (1 to 31).
    pub fn new(valid: Period, minutes: u32, occasions: u8) -> Result<Self, Refusals> {
        let mut refusals = Refusals::default();
        if !(1..=44_640).contains(&minutes) {
            refusals.0.push(Refusal::new(Rule::OutOfRange, "is 1 to 44 640 minutes").at("/minutes"));
        }
        if !(1..=31).contains(&occasions) {
            refusals.0.push(Refusal::new(Rule::OutOfRange, "is 1 to 31").at("/occasions"));
        }
        refusals.finish().map(|()| Self { valid, minutes, occasions })
    }

    /// At least so many minutes of clock time.
    #[must_use]
    pub fn minutes(&self) -> u32 {
        self.minutes
    }

    /// On at least so many occasions.
    #[must_use]
    pub fn occasions(&self) -> u8 {
        self.occasions
    }
}

/// A rule with which a new installation starts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CsnRuleSeed {
    /// The first day; [`FIRST_DATE`] where no source states one.
    pub valid_from: NaiveDate,
    /// The last day; none while it is in force.
    pub valid_to: Option<NaiveDate>,
    /// See [`CsnRule::minutes`].
    pub minutes: u32,
    /// See [`CsnRule::occasions`].
    pub occasions: u8,
    /// Where it comes from.
    pub source: &'static str,
}

impl CsnRuleSeed {
    /// The rule as the table keeps it.
    ///
    /// # Errors
    /// As [`Period::new`] and [`CsnRule::new`]; none for [`CSN_RULES`], as a test shows.
    pub fn rule(&self) -> Result<CsnRule, Refusals> {
        CsnRule::new(Period::new(self.valid_from, self.valid_to)?, self.minutes, self.occasions)
    }
}

/// The rules in force.
pub const CSN_RULES: &[CsnRuleSeed] = &[
    // CSN, "Ogiltig frånvaro på gymnasiet": repeated, and together at least four hours in a month. That repeated means
    // at least twice is the plain reading of the word; no source gives a number. No source states a first day.
    CsnRuleSeed {
        valid_from: FIRST_DATE,
        valid_to: None,
        minutes: 240,
        occasions: 2,
        source: "csn.se, Ogiltig frånvaro på gymnasiet: repeated, and together at least four hours in a month. \
                 Two occasions are our reading of repeated.",
    },
];

/// Whether somebody can have studiehjälp during a half year: until and with the first half of the year in which they
/// turn 20; from the second half on it is studiemedel, of which unauthorised absence is not reported
/// (studiestödsförordningen 2000:655; CSN's handbooks). Nobody's age is unknown to CSN: without a date of birth it is no.
///
/// From when somebody has it (the quarter after the 16th birthday; child allowance before) is not part of the rule:
/// CSN asks for younger pupils' absence in the same way.
#[must_use]
pub fn has_study_aid(birth_date: Option<NaiveDate>, year: i32, half: ReportHalf) -> bool {
    birth_date.is_some_and(|born| {
        let twenty = born.year() + 20;
        year < twenty || (year == twenty && half == ReportHalf::Spring)
    })
}

/// Unauthorised minutes of a person in one lesson.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnauthorisedTime {
    /// Who.
    pub person: PersonId,
    /// When they were born, where that is known.
    pub birth_date: Option<NaiveDate>,
    /// The school day of the lesson.
    pub day: NaiveDate,
    /// The unauthorised minutes of the ledger: of whole lessons as of coming late and leaving early.
    pub minutes: u32,
}

/// Somebody whom the school may have to report, with the evidence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CsnCandidate {
    /// Who.
    pub person: PersonId,
    /// The month.
    pub month: Month,
    /// Unauthorised minutes of each day, in their order. Each day is an occasion.
    pub days: Vec<(NaiveDate, u32)>,
    /// All of them, in minutes of clock time.
    pub minutes: u32,
    /// The rule that they meet.
    pub rule: CsnRule,
}

impl CsnCandidate {
    /// On how many occasions.
    #[must_use]
    pub fn occasions(&self) -> usize {
        self.days.len()
    }
}

/// The candidates of a month, in the order of their ids.
///
/// Time is clock time in minutes and is not rounded. An occasion is a day with unauthorised minutes: two lessons missed
/// on one morning are one occasion, since otherwise a single afternoon would be "repeated" absence.
///
/// # Errors
/// [`Rule::OutsidePeriod`] for a month for which there is no rule.
pub fn candidates(
    month: Month,
    rules: &[CsnRule],
    absences: &[UnauthorisedTime],
) -> Result<Vec<CsnCandidate>, Refusal> {
    let rule = rules.iter().find(|rule| rule.valid.contains(month.first)).ok_or_else(|| {
        let detail = format!("no rule says what is reported to CSN for the month of {}", month.first);
        Refusal::new(Rule::OutsidePeriod, detail)
    })?;
    let half = if month.first.month() <= 6 { ReportHalf::Spring } else { ReportHalf::Autumn };
    let mut by_person: BTreeMap<PersonId, BTreeMap<NaiveDate, u32>> = BTreeMap::new();
    for absence in absences {
        let UnauthorisedTime { person, birth_date, day, minutes } = *absence;
        if minutes > 0 && month.contains(day) && has_study_aid(birth_date, month.first.year(), half) {
            *by_person.entry(person).or_default().entry(day).or_default() += minutes;
        }
    }
    let candidate = |(person, days): (PersonId, BTreeMap<NaiveDate, u32>)| {
        let minutes = days.values().sum();
        let is_met = minutes >= rule.minutes && days.len() >= usize::from(rule.occasions);
        let days = days.into_iter().collect();
        is_met.then_some(CsnCandidate { person, month, days, minutes, rule: *rule })
    };
    Ok(by_person.into_iter().filter_map(candidate).collect())
}

#[cfg(test)]
mod tests {
    use super::super::register::tests::person;
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn rules() -> Vec<CsnRule> {
        CSN_RULES.iter().map(|seed| seed.rule().unwrap()).collect()
    }

    fn november() -> Month {
        Month::new(2026, 11).unwrap()
    }

    fn absent(days: &[(&str, u32)]) -> Vec<UnauthorisedTime> {
        let one = |(date, minutes): &(&str, u32)| UnauthorisedTime {
            person: person(1),
            birth_date: Some(day("2009-03-14")),
            day: day(date),
            minutes: *minutes,
        };
        days.iter().map(one).collect()
    }

    fn found(absences: &[UnauthorisedTime]) -> Vec<CsnCandidate> {
        candidates(november(), &rules(), absences).unwrap()
    }

    #[test]
    fn four_hours_on_several_days_and_not_a_minute_less() {
        // 3 h 48 min on three days are not reported, 4 h 10 min on four are.
        assert_eq!(found(&absent(&[("2026-11-03", 76), ("2026-11-10", 76), ("2026-11-17", 76)])), []);
        let more = absent(&[("2026-11-03", 60), ("2026-11-10", 60), ("2026-11-17", 60), ("2026-11-20", 70)]);
        let candidate = &found(&more)[0];
        assert_eq!((candidate.minutes, candidate.occasions()), (250, 4));
        assert_eq!(candidate.days[3], (day("2026-11-20"), 70));
        assert_eq!(found(&absent(&[("2026-11-03", 239), ("2026-11-04", 1)])).len(), 1);
    }

    #[test]
    fn one_day_is_one_occasion_and_other_months_do_not_count() {
        assert_eq!(found(&absent(&[("2026-11-03", 120), ("2026-11-03", 150)])), []);
        assert_eq!(found(&absent(&[("2026-10-31", 120), ("2026-11-03", 150)])), []);
    }

    #[test]
    fn study_aid_lasts_through_the_spring_of_the_year_of_twenty() {
        let born = Some(day("2006-12-31"));
        assert!(has_study_aid(born, 2026, ReportHalf::Spring));
        assert!(!has_study_aid(born, 2026, ReportHalf::Autumn));
        assert!(has_study_aid(Some(day("2007-01-01")), 2026, ReportHalf::Autumn));
        assert!(!has_study_aid(born, 2027, ReportHalf::Spring));
        assert!(!has_study_aid(None, 2026, ReportHalf::Spring));
    }

    #[test]
    fn a_month_without_a_rule_has_no_answer() {
        let old =
            CsnRule::new(Period::new(day("2020-01-01"), Some(day("2025-12-31"))).unwrap(), 240, 2).unwrap();
        assert_eq!(candidates(november(), &[old], &[]).unwrap_err().rule, Rule::OutsidePeriod);
        let refused = CsnRule::new(old.valid, 0, 0).unwrap_err().0;
        assert_eq!(refused.len(), 2);
        assert!(Month::new(2026, 13).is_err() && Month::new(1, 1).is_err());
    }

    proptest! {
        #[test]
        fn the_evidence_bears_the_proposal(
            absences in proptest::collection::vec((1..4_u128, 1..=28_u64, 0..120_u32), 0..40),
        ) {
            let absences: Vec<UnauthorisedTime> = absences.into_iter().map(|(who, on, minutes)| UnauthorisedTime {
                person: person(who),
                birth_date: Some(day("2009-03-14")),
                day: day("2026-11-01") + chrono::Days::new(on),
                minutes,
            }).collect();
            for candidate in found(&absences) {
                let all: u32 = absences.iter().filter(|of| of.person == candidate.person).map(|of| of.minutes).sum();
                prop_assert_eq!(candidate.minutes, all);
                prop_assert_eq!(candidate.days.iter().map(|(_, minutes)| minutes).sum::<u32>(), all);
                prop_assert!(all >= 240 && candidate.occasions() >= 2);
                prop_assert!(candidate.days.iter().all(|(_, minutes)| *minutes > 0));
            }
        }
    }
}
