//! Lessons from a weekly pattern, and what becomes of them when the pattern changes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{Lesson, LessonState, Occurrence, Planned, WeeklyPattern};
use crate::id::{LessonSeriesId, OfferingId};
use crate::text::Text;

/// Lessons of an offering from a weekly pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LessonSeries {
    /// Of what.
    pub offering: OfferingId,
    /// When and where.
    pub pattern: WeeklyPattern,
    /// What its lessons are about, where nothing else is said of one: 1 to 200 characters.
    pub title: Option<Text>,
}

impl LessonSeries {
    /// The lesson that the pattern asks for, as it is made.
    #[must_use]
    pub fn lesson(&self, id: LessonSeriesId, planned: &Planned) -> Lesson {
        let Planned { week, slot, time, rooms } = planned;
        Lesson {
            offering: self.offering,
            occurrence: Some(Occurrence { series: id, week: *week, slot: *slot }),
            time: *time,
            state: LessonState::Planned,
            title: self.title.clone(),
            rooms: rooms.clone(),
            staff: Vec::new(),
        }
    }
}

/// A lesson of the series that there is.
#[derive(Clone, Debug)]
pub struct Existing<K> {
    /// Which one.
    pub id: K,
    /// How it is.
    pub lesson: Lesson,
    /// Whether it has begun or its attendance was registered: it stays as it is.
    pub is_history: bool,
}

/// What is to be done with a lesson.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SeriesStep<K> {
    /// It is made.
    Make(Lesson),
    /// It becomes this.
    Change(K, Lesson),
    /// It goes.
    Withdraw(K),
}

/// What becomes of the lessons when a series changes from `old` to `new`.
///
/// What has begun, or has attendance, stays. Of the others each keeps its id as long as its slot is in its week. What
/// somebody has changed in a single lesson by hand (its time, its rooms, its title, that it is cancelled) is kept, and
/// one that somebody has withdrawn (`gone`, by week and slot) is not made again unless the old pattern did not ask for
/// it.
#[must_use]
pub fn step_series<K: Copy>(
    id: LessonSeriesId,
    old: (&LessonSeries, &[Planned]),
    new: (&LessonSeries, &[Planned]),
    existing: &[Existing<K>],
    gone: &BTreeSet<(NaiveDate, u8)>,
) -> Vec<SeriesStep<K>> {
    let by_key = |planned: &[Planned]| -> BTreeMap<(NaiveDate, u8), Planned> {
        planned.iter().map(|planned| (planned.key(), planned.clone())).collect()
    };
    let (old, before) = (old.0, by_key(old.1));
    let (new, mut wanted) = (new.0, by_key(new.1));
    let mut steps = Vec::new();
    for Existing { id: known, lesson, is_history } in existing {
        let key = lesson.occurrence.map(|of| (of.week, of.slot));
        let asked = key.and_then(|key| wanted.remove(&key));
        if *is_history {
            continue;
        }
        match asked {
            None => steps.push(SeriesStep::Withdraw(*known)),
            Some(asked) => {
                let was = key.and_then(|key| before.get(&key));
                let after = followed(lesson, was, old.title.as_ref(), new.lesson(id, &asked));
                if after != *lesson {
                    steps.push(SeriesStep::Change(*known, after));
                }
            }
        }
    }
    let by_hand = |key: &(NaiveDate, u8)| gone.contains(key) && before.contains_key(key);
    let mut made: Vec<Planned> =
        wanted.into_iter().filter(|(key, _)| !by_hand(key)).map(|(_, planned)| planned).collect();
    made.sort_by_key(|planned| (planned.time, planned.slot));
    steps.extend(made.iter().map(|planned| SeriesStep::Make(new.lesson(id, planned))));
    steps
}

