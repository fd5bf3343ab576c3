//! Weekly patterns of lessons that go on in a copy.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};

use super::TurnFacts;
use super::plan::{PlannedSeries, TurnWarning};
use crate::course::Offering;
use crate::id::{Id, OfferingId};
use crate::period::Period;
use crate::refusal::Rule;
use crate::schedule::{LessonSeries, MOST_LESSONS, Slot, WeeklyPattern};

/// A pattern that ended earlier than so many days before the offering's last day had ended before the term did.
const LAST_WEEK: u64 = 7;

/// The patterns that were in force in the last week, over all days of the copy. Where the weeks are counted (every
/// second week) they are counted anew from the copy's first. Days off of the terms that the copy covers are left out,
/// and rooms that there are no longer.
pub(super) fn patterns(
    facts: &TurnFacts,
    (source, last_day): (OfferingId, NaiveDate),
    copy: &Offering,
    at: &str,
    warnings: &mut Vec<TurnWarning>,
) -> Vec<PlannedSeries> {
    let days_off: Vec<Period> =
        copy.terms.iter().filter_map(|term| facts.days_off.get(term)).flatten().copied().collect();
    let is_in_force = |period: &Period| {
        period.from() <= last_day && period.to().is_none_or(|to| to + Days::new(LAST_WEEK) > last_day)
    };
    let mut planned = Vec::new();
    let (mut too_many, mut rooms_gone) = (Vec::new(), BTreeSet::new());
    for (id, series) in facts.series.get(&source).into_iter().flatten() {
        if !is_in_force(&series.pattern.period) {
            continue;
        }
        let slots = series.pattern.slots.iter().map(|slot| {
            let (rooms, gone): (Vec<_>, Vec<_>) =
                slot.rooms.iter().copied().partition(|room| facts.rooms.contains(room));
            rooms_gone.extend(gone.into_iter().map(Id::uuid));
            Slot { rooms, ..slot.clone() }
        });
        let pattern = WeeklyPattern {
            period: copy.period,
            every_weeks: series.pattern.every_weeks,
            slots: slots.collect(),
        };
        let lessons = pattern.lessons(&days_off);
        if lessons.len() > MOST_LESSONS {
            too_many.push(id.uuid());
            continue;
        }
        planned.push(PlannedSeries {
            source: *id,
            series: LessonSeries { pattern, ..series.clone() },
            lessons,
        });
    }
    let at = format!("{at}/series");
    for (rule, detail, records) in [
        (Rule::OutOfRange, "patterns that would be too many lessons are left out", too_many),
        (
            Rule::UnknownReference,
            "rooms that there are no longer are left out",
            rooms_gone.into_iter().collect(),
        ),
    ] {
        if !records.is_empty() {
            warnings.push(TurnWarning::new(rule, &at, detail, records));
        }
    }
    planned
}
