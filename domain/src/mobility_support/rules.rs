//! When there is mobility support, and for how much of the weeks.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use chrono::{Datelike, NaiveDate};

use crate::code::{Code, coded};
use crate::course::Pace;
use crate::fraction::Percent;
use crate::organisation::{ReportHalf, ReportTerm};
use crate::period::FIRST_DATE;
use crate::refusal::{Refusal, Refusals, Rule};
use crate::rule_set::{codes, counting};

coded! {
    /// The name of a way to say on which day the home region is looked at.
    ReferenceCode("reference date") {
        /// See [`ReferenceDate::FirstCourseDay`].
        FirstCourseDay = "first-course-day",
        /// See [`ReferenceDate::Fixed`].
        Fixed = "fixed",
    }
}

/// On which day the home region is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReferenceDate {
    /// On the course's first day in the term. Who moves later is not looked at again.
    FirstCourseDay,
    /// On a day of the year, each a month and a day.
    Fixed {
        /// For a spring term, in the year before.
        before_spring: (u32, u32),
        /// For an autumn term, in the same year.
        in_autumn: (u32, u32),
    },
}

impl ReferenceDate {
    /// The name under which it is stored and published.
    #[must_use]
    pub fn code(self) -> ReferenceCode {
        match self {
            Self::FirstCourseDay => ReferenceCode::FirstCourseDay,
            Self::Fixed { .. } => ReferenceCode::Fixed,
        }
    }

    /// The day for a term in which a course begins on `first_course_day`.
    #[must_use]
    pub fn of(self, term: ReportTerm, first_course_day: NaiveDate) -> NaiveDate {
        let Self::Fixed { before_spring, in_autumn } = self else { return first_course_day };
        let (year, (month, day)) = match term.half {
            ReportHalf::Spring => (term.year - 1, before_spring),
            ReportHalf::Autumn => (term.year, in_autumn),
        };
        NaiveDate::from_ymd_opt(year, month, day).unwrap_or(FIRST_DATE)
    }
}

coded! {
    /// How long a course is in a term.
    CourseLength("way to measure the length of a course") {
        /// The calendar weeks in which it has course days.
        CalendarWeeks = "calendar-weeks",
        /// Its course days, five to the week.
        CourseDays = "course-days",
    }
}

/// When there is mobility support, and for how much of the weeks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MobilityRules {
    /// On which day the home region is looked at.
    pub reference: ReferenceDate,
    /// How many weeks the course has in the term at least, whoever takes part in how many of them.
    pub least_weeks: NonZeroU32,
    /// How these weeks are counted.
    pub course_length: CourseLength,
    /// The least pace. Days at a slower one give nothing.
    pub least_pace: Pace,
    /// How much of the amount a week below full time gives, whatever the pace.
    pub below_full_time: Percent,
    /// Whether weeks below full time are scaled by the pace before that.
    pub scaled_by_pace: bool,
    /// The course types for which there is support.
    pub course_types: BTreeSet<Code>,
}

/// A reference date as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewReferenceDate<'a> {
    /// A code of [`ReferenceCode`].
    pub code: &'a str,
    /// Month and day in the year before a spring term; with `fixed` alone.
    pub before_spring: Option<(u32, u32)>,
    /// Month and day in the year of an autumn term; with `fixed` alone.
    pub in_autumn: Option<(u32, u32)>,
}

impl NewReferenceDate<'_> {
    fn validate(self) -> Result<ReferenceDate, Refusals> {
        let mut refusals = Refusals::default();
        let code = refusals.note("/code", ReferenceCode::from_code(self.code));
        let fixed = code == Some(ReferenceCode::Fixed);
        let mut day = |at: &str, day: Option<(u32, u32)>| {
            let checked = match day {
                // A year without 29 February: the day comes every year.
                Some((month, day)) if fixed => NaiveDate::from_ymd_opt(2025, month, day)
                    .map(|day| Some((day.month(), day.day())))
                    .ok_or_else(|| Refusal::new(Rule::OutOfRange, "is a day that every year has")),
                None if fixed => Err(Refusal::new(Rule::Required, "a fixed reference date has this day")),
                Some(_) if code.is_some() => {
                    Err(Refusal::new(Rule::Conflict, "only a fixed reference date has this day"))
                }
                _ => Ok(None),
            };
            refusals.note(at, checked).flatten()
        };
        let (before_spring, in_autumn) =
            (day("/beforeSpring", self.before_spring), day("/inAutumn", self.in_autumn));
        refusals.finish()?;
        Ok(match before_spring.zip(in_autumn) {
            Some((before_spring, in_autumn)) => ReferenceDate::Fixed { before_spring, in_autumn },
            None => ReferenceDate::FirstCourseDay,
        })
    }
}

