//! From course days, participations and rules to a ledger.

use chrono::{Datelike, NaiveDate};

use super::{
    CourseDay, CourseDays, DayForm, Interruption, Ledger, LedgerDay, NotCounted, PartTime, Threshold,
    ThresholdOf, ThresholdWithin, WeekRules,
};
use crate::code::Code;
use crate::course::{Offering, Pace};
use crate::fraction::Fraction;
use crate::id::{OfferingId, PersonId};
use crate::organisation::ReportTerm;
use crate::participation::{Participation, State, StateCode};
use crate::refusal::{Refusal, Rule};
use crate::rule_set::{RuleSet, rules_on};

/// What is counted. A figure always says which.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Basis {
    /// What is planned: everybody who has a place, begun or not, all days.
    Planned,
    /// What has been held up to and with a day: those who have begun.
    HeldBy(NaiveDate),
}

/// An outermost offering as it counts for grants.
#[derive(Clone, Copy, Debug)]
pub struct GrantCourse<'a> {
    offering: OfferingId,
    course_type: Option<&'a Code>,
    days: &'a CourseDays,
}

impl<'a> GrantCourse<'a> {
    /// An offering with its course days.
    ///
    /// # Errors
    /// [`Rule::Conflict`] at `/partOfId` for an offering that is a part of another: only the outermost counts, else the
    /// subjects of a course would count its participants once more.
    pub fn new(id: OfferingId, offering: &'a Offering, days: &'a CourseDays) -> Result<Self, Refusal> {
        if offering.part_of.is_some() {
            let detail = "only the outermost offering counts for grants; this one is a part of another";
            return Err(Refusal::new(Rule::Conflict, detail).at("/partOfId"));
        }
        Ok(Self { offering: id, course_type: offering.course_type.as_ref(), days })
    }

    /// The ledger of one person in the course, with all their participations in it, in any order.
    ///
    /// # Errors
    /// [`Rule::OutsidePeriod`] for a course day on which no rules hold; [`Rule::Conflict`] at `/{n}` for a participation of
    /// another person or in another offering.
    pub fn ledger<'r>(
        &self,
        person: PersonId,
        participations: &[Participation],
        rules: &'r [RuleSet<WeekRules>],
        basis: Basis,
    ) -> Result<Ledger<'r>, Refusal> {
        let stranger =
            participations.iter().position(|one| (one.person(), one.offering()) != (person, self.offering));
        if let Some(place) = stranger {
            let detail = "the participation is another person's, or in another offering";
            return Err(Refusal::new(Rule::Conflict, detail).at(&format!("/{place}")));
        }
        let counting = Counting { course: self, participations, basis };
        let mut days = Vec::new();
        // Neighbouring days nearly always share their rules and what follows from them; these are looked up once.
        let mut set: Option<&'r RuleSet<WeekRules>> = None;
        let mut reached: Option<((Threshold, ReportTerm), bool)> = None;
        for day in self.days.days() {
            let now = match set {
                Some(set) if set.mark.valid.contains(day.day) => set,
                _ => rules_on("participant weeks", rules, day.day)?,
            };
            set = Some(now);
            let reaches = now.rules.threshold.is_none_or(|threshold| match reached {
                Some((of, reaches)) if of == (threshold, day.term) => reaches,
                _ => {
                    let reaches = counting.reaches(threshold, day);
                    reached = Some(((threshold, day.term), reaches));
                    reaches
                }
            });
            days.extend(counting.day(day, now, reaches));
        }
        let course_type = self.course_type.cloned();
        Ok(Ledger { person, offering: self.offering, course_type, days })
    }
}

struct Counting<'a> {
    course: &'a GrantCourse<'a>,
    participations: &'a [Participation],
    basis: Basis,
}

