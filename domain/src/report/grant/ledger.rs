//! What came of the course days of one participant in one course, day by day, and sums of it.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use chrono::NaiveDate;

use super::DayForm;
use crate::code::{Code, coded};
use crate::course::Pace;
use crate::fraction::Fraction;
use crate::id::{OfferingId, PersonId};
use crate::organisation::ReportTerm;
use crate::period::Period;
use crate::rule_set::RuleMark;

coded! {
    /// Why a course day does not count, in the order in which it is asked.
    NotCounted("reason why a course day does not count") {
        /// The day comes after the one by which is counted.
        StillToCome = "still-to-come",
        /// The person has a place, and nobody has said that they began.
        NotBegun = "not-begun",
        /// The course has no course type.
        CourseTypeMissing = "course-type-missing",
        /// Courses of this type do not count.
        CourseType = "course-type",
        /// Nobody has said who pays.
        FundingMissing = "funding-missing",
        /// Somebody else pays.
        Funding = "funding",
        /// The person was no participant on the course day from which one counts (such as the 15th).
        Threshold = "threshold",
        /// The person was on a study break.
        StudyBreak = "study-break",
        /// Part time does not count.
        PartTime = "part-time",
    }
}

/// A course day of a participant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LedgerDay<'r> {
    /// Which.
    pub day: NaiveDate,
    /// The report term it belongs to.
    pub term: ReportTerm,
    /// On site or at a distance.
    pub form: DayForm,
    /// The participant's pace that day.
    pub pace: Pace,
    /// How much of a day on site it would be at full time, whatever the pace.
    pub at_full_time: Fraction,
    /// How much of a full-time participant's day it is, if it counts.
    pub share: Fraction,
    /// How many such days are a week.
    pub days_per_week: NonZeroU32,
    /// How many participant weeks that is.
    pub weeks: Fraction,
    /// None if it counts, else why not.
    pub not_counted: Option<NotCounted>,
    /// By which rules.
    pub rule: &'r RuleMark,
}

/// The course days of one person in one outermost offering, in order of time: every course day on which they had a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ledger<'r> {
    /// Who.
    pub person: PersonId,
    /// In which offering.
    pub offering: OfferingId,
    /// Its course type.
    pub course_type: Option<Code>,
    /// The days.
    pub days: Vec<LedgerDay<'r>>,
}

impl<'r> Ledger<'r> {
    /// The days within a period.
    pub fn within<'s>(&'s self, period: &Period) -> impl Iterator<Item = &'s LedgerDay<'r>> + use<'s, 'r> {
        let period = *period;
        self.days.iter().filter(move |day| period.contains(day.day))
    }

    /// The days within a period that count.
    pub fn counted<'s>(&'s self, period: &Period) -> impl Iterator<Item = &'s LedgerDay<'r>> + use<'s, 'r> {
        self.within(period).filter(|day| day.not_counted.is_none())
    }

    /// The participant weeks within a period.
    #[must_use]
    pub fn weeks(&self, period: &Period) -> Fraction {
        self.counted(period).map(|day| day.weeks).sum()
    }

    /// How the figure of a period came about: runs of days that are alike, in order of time.
    #[must_use]
    pub fn explain(&self, period: &Period) -> Vec<Stretch<'r>> {
        let mut stretches: Vec<Stretch<'r>> = Vec::new();
        for day in self.within(period) {
            match stretches.last_mut() {
                Some(stretch) if stretch.goes_on_with(day) => {
                    stretch.days.push(day.day);
                    stretch.weeks = stretch.weeks + day.weeks;
                }
                _ => stretches.push(Stretch::of(day)),
            }
        }
        stretches
    }
}

/// Course days that follow one another in a ledger and count, or do not count, alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stretch<'r> {
    /// Which days, in order of time; at least one.
    pub days: Vec<NaiveDate>,
    /// Their report term.
    pub term: ReportTerm,
    /// On site or at a distance.
    pub form: DayForm,
    /// The pace.
    pub pace: Pace,
    /// How much of a full-time participant's day each is.
    pub share: Fraction,
    /// How many participant weeks they make together, or would make if they counted.
    pub weeks: Fraction,
    /// None if they count, else why not.
    pub not_counted: Option<NotCounted>,
    /// By which rules, from which source.
    pub rule: &'r RuleMark,
}

impl<'r> Stretch<'r> {
    fn of(day: &LedgerDay<'r>) -> Self {
        let LedgerDay { day, term, form, pace, share, weeks, not_counted, rule, .. } = *day;
        Self { days: vec![day], term, form, pace, share, weeks, not_counted, rule }
    }

    fn goes_on_with(&self, day: &LedgerDay<'r>) -> bool {
        let alike = (self.term, self.form, self.pace, self.share, self.not_counted)
            == (day.term, day.form, day.pace, day.share, day.not_counted);
        alike && self.rule == day.rule
    }
}

/// Sums of ledgers, with how many persons there are in them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// Participant weeks.
    pub weeks: Fraction,
    /// What does not count, by why.
    pub not_counted: BTreeMap<NotCounted, Fraction>,
    /// How many different persons have a day that counts.
    pub participants: usize,
}

/// What figures are by: each part is none where it does not matter.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct TallyKey {
    /// The report term.
    pub term: Option<ReportTerm>,
    /// The course type; none also for courses without one.
    pub course_type: Option<Code>,
    /// The offering.
    pub offering: Option<OfferingId>,
    /// The participant.
    pub person: Option<PersonId>,
}

/// By what figures are told apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TallyBy {
    /// One for each report term.
    pub term: bool,
    /// One for each course type.
    pub course_type: bool,
    /// One for each offering.
    pub offering: bool,
    /// One for each participant.
    pub person: bool,
}

/// The sums of ledgers within a period, by what is asked for. The finer figures add up to the coarser, except participants:
/// somebody who takes part in two courses is one.
#[must_use]
pub fn tally(ledgers: &[Ledger<'_>], period: &Period, by: TallyBy) -> BTreeMap<TallyKey, Totals> {
    let mut found: BTreeMap<TallyKey, Totals> = BTreeMap::new();
    let mut persons: BTreeSet<(TallyKey, PersonId)> = BTreeSet::new();
    for ledger in ledgers {
        let mut terms: BTreeMap<ReportTerm, Totals> = BTreeMap::new();
        for day in ledger.within(period) {
            let totals = terms.entry(day.term).or_default();
            match day.not_counted {
                None => {
                    totals.weeks = totals.weeks + day.weeks;
                    totals.participants = 1;
                }
                Some(why) => {
                    let sum = totals.not_counted.entry(why).or_default();
                    *sum = *sum + day.weeks;
                }
            }
        }
        for (term, part) in terms {
            let key = TallyKey {
                term: by.term.then_some(term),
                course_type: ledger.course_type.clone().filter(|_| by.course_type),
                offering: by.offering.then_some(ledger.offering),
                person: by.person.then_some(ledger.person),
            };
            let totals = found.entry(key.clone()).or_default();
            totals.weeks = totals.weeks + part.weeks;
            for (why, weeks) in part.not_counted {
                let sum = totals.not_counted.entry(why).or_default();
                *sum = *sum + weeks;
            }
            if part.participants > 0 && persons.insert((key, ledger.person)) {
                totals.participants += 1;
            }
        }
    }
    found
}
