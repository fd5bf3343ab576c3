//! Distance offerings without lessons: whether somebody was seen active, by day or by week.
//!
//! Activity is no attendance: nobody is late from it or absent without a valid reason, and no minutes follow. Where an
//! offering has no lessons its figures say so, and show activity instead.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::Figure;
use crate::code::coded;
use crate::id::PersonId;
use crate::period::Period;
use crate::refusal::{Refusal, Rule};

coded! {
    /// By what activity is counted.
    ActivityBasis("basis of activity") {
        /// By the day on which somebody looked.
        Day = "day",
        /// By the week: active in it when seen active on one of its days.
        Week = "week",
    }
}

/// Whether a person was seen active on a day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Seen {
    /// Who.
    pub person: PersonId,
    /// On which day.
    pub day: NaiveDate,
    /// Seen active; no means that somebody looked and saw nothing.
    pub is_active: bool,
}

/// How many days or weeks, added up over persons: `active + inactive` is reported, with `unreported` it is everything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ActivityFigure {
    /// Days or weeks.
    pub basis: ActivityBasis,
    /// From when until when.
    pub period: Period,
    /// In which persons were seen active.
    pub active: u64,
    /// In which somebody looked, and the person was not active.
    pub inactive: u64,
    /// In which nobody looked.
    pub unreported: u64,
}

impl ActivityFigure {
    /// In which somebody looked.
    #[must_use]
    pub fn reported(&self) -> u64 {
        self.active + self.inactive
    }

    /// The share of active ones among those reported, in per mille, half a per mille rounded up; none where nobody
    /// looked.
    #[must_use]
    pub fn per_mille(&self) -> Option<u16> {
        let reported = u128::from(self.reported());
        let share = (u128::from(self.active) * 2000 + reported).checked_div(reported * 2);
        share.map(|share| u16::try_from(share).unwrap_or(1000))
    }
}

/// What is shown of an offering's attendance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AttendanceFigure {
    /// It has lessons.
    Lessons(Figure),
    /// It has no lessons in the period, which is not an attendance of 0 per cent; activity where somebody registers it.
    NoLessons(Option<ActivityFigure>),
}

impl AttendanceFigure {
    /// The figure of the lessons where there are some, and otherwise that there are none.
    #[must_use]
    pub fn of(lessons: Figure, activity: Option<ActivityFigure>) -> Self {
        if lessons.sums.planned() == 0 { Self::NoLessons(activity) } else { Self::Lessons(lessons) }
    }
}