/// Rules as someone enters them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewMobilityRules<'a> {
    /// See [`MobilityRules::reference`].
    pub reference: NewReferenceDate<'a>,
    /// 1 to 53.
    pub least_weeks: u32,
    /// A code of [`CourseLength`].
    pub course_length: &'a str,
    /// 1 to 100.
    pub least_pace_percent: i32,
    /// 0 to 100.
    pub below_full_time_percent: i32,
    /// See [`MobilityRules::scaled_by_pace`].
    pub scaled_by_pace: bool,
    /// At least one code, each once.
    pub course_types: &'a [&'a str],
}

impl NewMobilityRules<'_> {
    /// Checks every field.
    ///
    /// # Errors
    /// At `/reference/code`, `/reference/beforeSpring` and `/reference/inAutumn` ([`Rule::Required`] for a fixed date,
    /// [`Rule::Conflict`] for another), `/leastWeeks`, `/courseLength`, `/leastPacePercent`, `/belowFullTimePercent`,
    /// `/courseTypeCodes` and its elements.
    pub fn validate(self) -> Result<MobilityRules, Refusals> {
        let mut refusals = Refusals::default();
        let reference = match self.reference.validate() {
            Ok(reference) => Some(reference),
            Err(found) => {
                refusals.0.extend(found.0.into_iter().map(|refusal| refusal.at("/reference")));
                None
            }
        };
        let least_weeks = refusals.note("/leastWeeks", counting(self.least_weeks, 53));
        let course_length = refusals.note("/courseLength", CourseLength::from_code(self.course_length));
        let least_pace = refusals.note("/leastPacePercent", Pace::new(self.least_pace_percent));
        let below_full_time =
            refusals.note("/belowFullTimePercent", Percent::new(self.below_full_time_percent));
        let course_types = codes("/courseTypeCodes", self.course_types, &mut refusals);
        let scaled_by_pace = self.scaled_by_pace;
        match (reference, least_weeks, course_length, least_pace, below_full_time, refusals.finish()) {
            (
                Some(reference),
                Some(least_weeks),
                Some(course_length),
                Some(least_pace),
                Some(below_full_time),
                Ok(()),
            ) => Ok(MobilityRules {
                reference,
                least_weeks,
                course_length,
                least_pace,
                below_full_time,
                scaled_by_pace,
                course_types,
            }),
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mobility_support::seed::MOBILITY_RULES;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn reference_dates_lie_before_the_term_or_on_its_first_course_day() {
        let fixed = ReferenceDate::Fixed { before_spring: (11, 1), in_autumn: (6, 1) };
        let of =
            |reference: ReferenceDate, term, first| reference.of(ReportTerm::parse(term).unwrap(), first);
        assert_eq!(of(fixed, "2027vt", day(2027, 1, 11)), day(2026, 11, 1));
        assert_eq!(of(fixed, "2026ht", day(2026, 8, 17)), day(2026, 6, 1));
        assert_eq!(of(ReferenceDate::FirstCourseDay, "2022vt", day(2022, 1, 10)), day(2022, 1, 10));
    }

    #[test]
    fn every_wrong_parameter_is_named_at_once() {
        let seed = MOBILITY_RULES[1].rules;
        let reference = NewReferenceDate { code: "fixed", before_spring: Some((2, 29)), in_autumn: None };
        let wrong = NewMobilityRules {
            reference,
            least_weeks: 0,
            course_length: "läsår",
            least_pace_percent: 0,
            below_full_time_percent: -1,
            course_types: &[],
            ..seed
        };
        let found: Vec<_> = wrong
            .validate()
            .unwrap_err()
            .0
            .into_iter()
            .map(|refusal| (refusal.pointer, refusal.rule))
            .collect();
        let expected = [
            ("/reference/beforeSpring", Rule::OutOfRange),
            ("/reference/inAutumn", Rule::Required),
            ("/leastWeeks", Rule::OutOfRange),
            ("/courseLength", Rule::UnknownCode),
            ("/leastPacePercent", Rule::OutOfRange),
            ("/belowFullTimePercent", Rule::OutOfRange),
            ("/courseTypeCodes", Rule::Required),
        ];
        assert_eq!(found, expected.map(|(pointer, rule)| (pointer.to_owned(), rule)));
        let reference =
            NewReferenceDate { code: "first-course-day", before_spring: Some((11, 1)), in_autumn: None };
        let refusals = NewMobilityRules { reference, ..seed }.validate().unwrap_err();
        assert_eq!(
            (refusals.0[0].rule, refusals.0[0].pointer.as_str()),
            (Rule::Conflict, "/reference/beforeSpring")
        );
    }
}
