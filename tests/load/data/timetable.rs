//! Which lessons there are, and when.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use skolhus_domain::instant::swedish_time;

use super::plan::{Organiser, SUBJECTS};

/// Lessons of an offering on the day of the run.
pub const TODAY: u32 = 2;
/// Lessons of an offering today and yesterday.
const LATELY: u32 = TODAY + 1;
/// Offerings with a term of lessons behind them: so many whatever the size of the register, or they would be most of it.
const WITH_TERM: u32 = 40;
/// Lessons in such a term, two a day from its first day on; they end before yesterday.
const TERM: u32 = 60;
/// Minutes of a lesson.
pub(super) const MINUTES: u32 = 50;

/// A lesson of an offering.
#[derive(Clone, Copy, Debug)]
pub struct Lesson {
    /// The offering's number.
    pub offering: u32,
    /// The school day.
    pub day: NaiveDate,
    /// When it begins.
    pub from: DateTime<Utc>,
    /// When it ends.
    pub to: DateTime<Utc>,
}

impl Organiser {
    /// Its lessons: those of today and yesterday, then those of the terms.
    pub fn lessons(&self) -> u32 {
        self.lately() + self.offerings_with_term() * TERM
    }

    fn lately(&self) -> u32 {
        self.offerings() * LATELY
    }

    /// The offerings that have a term of lessons behind them are the first ones of the first organiser.
    pub fn offerings_with_term(&self) -> u32 {
        if self.number == 0 { WITH_TERM.min(self.offerings()) } else { 0 }
    }

    /// The numbers of the lessons that lie behind.
    pub fn lessons_of_terms(&self) -> std::ops::Range<u32> {
        self.lately()..self.lessons()
    }

    /// The number of an offering's lesson today: the first one, or the next.
    pub fn lesson_today(&self, offering: u32, which: u32) -> u32 {
        offering * LATELY + which % TODAY
    }

    /// The number of an offering's lesson yesterday.
    pub fn lesson_yesterday(&self, offering: u32) -> u32 {
        offering * LATELY + TODAY
    }

    /// One of its lessons.
    pub fn lesson(&self, number: u32) -> Lesson {
        let plan = &self.plan;
        match number.checked_sub(self.lately()) {
            None if number % LATELY < TODAY => lesson(number / LATELY, plan.today, number % LATELY),
            None => lesson(number / LATELY, plan.today - Days::new(1), 0),
            Some(place) => {
                let day = plan.first_day() + Days::new(u64::from(place % TERM / 2));
                lesson(place / TERM, day, place % 2)
            }
        }
    }
}

/// The lessons of a class lie three hours apart, so that none of them meet, and those of all classes are spread from six in
/// the morning to eight in the evening: whenever it is measured some have begun and some have not.
fn lesson(offering: u32, day: NaiveDate, which: u32) -> Lesson {
    let (class, subject) = (offering / SUBJECTS, offering % SUBJECTS);
    let hour = 6 + (class + 3 * (subject * TODAY + which)) % 14;
    let time = NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
    let from = swedish_time(day, time);
    Lesson { offering, day, from, to: from + TimeDelta::minutes(i64::from(MINUTES)) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use skolhus_domain::instant::school_day;

    use super::*;
    use crate::data::Plan;

    #[test]
    fn every_lesson_is_on_its_day_and_none_of_a_class_meet() {
        let today = NaiveDate::from_ymd_opt(2026, 9, 1).unwrap();
        let one = Plan { seed: 1, persons: 1_000, organisers: 1, today }.organiser(0);
        let mut taken = BTreeSet::new();
        for number in 0..one.lessons() {
            let lesson = one.lesson(number);
            assert_eq!((school_day(lesson.from), school_day(lesson.to)), (lesson.day, lesson.day));
            assert!(taken.insert((lesson.offering / SUBJECTS, lesson.from)), "{lesson:?}");
        }
        for offering in 0..one.offerings() {
            let days = [
                one.lesson_today(offering, 0),
                one.lesson_today(offering, 1),
                one.lesson_yesterday(offering),
            ]
            .map(|number| (one.lesson(number).offering, one.lesson(number).day));
            assert_eq!(days, [(offering, today), (offering, today), (offering, today - Days::new(1))]);
        }
        let last = one.lessons_of_terms().map(|number| one.lesson(number).day).max();
        assert!(last < Some(today - Days::new(1)));
    }
}
