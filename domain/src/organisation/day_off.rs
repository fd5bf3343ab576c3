//! Days off within a term, and the school days that remain.

use chrono::{Datelike, NaiveDate, Weekday};

use super::Term;
use crate::code::coded;
use crate::id::TermId;
use crate::period::Period;
use crate::refusal::{Refusal, Refusals, Rule};
use crate::text::Text;

coded! {
    /// Why there is no school.
    DayOffKind("kind of day off") {
        /// Lov, and public holidays within the term.
        Holiday = "holiday",
        /// Studiedag: staff work, pupils are free.
        StudyDay = "study-day",
        /// Anything else.
        Other = "other",
    }
}

/// One or more days of a term without school. Public holidays count as school days until they are
/// entered as days off; Saturdays and Sundays never do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DayOff {
    /// The term within which it lies.
    pub term: TermId,
    /// Why.
    pub kind: DayOffKind,
    /// First and last day. It always has a last day.
    pub period: Period,
    /// What people call it, for example "Höstlov"; 1 to 100 characters.
    pub name: Text,
}

/// A day off as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewDayOff<'a> {
    /// See [`DayOff::term`].
    pub term: TermId,
    /// A code of [`DayOffKind`].
    pub kind: &'a str,
    /// The first day.
    pub first_day: NaiveDate,
    /// The last day; the same as the first for a single day.
    pub last_day: NaiveDate,
    /// 1 to 100 characters.
    pub name: &'a str,
}

impl NewDayOff<'_> {
    /// Checks every field, and that the days lie inside the term.
    ///
    /// # Errors
    /// At `/kind`, `/firstDay`, `/lastDay` and `/name`; [`Rule::OutsidePeriod`] names the term's days.
    pub fn validate(self, term: &Term) -> Result<DayOff, Refusals> {
        let mut refusals = Refusals::default();
        let Self { term: term_id, kind, first_day, last_day, name } = self;
        let kind = refusals.note("/kind", DayOffKind::from_code(kind));
        let period = Period::new(first_day, Some(last_day)).map_err(|mut refusal| {
            refusal.pointer = if refusal.pointer == "/from" { "/firstDay" } else { "/lastDay" }.to_owned();
            refusal
        });
        let period = refusals.note("", period);
        if period.is_some() {
            for (place, day) in [("/firstDay", first_day), ("/lastDay", last_day)] {
                if !term.period.contains(day) {
                    let detail = format!("{day} lies outside the term, which is {}", term.period);
                    refusals.0.push(Refusal::new(Rule::OutsidePeriod, detail).at(place));
                }
            }
        }
        let name = refusals.note("/name", Text::line(name, 100));
        match (kind, period, name, refusals.finish()) {
            (Some(kind), Some(period), Some(name), Ok(())) => {
                Ok(DayOff { term: term_id, kind, period, name })
            }
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}

/// The days from `first` to `last`, both included, that are Monday to Friday, in order.
pub fn weekdays(first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    first
        .iter_days()
        .take_while(move |day| *day <= last)
        .filter(|day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun))
}

/// The days from `first` to `last`, both included, that are Monday to Friday and not off, in order.
pub fn school_days(
    first: NaiveDate,
    last: NaiveDate,
    days_off: &[DayOff],
) -> impl Iterator<Item = NaiveDate> {
    weekdays(first, last).filter(|day| !days_off.iter().any(|off| off.period.contains(*day)))
}

/// How many school days a term has.
#[must_use]
pub fn term_days(term: &Term, days_off: &[DayOff]) -> usize {
    school_days(term.first_day(), term.last_day(), days_off).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use crate::organisation::NewTerm;
    use proptest::prelude::*;

    fn day(month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, month, day).unwrap()
    }

    fn autumn() -> Term {
        let (first_day, last_day) = (day(8, 17), day(12, 18));
        NewTerm { school_unit: None, kind: "autumn", first_day, last_day, name: "HT 2026" }
            .validate()
            .unwrap()
    }

    fn off(kind: &str, first_day: NaiveDate, last_day: NaiveDate, name: &str) -> Result<DayOff, Refusals> {
        let term = TermId::from_uuid(uuid::Uuid::from_u128(9));
        NewDayOff { term, kind, first_day, last_day, name }.validate(&autumn())
    }

    #[test]
    fn an_autumn_term_of_eighteen_weeks_less_its_days_off() {
        let holiday = off("holiday", day(10, 26), day(11, 1), "Höstlov").unwrap();
        let study_day = off("study-day", day(9, 18), day(9, 18), "Studiedag").unwrap();
        assert_eq!(term_days(&autumn(), &[]), 90);
        assert_eq!(term_days(&autumn(), &[holiday.clone(), study_day]), 84);
        assert_eq!(term_days(&autumn(), &[holiday.clone(), holiday]), 85);
    }

    #[test]
    fn a_day_off_outside_the_term_is_refused() {
        let refusals = off("holiday", day(12, 18), day(12, 31), "Jullov").unwrap_err();
        assert_eq!((refusals.0[0].rule, refusals.0[0].pointer.as_str()), (Rule::OutsidePeriod, "/lastDay"));
        assert_eq!(off("lov", day(10, 2), day(10, 1), "").unwrap_err().0.len(), 3);
    }

    proptest! {
        #[test]
        fn days_off_never_add_school_days(start in 0..120u64, length in 0..30u64) {
            let first = day(8, 17) + chrono::Days::new(start);
            let last = (first + chrono::Days::new(length)).min(day(12, 18));
            if let Ok(off) = off("other", first, last, "Friluftsdagar") {
                let without = school_days(first, last, &[]).count();
                prop_assert_eq!(term_days(&autumn(), &[off]), 90 - without);
            } else {
                prop_assert!(first > last);
            }
        }
    }
}