impl Counting<'_> {
    fn day<'r>(&self, day: &CourseDay, set: &'r RuleSet<WeekRules>, reaches: bool) -> Option<LedgerDay<'r>> {
        let rules = &set.rules;
        let (participation, as_of) = self.taking_part(day, rules.interruption)?;
        let pace = *participation.pace().on(as_of)?;
        let at_full_time = match day.form {
            DayForm::OnSite => Fraction::whole(1),
            DayForm::Distance => rules.distance.share(),
        };
        let share = match rules.part_time {
            PartTime::Proportional | PartTime::NotCounted => {
                at_full_time * Fraction::hundredths(pace.percent().into())
            }
            PartTime::AsFullTime => at_full_time,
        };
        let funding = participation.funding().on(as_of).and_then(Option::as_ref);
        let not_counted = self
            .unless_held(day, participation)
            .or_else(|| self.unless_funded(funding, rules))
            .or_else(|| (!reaches).then_some(NotCounted::Threshold))
            .or_else(|| unless_studying(as_of, participation, pace, rules));
        Some(LedgerDay {
            day: day.day,
            term: day.term,
            form: day.form,
            pace,
            at_full_time,
            share,
            days_per_week: rules.days_per_week,
            weeks: share.over(rules.days_per_week),
            not_counted,
            rule: &set.mark,
        })
    }

    /// The participation to which a course day belongs, and the day whose pace and funding it has: its own, or the last
    /// day of somebody who has left since.
    fn taking_part(
        &self,
        day: &CourseDay,
        interruption: Interruption,
    ) -> Option<(&Participation, NaiveDate)> {
        let holding =
            self.participations.iter().find(|one| one.held().is_some_and(|held| held.contains(day.day)));
        if let Some(one) = holding {
            return Some((one, day.day));
        }
        // The latest that was left: its days may not be taken by an earlier one.
        let left = self.participations.iter().filter_map(|one| match one.state() {
            State::Interrupted { on, .. } if *on < day.day && one.period().contains(day.day) => {
                Some((one, *on))
            }
            _ => None,
        });
        let (one, on) = left.max_by_key(|(_, on)| *on)?;
        let counts = match interruption {
            Interruption::LastDay => false,
            Interruption::WholeWeek => day.day.iso_week() == on.iso_week(),
            Interruption::ReportTerm => {
                let last = self.course.days.days().iter().rev().find(|earlier| earlier.day <= on);
                last.is_some_and(|last| last.term == day.term && one.period().contains(last.day))
            }
        };
        counts.then_some((one, on))
    }

    fn unless_held(&self, day: &CourseDay, participation: &Participation) -> Option<NotCounted> {
        match self.basis {
            Basis::Planned => None,
            Basis::HeldBy(last) if day.day > last => Some(NotCounted::StillToCome),
            Basis::HeldBy(_) => {
                (participation.state().code() == StateCode::Planned).then_some(NotCounted::NotBegun)
            }
        }
    }

    fn unless_funded(&self, funding: Option<&Code>, rules: &WeekRules) -> Option<NotCounted> {
        match (self.course.course_type, funding) {
            (None, _) => Some(NotCounted::CourseTypeMissing),
            (Some(course_type), _) if !rules.course_types.contains(course_type) => {
                Some(NotCounted::CourseType)
            }
            (Some(_), None) => Some(NotCounted::FundingMissing),
            (Some(_), Some(source)) => (!rules.funding.contains(source)).then_some(NotCounted::Funding),
        }
    }

    /// Whether the person is known to have been a participant on the course day from which one counts.
    fn reaches(&self, threshold: Threshold, day: &CourseDay) -> bool {
        let Threshold { day: number, of, within } = threshold;
        let numbered = self.course.days.days().iter().filter(|other| match within {
            ThresholdWithin::Course => true,
            ThresholdWithin::ReportTerm => other.term == day.term,
        });
        let number = usize::try_from(number.get()).unwrap_or(usize::MAX);
        let Some(at) = numbered.clone().nth(number - 1) else { return true };
        match of {
            ThresholdOf::Course => self.is_known_on(at.day),
            ThresholdOf::Participant => {
                numbered.filter(|other| self.is_known_on(other.day)).take(number).count() == number
            }
        }
    }

    /// Whether the person has a place on the day, study breaks included, and, where only what was held counts, had begun by
    /// then.
    fn is_known_on(&self, day: NaiveDate) -> bool {
        let held = |one: &Participation| one.held().is_some_and(|held| held.contains(day));
        match self.basis {
            Basis::Planned => self.participations.iter().any(held),
            Basis::HeldBy(last) => {
                let begun = |one: &Participation| one.state().code() != StateCode::Planned;
                day <= last && self.participations.iter().any(|one| held(one) && begun(one))
            }
        }
    }
}

fn unless_studying(
    as_of: NaiveDate,
    participation: &Participation,
    pace: Pace,
    rules: &WeekRules,
) -> Option<NotCounted> {
    if !rules.counts_study_breaks && !participation.attends(as_of) {
        return Some(NotCounted::StudyBreak);
    }
    (rules.part_time == PartTime::NotCounted && pace != Pace::FULL).then_some(NotCounted::PartTime)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
