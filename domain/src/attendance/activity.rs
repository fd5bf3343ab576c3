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
use crate::refusal::{Refusal, Refusals, Rule};

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

/// Who was seen active in an offering on a day, as somebody looked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ActivityDay {
    /// By person, whether they were.
    pub seen: BTreeMap<PersonId, bool>,
}

/// What is known of an offering's day when somebody enters activity.
#[derive(Clone, Copy, Debug)]
pub struct ActivityOccasion<'a> {
    /// The days of the offering.
    pub period: &'a Period,
    /// The day.
    pub day: NaiveDate,
    /// Whether there is a lesson on it: then attendance is taken there.
    pub has_lessons: bool,
    /// Who takes part on the day and is met by whoever enters.
    pub expected: &'a BTreeSet<PersonId>,
    /// The school's today.
    pub today: NaiveDate,
}

impl ActivityDay {
    /// The day with these entries. Who stands in none has none, but for persons whom whoever enters does not meet.
    ///
    /// # Errors
    /// [`Rule::OutsidePeriod`] for a day outside the offering or to come, [`Rule::State`] for one with lessons; at
    /// `/entries/N/personId` for somebody who neither takes part nor has an entry, or stands twice.
    pub fn save(
        &self,
        entries: &[(PersonId, bool)],
        met: &BTreeSet<PersonId>,
        occasion: &ActivityOccasion<'_>,
    ) -> Result<Self, Refusals> {
        let ActivityOccasion { period, day, has_lessons, expected, today } = *occasion;
        let mut refusals = Refusals::default();
        refusals.note("", period.admit("the offering", day));
        if day > today {
            refusals.0.push(Refusal::new(Rule::OutsidePeriod, "the day has not come yet"));
        }
        if has_lessons {
            let detail = "the offering has a lesson on the day: attendance is taken there";
            refusals.0.push(Refusal::new(Rule::State, detail));
        }
        let mut seen: BTreeMap<PersonId, bool> =
            self.seen.iter().filter(|(person, _)| !met.contains(person)).map(|(of, is)| (*of, *is)).collect();
        let mut named = BTreeSet::new();
        for (place, (person, is_active)) in entries.iter().enumerate() {
            let is_known =
                expected.contains(person) || (met.contains(person) && self.seen.contains_key(person));
            let checked = match (named.insert(*person), is_known) {
                (false, _) => Err(Refusal::new(Rule::Duplicate, "the person is named twice")),
                (true, false) => {
                    Err(Refusal::new(Rule::UnknownReference, "no such person takes part on the day"))
                }
                (true, true) => Ok(()),
            };
            refusals.note(&format!("/entries/{place}/personId"), checked);
            seen.insert(*person, *is_active);
        }
        refusals.finish()?;
        Ok(Self { seen })
    }
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
    fn a_day_is_entered_for_those_who_take_part_and_keeps_who_is_not_met() {
        let expected: BTreeSet<PersonId> = [person(1), person(2)].into();
        let met: BTreeSet<PersonId> = [person(1), person(2), person(3)].into();
        let period = november();
        let on = |on: &str, has_lessons| ActivityOccasion {
            period: &period,
            day: day(on),
            has_lessons,
            expected: &expected,
            today: day("2026-11-20"),
        };
        // The third has left since, the fourth is not met.
        let before = ActivityDay { seen: [(person(1), true), (person(3), true), (person(4), false)].into() };
        let after = before.save(&[(person(2), false)], &met, &on("2026-11-19", false)).unwrap();
        assert_eq!(after.seen, [(person(2), false), (person(4), false)].into());
        assert!(before.save(&[(person(3), false)], &met, &on("2026-11-19", false)).is_ok());

        let rules = |entries: &[(PersonId, bool)], occasion: ActivityOccasion<'_>| -> Vec<(Rule, String)> {
            let refused = before.save(entries, &met, &occasion).unwrap_err();
            refused.0.into_iter().map(|refusal| (refusal.rule, refusal.pointer)).collect()
        };
        let at = |place: usize| format!("/entries/{place}/personId");
        assert_eq!(
            rules(&[(person(4), true), (person(1), true), (person(1), false)], on("2026-11-19", false)),
            [(Rule::UnknownReference, at(0)), (Rule::Duplicate, at(2))]
        );
        assert_eq!(rules(&[], on("2026-11-21", false)), [(Rule::OutsidePeriod, String::new())]);
        assert_eq!(rules(&[], on("2026-10-30", true)).len(), 2);
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
