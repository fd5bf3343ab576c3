//! Whether there is mobility support for a participant in a course in a term, and how much.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use chrono::{Datelike, NaiveDate};

use super::{CourseLength, HomePeriod, HomeRegion, MobilityRules, Rate, home_region_on, rate_for};
use crate::code::{Code, coded};
use crate::course::Pace;
use crate::fraction::Fraction;
use crate::id::{OfferingId, PersonId};
use crate::organisation::ReportTerm;
use crate::refusal::{Refusal, Rule};
use crate::report::grant::{CourseDays, Ledger, LedgerDay};
use crate::rule_set::{RuleMark, RuleSet, rules_on};

coded! {
    /// What comes of an assessment, in the order in which it is asked.
    MobilityOutcome("outcome of an assessment of mobility support") {
        /// Courses of this type give no support.
        CourseType = "course-type",
        /// The course has too few weeks in the term.
        CourseTooShort = "course-too-short",
        /// Nobody has said where the course is taught.
        TeachingPlaceUnknown = "teaching-place-unknown",
        /// No course day of the participant counts for the state grant.
        NothingCounted = "nothing-counted",
        /// The pace was too low on all days that count.
        PaceTooLow = "pace-too-low",
        /// No home region is known on the reference date.
        HomeRegionUnknown = "home-region-unknown",
        /// More than one is.
        HomeRegionContradictory = "home-region-contradictory",
        /// The home region is that in which the course is taught.
        SameRegion = "same-region",
        /// There is support, but nobody has entered what the region pays.
        RateUnknown = "rate-unknown",
        /// There is support.
        Due = "due",
    }
}

/// A course in a report term, as far as mobility support asks.
#[derive(Clone, Copy, Debug)]
pub struct CourseInTerm<'a> {
    /// The offering.
    pub offering: OfferingId,
    /// Its course type.
    pub course_type: Option<&'a Code>,
    /// Its course days, of all terms.
    pub days: &'a CourseDays,
    /// The region in which it is taught (see [`region_of`](super::region_of)), which need not be that of the school's seat.
    pub taught_in: Option<&'a Code>,
    /// The term.
    pub term: ReportTerm,
}

/// Whether there is support for a participant in a course in a term, and everything that the answer rests on.
#[derive(Clone, PartialEq, Eq)]
pub struct Assessment<'r> {
    /// Who.
    pub person: PersonId,
    /// In which offering.
    pub offering: OfferingId,
    /// In which term.
    pub term: ReportTerm,
    /// What comes of it.
    pub outcome: MobilityOutcome,
    /// How many weeks the course has in the term.
    pub course_weeks: Fraction,
    /// The region in which it is taught.
    pub taught_in: Option<Code>,
    /// The day on which the home region was looked at; none where the course has no day in the term.
    pub reference: Option<NaiveDate>,
    /// The home region on that day, where it is known and asked for.
    pub home: Option<Code>,
    /// The weeks at full time.
    pub full_time: Fraction,
    /// The weeks below full time that give support, before the amount is halved.
    pub below_full_time: Fraction,
    /// The weeks below the least pace, which give nothing.
    pub too_slow: Fraction,
    /// The weeks that are paid for: those at full time, and a share of those below.
    pub payable: Fraction,
    /// What the region pays for a week.
    pub rate: Option<&'r RuleSet<Rate>>,
    /// What is due, in whole öre, a half upwards; 0 unless something is.
    pub ore: i64,
    /// By which rules.
    pub rule: &'r RuleMark,
    /// By which rules the weeks were counted, each once, the earliest first.
    pub weeks_by: Vec<&'r RuleMark>,
}

impl<'r> Assessment<'r> {
    /// Every set of rules that it was made by: those of the weeks, of mobility support, and the rate.
    pub fn marks(&self) -> impl Iterator<Item = &'r RuleMark> {
        let rate = self.rate.map(|rate| &rate.mark);
        self.weeks_by.iter().copied().chain(std::iter::once(self.rule)).chain(rate)
    }
}

/// Where somebody lives is not shown.
impl std::fmt::Debug for Assessment<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { person, offering, term, outcome, payable, ore, .. } = self;
        f.debug_struct("Assessment")
            .field("person", person)
            .field("offering", offering)
            .field("term", term)
            .field("outcome", outcome)
            .field("payable", payable)
            .field("ore", ore)
            .finish_non_exhaustive()
    }
}