/// The lesson as the new pattern has it, but for what differs from the old one.
fn followed(lesson: &Lesson, was: Option<&Planned>, old_title: Option<&Text>, asked: Lesson) -> Lesson {
    let moved = was.is_none_or(|was| was.time != lesson.time);
    let elsewhere = was.is_none_or(|was| was.rooms != lesson.rooms);
    let named = old_title != lesson.title.as_ref();
    Lesson {
        time: if moved { lesson.time } else { asked.time },
        rooms: if elsewhere { lesson.rooms.clone() } else { asked.rooms },
        title: if named { lesson.title.clone() } else { asked.title },
        ..lesson.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::super::pattern::{
        Weekday,
        tests::{pattern, slot},
    };
    use super::*;
    use crate::course::offering_tests::day;
    use crate::id::Id;
    use crate::schedule::LessonTime;
    use chrono::TimeDelta;
    use uuid::Uuid;

    const MONDAY: Weekday = Weekday::Monday;

    fn series(slots: Vec<super::super::Slot>) -> LessonSeries {
        LessonSeries {
            offering: OfferingId::from_uuid(Uuid::from_u128(1)),
            pattern: pattern(day(2026, 8, 17), day(2026, 9, 18), slots),
            title: None,
        }
    }

    fn id() -> LessonSeriesId {
        LessonSeriesId::from_uuid(Uuid::from_u128(2))
    }

    /// The lessons of a series as they were made, numbered.
    fn made(series: &LessonSeries) -> Vec<Existing<usize>> {
        let planned = series.pattern.lessons(&[]);
        let lessons = planned.iter().enumerate().map(|(number, planned)| Existing {
            id: number,
            lesson: series.lesson(id(), planned),
            is_history: false,
        });
        lessons.collect()
    }

    fn step(
        old: &LessonSeries,
        new: &LessonSeries,
        existing: &[Existing<usize>],
        gone: &BTreeSet<(NaiveDate, u8)>,
    ) -> Vec<SeriesStep<usize>> {
        let (before, after) = (old.pattern.lessons(&[]), new.pattern.lessons(&[]));
        step_series(id(), (old, &before), (new, &after), existing, gone)
    }

    #[test]
    fn the_same_pattern_changes_nothing() {
        let series = series(vec![slot(0, MONDAY, (8, 10), (9, 0))]);
        assert_eq!(step(&series, &series, &made(&series), &BTreeSet::new()), []);
    }

    #[test]
    fn another_weekday_moves_what_has_not_begun_and_keeps_what_was_done_by_hand() {
        let old = series(vec![slot(0, MONDAY, (8, 10), (9, 0))]);
        let new = series(vec![slot(0, Weekday::Wednesday, (10, 0), (10, 50))]);
        let mut existing = made(&old);
        assert_eq!(existing.len(), 5);
        existing[0].is_history = true;
        let by_hand = existing[2].lesson.time;
        existing[2].lesson.time = by_hand.begun_at(by_hand.from() + TimeDelta::hours(3)).unwrap();
        existing[3].lesson = existing[3].lesson.clone().cancel("Läraren är sjuk").unwrap();
        let gone = existing.remove(4).lesson.occurrence.map(|of| (of.week, of.slot));

        let steps = step(&old, &new, &existing, &gone.into_iter().collect());
        let changed: Vec<(usize, LessonTime, bool)> = steps
            .iter()
            .map(|step| match step {
                SeriesStep::Change(id, lesson) => (*id, lesson.time, lesson.is_held()),
                SeriesStep::Make(_) | SeriesStep::Withdraw(_) => panic!("nothing is made and nothing goes"),
            })
            .collect();
        let wanted = new.pattern.lessons(&[]);
        assert_eq!(changed, [(1, wanted[1].time, true), (3, wanted[3].time, false)]);
    }

    #[test]
    fn a_slot_that_goes_takes_its_lessons_along_and_one_that_comes_brings_its_own() {
        let old = series(vec![slot(0, MONDAY, (8, 10), (9, 0))]);
        let new = series(vec![slot(1, Weekday::Friday, (8, 10), (9, 0))]);
        let steps = step(&old, &new, &made(&old), &BTreeSet::new());
        let goes = steps.iter().filter(|step| matches!(step, SeriesStep::Withdraw(_))).count();
        let comes = steps.iter().filter(|step| matches!(step, SeriesStep::Make(_))).count();
        assert_eq!((goes, comes, steps.len()), (5, 5, 10));
    }

    #[test]
    fn what_an_earlier_pattern_took_away_comes_back_with_it() {
        let full = series(vec![slot(0, MONDAY, (8, 10), (9, 0))]);
        let mut short = full.clone();
        short.pattern = pattern(day(2026, 8, 17), day(2026, 8, 31), short.pattern.slots.clone());
        let lessons = made(&full);
        let left: Vec<Existing<usize>> =
            lessons.iter().filter(|of| of.lesson.time.day() <= day(2026, 8, 31)).cloned().collect();
        let gone =
            lessons.iter().filter_map(|of| of.lesson.occurrence).map(|of| (of.week, of.slot)).collect();
        let back = step(&short, &full, &left, &gone);
        assert_eq!(back.len(), 2);
        assert!(back.iter().all(|step| matches!(step, SeriesStep::Make(_))));
    }
}