/// Counts activity of persons, each over the days of their participation within the period. A day or a week counts
/// where at least one of its days does. What is seen of somebody outside those days does not count, and of two entries
/// about one day the active one does. Weeks begin on Mondays.
///
/// # Errors
/// [`Rule::Required`] at `/to` for a period without a last day.
pub fn count_activity(
    basis: ActivityBasis,
    period: Period,
    persons: &[(PersonId, Period)],
    seen: &[Seen],
) -> Result<ActivityFigure, Refusal> {
    let last = period.to().ok_or_else(|| {
        Refusal::new(Rule::Required, "activity is counted in a period with a last day").at("/to")
    })?;
    let slot = |day: NaiveDate| match basis {
        ActivityBasis::Day => day,
        ActivityBasis::Week => day.week(Weekday::Mon).checked_first_day().unwrap_or(day),
    };
    let mut expected: BTreeSet<(PersonId, NaiveDate)> = BTreeSet::new();
    let counts = |person: PersonId, day: NaiveDate| {
        period.contains(day) && persons.iter().any(|(of, days)| *of == person && days.contains(day))
    };
    for (person, days) in persons {
        let Some(within) = days.intersection(&period) else { continue };
        let end = within.to().unwrap_or(last);
        let mut day = within.from();
        while day <= end {
            // By the day, Monday to Friday are expected; what is seen on a weekend counts in its week only.
            let is_weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
            if basis == ActivityBasis::Week || !is_weekend {
                expected.insert((*person, slot(day)));
            }
            let Some(next) = day.checked_add_days(Days::new(1)) else { break };
            day = next;
        }
    }
    let mut found: BTreeMap<(PersonId, NaiveDate), bool> = BTreeMap::new();
    for Seen { person, day, is_active } in seen {
        let key = (*person, slot(*day));
        if counts(*person, *day) && expected.contains(&key) {
            *found.entry(key).or_default() |= *is_active;
        }
    }
    let active = found.values().filter(|is_active| **is_active).count();
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    Ok(ActivityFigure {
        basis,
        period,
        active: count(active),
        inactive: count(found.len() - active),
        unreported: count(expected.len() - found.len()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::register::tests::person;
    use super::super::statistics::tests::{ABSENT, day, fact, november};
    use super::super::{Setting, Unit, figure};
    use super::*;
    use proptest::prelude::*;

    fn seen(on: &str, is_active: bool) -> Seen {
        Seen { person: person(1), day: day(on), is_active }
    }

    #[test]
    fn a_distance_course_by_week() {
        let persons = [(person(1), Period::new(day("2026-11-04"), None).unwrap())];
        let notes = [
            seen("2026-11-06", true),
            seen("2026-11-05", false),
            seen("2026-11-10", false),
            seen("2026-11-03", true),
        ];
        let weeks = count_activity(ActivityBasis::Week, november(), &persons, &notes).unwrap();
        // Four whole weeks from that of Wednesday the 4th, and the Monday of the 30th.
        assert_eq!((weeks.active, weeks.inactive, weeks.unreported), (1, 1, 3));
        assert_eq!(weeks.per_mille(), Some(500));
        let days = count_activity(ActivityBasis::Day, november(), &persons, &notes).unwrap();
        assert_eq!((days.active, days.inactive, days.unreported), (1, 2, 16));
        let open = Period::new(day("2026-11-04"), None).unwrap();
        assert_eq!(count_activity(ActivityBasis::Day, open, &persons, &[]).unwrap_err().rule, Rule::Required);
    }

    #[test]
    fn no_lessons_are_said_to_be_none() {
        let setting = Setting::unless_decided(Unit::Lessons);
        let persons = [(person(1), november())];
        let activity = count_activity(ActivityBasis::Week, november(), &persons, &[]).unwrap();
        assert_eq!(activity.per_mille(), None, "nobody looked");
        let none = AttendanceFigure::of(figure(&[], setting, november()), Some(activity));
        assert_eq!(none, AttendanceFigure::NoLessons(Some(activity)));
        let absent = [fact("2026-11-24", 60, ABSENT)];
        let some = AttendanceFigure::of(figure(&absent, setting, november()), None);
        assert!(matches!(some, AttendanceFigure::Lessons(_)));
    }

    proptest! {
        #[test]
        fn every_day_and_week_is_counted_once(
            notes in proptest::collection::vec((1..4_u128, 0..40_u64, any::<bool>()), 0..40),
            from in 0..30_u64, weeks: bool,
        ) {
            let start = day("2026-10-28");
            let first = start + Days::new(from);
            let persons = [(person(1), november()), (person(2), Period::new(first, None).unwrap())];
            let notes: Vec<Seen> = notes
                .into_iter()
                .map(|(who, on, is_active)| Seen { person: person(who), day: start + Days::new(on), is_active })
                .collect();
            let basis = if weeks { ActivityBasis::Week } else { ActivityBasis::Day };
            let counted = count_activity(basis, november(), &persons, &notes).unwrap();
            let without = count_activity(basis, november(), &persons, &[]).unwrap();
            prop_assert_eq!(counted.reported() + counted.unreported, without.unreported);
            prop_assert_eq!(counted.per_mille().is_none(), counted.reported() == 0);
        }
    }
}