impl CourseInTerm<'_> {
    /// Assesses one participant. `ledger` is theirs in this course; `homes` are all the days and regions in which they were
    /// registered. Neither the order of these nor that of the rates matters.
    ///
    /// # Errors
    /// [`Rule::OutsidePeriod`] when no rules hold for the term; [`Rule::Conflict`] for a ledger of another offering;
    /// [`Rule::OutOfRange`] for an amount that does not fit.
    pub fn assess<'r>(
        &self,
        ledger: &Ledger<'r>,
        homes: &[HomePeriod],
        rules: &'r [RuleSet<MobilityRules>],
        rates: &'r [RuleSet<Rate>],
    ) -> Result<Assessment<'r>, Refusal> {
        if ledger.offering != self.offering {
            return Err(Refusal::new(Rule::Conflict, "the ledger is of another offering"));
        }
        let set = rules_on("mobility support", rules, self.term.first_certain_day())?;
        let rules = &set.rules;
        let counted = ledger.days.iter().filter(|day| day.term == self.term && day.not_counted.is_none());
        let mut weeks_by: Vec<&'r RuleMark> = Vec::new();
        for day in counted.clone() {
            if weeks_by.last() != Some(&day.rule) {
                weeks_by.push(day.rule);
            }
        }
        let weeks = Weeks::of(counted, rules);
        let first_day = self.days.of_term(self.term).next().map(|day| day.day);
        let reference = first_day.map(|first| rules.reference.of(self.term, first));
        let course_weeks = self.course_weeks(rules);
        let home = reference.map_or(HomeRegion::Unknown, |day| home_region_on(homes, day));
        let rate = match &home {
            HomeRegion::Known(region) => rate_for(rates, region, self.term),
            HomeRegion::Unknown | HomeRegion::Contradictory => None,
        };
        let outcome = self.barred(course_weeks, rules).or_else(|| weeks.barred()).unwrap_or(match &home {
            HomeRegion::Unknown => MobilityOutcome::HomeRegionUnknown,
            HomeRegion::Contradictory => MobilityOutcome::HomeRegionContradictory,
            HomeRegion::Known(region) if Some(region) == self.taught_in => MobilityOutcome::SameRegion,
            HomeRegion::Known(_) if rate.is_none() => MobilityOutcome::RateUnknown,
            HomeRegion::Known(_) => MobilityOutcome::Due,
        });
        let payable = weeks.full_time + weeks.below_full_time * rules.below_full_time.share();
        let rate = rate.filter(|_| outcome == MobilityOutcome::Due);
        let ore =
            rate.map_or(Ok(0), |rate| (payable * Fraction::whole(rate.rules.ore_per_week)).rounded())?;
        Ok(Assessment {
            person: ledger.person,
            offering: self.offering,
            term: self.term,
            outcome,
            course_weeks,
            taught_in: self.taught_in.cloned(),
            reference,
            home: match home {
                HomeRegion::Known(region) => Some(region),
                HomeRegion::Unknown | HomeRegion::Contradictory => None,
            },
            full_time: weeks.full_time,
            below_full_time: weeks.below_full_time,
            too_slow: weeks.too_slow,
            payable,
            rate,
            ore,
            rule: &set.mark,
            weeks_by,
        })
    }

    /// How long the course is in the term, whoever takes part in how much of it.
    fn course_weeks(&self, rules: &MobilityRules) -> Fraction {
        let days = self.days.of_term(self.term);
        match rules.course_length {
            CourseLength::CalendarWeeks => {
                let weeks: BTreeSet<_> =
                    days.map(|day| (day.day.iso_week().year(), day.day.iso_week().week())).collect();
                Fraction::whole(i64::try_from(weeks.len()).unwrap_or(i64::MAX))
            }
            CourseLength::CourseDays => {
                Fraction::of(i64::try_from(days.count()).unwrap_or(i64::MAX), DAYS_OF_A_WEEK)
            }
        }
    }

    fn barred(&self, course_weeks: Fraction, rules: &MobilityRules) -> Option<MobilityOutcome> {
        if !self.course_type.is_some_and(|course_type| rules.course_types.contains(course_type)) {
            Some(MobilityOutcome::CourseType)
        } else if course_weeks < Fraction::whole(rules.least_weeks.get().into()) {
            Some(MobilityOutcome::CourseTooShort)
        } else if self.taught_in.is_none() {
            Some(MobilityOutcome::TeachingPlaceUnknown)
        } else {
            None
        }
    }
}

/// Of a course, whoever takes part in how much of it.
const DAYS_OF_A_WEEK: NonZeroU32 = match NonZeroU32::new(5) {
    Some(five) => five,
    None => NonZeroU32::MIN,
};

#[derive(Default)]
struct Weeks {
    full_time: Fraction,
    below_full_time: Fraction,
    too_slow: Fraction,
}

impl Weeks {
    fn of<'d, 'r: 'd>(days: impl Iterator<Item = &'d LedgerDay<'r>>, rules: &MobilityRules) -> Self {
        let mut weeks = Self::default();
        for day in days {
            let unscaled = day.at_full_time.over(day.days_per_week);
            if day.pace == Pace::FULL {
                weeks.full_time = weeks.full_time + unscaled;
            } else if day.pace < rules.least_pace {
                weeks.too_slow = weeks.too_slow + unscaled;
            } else if rules.scaled_by_pace {
                let scaled = unscaled * Fraction::hundredths(day.pace.percent().into());
                weeks.below_full_time = weeks.below_full_time + scaled;
            } else {
                weeks.below_full_time = weeks.below_full_time + unscaled;
            }
        }
        weeks
    }

    fn barred(&self) -> Option<MobilityOutcome> {
        if !(self.full_time + self.below_full_time).is_zero() {
            None
        } else if self.too_slow.is_zero() {
            Some(MobilityOutcome::NothingCounted)
        } else {
            Some(MobilityOutcome::PaceTooLow)
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
