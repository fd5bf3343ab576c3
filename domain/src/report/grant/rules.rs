//! The parameters by which course days become participant weeks.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use crate::code::{Code, coded};
use crate::fraction::Percent;
use crate::refusal::Refusals;
use crate::rule_set::{codes, counting};

coded! {
    /// Which course days are numbered when the threshold is looked for.
    ThresholdOf("way to number course days") {
        /// The course's own: who is a participant on the course's 15th day counts.
        Course = "course",
        /// Those that the participant had: who has been a participant on 15 of its days counts, whenever they came.
        Participant = "participant",
    }
}

coded! {
    /// Where the numbering of course days begins.
    ThresholdWithin("part of a course") {
        /// Anew in each report term.
        ReportTerm = "report-term",
        /// Once, with the course.
        Course = "course",
    }
}

/// From which course day somebody counts, and then from their first day. A course, or its part in a report term, that has
/// fewer days has no threshold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Threshold {
    /// The number of the course day, such as 15.
    pub day: NonZeroU32,
    /// Whose days are numbered.
    pub of: ThresholdOf,
    /// From where.
    pub within: ThresholdWithin,
}

coded! {
    /// What a course day is worth below full time.
    PartTime("way to count part time") {
        /// As much as the pace: at 75 percent three quarters of a day.
        Proportional = "proportional",
        /// A whole day.
        AsFullTime = "as-full-time",
        /// Nothing.
        NotCounted = "not-counted",
    }
}

coded! {
    /// Until when somebody counts who leaves before the end (avbrott).
    Interruption("way to count an interruption") {
        /// Until and with their last day.
        LastDay = "last-day",
        /// Until the end of the calendar week of their last day.
        WholeWeek = "whole-week",
        /// Until the end of the report term in which they left.
        ReportTerm = "report-term",
    }
}

/// How course days become participant weeks (deltagarveckor).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WeekRules {
    /// How many course days of a full-time participant are one week, 1 to 7.
    pub days_per_week: NonZeroU32,
    /// The course types (kurstyper) that count.
    pub course_types: BTreeSet<Code>,
    /// Whose places count: codes of funding sources.
    pub funding: BTreeSet<Code>,
    /// From which course day somebody counts; none: from the first.
    pub threshold: Option<Threshold>,
    /// What a day is worth below full time.
    pub part_time: PartTime,
    /// What a day at a distance is worth of one on site.
    pub distance: Percent,
    /// Until when somebody counts who leaves.
    pub interruption: Interruption,
    /// Whether days of a study break (studieuppehåll) count.
    pub counts_study_breaks: bool,
}

/// A threshold as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewThreshold<'a> {
    /// 1 to 366.
    pub day: u32,
    /// A code of [`ThresholdOf`].
    pub of: &'a str,
    /// A code of [`ThresholdWithin`].
    pub within: &'a str,
}

/// Rules as someone enters them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewWeekRules<'a> {
    /// 1 to 7.
    pub days_per_week: u32,
    /// At least one code, each once.
    pub course_types: &'a [&'a str],
    /// At least one code, each once.
    pub funding: &'a [&'a str],
    /// See [`WeekRules::threshold`].
    pub threshold: Option<NewThreshold<'a>>,
    /// A code of [`PartTime`].
    pub part_time: &'a str,
    /// 0 to 100.
    pub distance_percent: i32,
    /// A code of [`Interruption`].
    pub interruption: &'a str,
    /// See [`WeekRules::counts_study_breaks`].
    pub counts_study_breaks: bool,
}

impl NewWeekRules<'_> {
    /// Checks every field.
    ///
    /// # Errors
    /// At `/daysPerWeek`, `/courseTypeCodes` and its elements, `/fundingCodes` and its elements, `/threshold/day`,
    /// `/threshold/of`, `/threshold/within`, `/partTime`, `/distancePercent` and `/interruption`.
    pub fn validate(self) -> Result<WeekRules, Refusals> {
        let mut refusals = Refusals::default();
        let days_per_week = refusals.note("/daysPerWeek", counting(self.days_per_week, 7));
        let course_types = codes("/courseTypeCodes", self.course_types, &mut refusals);
        let funding = codes("/fundingCodes", self.funding, &mut refusals);
        let threshold = self.threshold.and_then(|new| {
            let day = refusals.note("/threshold/day", counting(new.day, 366));
            let of = refusals.note("/threshold/of", ThresholdOf::from_code(new.of));
            let within = refusals.note("/threshold/within", ThresholdWithin::from_code(new.within));
            Some(Threshold { day: day?, of: of?, within: within? })
        });
        let part_time = refusals.note("/partTime", PartTime::from_code(self.part_time));
        let distance = refusals.note("/distancePercent", Percent::new(self.distance_percent));
        let interruption = refusals.note("/interruption", Interruption::from_code(self.interruption));
        let counts_study_breaks = self.counts_study_breaks;
        match (days_per_week, part_time, distance, interruption, refusals.finish()) {
            (Some(days_per_week), Some(part_time), Some(distance), Some(interruption), Ok(())) => {
                Ok(WeekRules {
                    days_per_week,
                    course_types,
                    funding,
                    threshold,
                    part_time,
                    distance,
                    interruption,
                    counts_study_breaks,
                })
            }
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Rule;
    use crate::report::grant::seed::WEEK_RULES;

    #[test]
    fn every_wrong_parameter_is_named_at_once() {
        let seed = WEEK_RULES[0].rules;
        let wrong = NewWeekRules {
            days_per_week: 8,
            course_types: &["1", "1", "å"],
            funding: &[],
            threshold: Some(NewThreshold { day: 0, of: "termin", within: "" }),
            part_time: "hälften",
            distance_percent: 101,
            interruption: "aldrig",
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
            ("/daysPerWeek", Rule::OutOfRange),
            ("/courseTypeCodes/1", Rule::Duplicate),
            ("/courseTypeCodes/2", Rule::Format),
            ("/fundingCodes", Rule::Required),
            ("/threshold/day", Rule::OutOfRange),
            ("/threshold/of", Rule::UnknownCode),
            ("/threshold/within", Rule::UnknownCode),
            ("/partTime", Rule::UnknownCode),
            ("/distancePercent", Rule::OutOfRange),
            ("/interruption", Rule::UnknownCode),
        ];
        assert_eq!(found, expected.map(|(pointer, rule)| (pointer.to_owned(), rule)));
    }
}
