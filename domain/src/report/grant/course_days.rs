//! Course days (kursdagar): the days on which a course goes on, one by one. Totals are computed from them and never kept
//! instead of them.

use chrono::NaiveDate;

use crate::code::coded;
use crate::course::{Offering, StudyForm};
use crate::organisation::{DayOff, ReportTerm, SummerRule, Term, school_days};
use crate::period::plausible_date;
use crate::refusal::{Refusal, Refusals, Rule};

coded! {
    /// Where a course day is spent.
    DayForm("form of a course day") {
        /// At the school, or where participants of distance studies meet (närträff).
        OnSite = "on-site",
        /// At a distance.
        Distance = "distance",
    }
}

/// A day on which a course goes on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CourseDay {
    /// Which.
    pub day: NaiveDate,
    /// The report term it belongs to.
    pub term: ReportTerm,
    /// On site or at a distance.
    pub form: DayForm,
}

/// The course days of an offering, each once, in order of time.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CourseDays(Vec<CourseDay>);

impl CourseDays {
    /// Days as someone entered them, in any order.
    ///
    /// # Errors
    /// At `/courseDays/{n}`: [`Rule::OutOfRange`], [`Rule::Duplicate`] for a day that stands twice, and
    /// [`Rule::OutsidePeriod`] for a summer day that no rule assigns to a report term.
    pub fn new(days: &[(NaiveDate, DayForm)], summers: &[SummerRule]) -> Result<Self, Refusals> {
        let mut refusals = Refusals::default();
        let mut found: Vec<CourseDay> = Vec::with_capacity(days.len());
        let mut seen = std::collections::BTreeSet::new();
        for (place, (day, form)) in days.iter().enumerate() {
            let checked = plausible_date(*day).and_then(|day| {
                if seen.insert(day) {
                    Ok(CourseDay { day, term: ReportTerm::of(day, summers)?, form: *form })
                } else {
                    Err(Refusal::new(Rule::Duplicate, format!("{day} stands twice")))
                }
            });
            found.extend(refusals.note(&format!("/courseDays/{place}"), checked));
        }
        refusals.finish()?;
        found.sort_unstable();
        Ok(Self(found))
    }

    /// The school days of the offering's terms that lie within it, for a school that keeps no list of its own: Mondays to
    /// Fridays that are not off. `meetings` are the days on which participants of distance and mixed studies meet; the
    /// other days are at a distance. On site every day is a meeting, and `meetings` says nothing.
    ///
    /// # Errors
    /// [`Rule::OutsidePeriod`] at `/meetingDays/{n}` for a meeting on a day that is no course day; as [`ReportTerm::of`].
    pub fn planned(
        offering: &Offering,
        terms: &[Term],
        days_off: &[DayOff],
        meetings: &[NaiveDate],
        summers: &[SummerRule],
    ) -> Result<Self, Refusals> {
        let within = terms.iter().filter_map(|term| term.period.intersection(&offering.period));
        let mut days: Vec<NaiveDate> = within
            .filter_map(|period| Some((period.from(), period.to()?)))
            .flat_map(|(first, last)| school_days(first, last, days_off))
            .collect();
        days.sort_unstable();
        days.dedup();
        let mut refusals = Refusals::default();
        for (place, meeting) in meetings.iter().enumerate() {
            if days.binary_search(meeting).is_err() {
                let detail = format!("{meeting} is no course day; the offering is {}", offering.period);
                refusals
                    .0
                    .push(Refusal::new(Rule::OutsidePeriod, detail).at(&format!("/meetingDays/{place}")));
            }
        }
        refusals.finish()?;
        let form = |day| {
            if offering.form == StudyForm::OnSite || meetings.contains(&day) {
                DayForm::OnSite
            } else {
                DayForm::Distance
            }
        };
        let days: Vec<_> = days.into_iter().map(|day| (day, form(day))).collect();
        Self::new(&days, summers)
    }

    /// The days, in order of time.
    #[must_use]
    pub fn days(&self) -> &[CourseDay] {
        &self.0
    }

    /// The days of a report term, in order of time.
    pub fn of_term(&self, term: ReportTerm) -> impl Iterator<Item = &CourseDay> {
        self.0.iter().filter(move |day| day.term == term)
    }

    /// The number of course days that the offering states, where it is not the number of these days: stated, and here.
    /// Something to mend before a report, not a reason to refuse one.
    #[must_use]
    pub fn disagreement(&self, offering: &Offering) -> Option<(u32, usize)> {
        let stated = offering.course_days?;
        (usize::try_from(stated) != Ok(self.0.len())).then_some((stated, self.0.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::offering_tests::{day, general_course_offering};
    use crate::id::{Id, TermId};
    use crate::organisation::{NewDayOff, NewTerm};
    use crate::period::{FIRST_DATE, Period};

    fn summers() -> Vec<SummerRule> {
        vec![SummerRule::new(Period::new(FIRST_DATE, None).unwrap(), 7, 1).unwrap()]
    }

    fn term(kind: &str, first_day: NaiveDate, last_day: NaiveDate) -> Term {
        NewTerm { school_unit: None, kind, first_day, last_day, name: "Termin" }.validate().unwrap()
    }

    #[test]
    fn days_follow_from_terms_and_days_off() {
        let autumn = term("autumn", day(2026, 8, 17), day(2026, 12, 18));
        let spring = term("spring", day(2027, 1, 11), day(2027, 6, 11));
        let off = NewDayOff {
            term: TermId::from_uuid(uuid::Uuid::from_u128(1)),
            kind: "holiday",
            first_day: day(2026, 10, 26),
            last_day: day(2026, 10, 30),
            name: "Höstlov",
        };
        let off = off.validate(&autumn).unwrap();
        let offering = general_course_offering();
        let terms = [spring, autumn];
        let meetings = [day(2026, 8, 17), day(2027, 1, 11)];
        let days = CourseDays::planned(&offering, &terms, &[off], &meetings, &summers()).unwrap();
        // Autumn: 18 weeks of 5 days less the 5 of Höstlov. Spring: 22 weeks of 5.
        let of = |term| days.of_term(ReportTerm::parse(term).unwrap()).count();
        assert_eq!((of("2026ht"), of("2027vt"), days.days().len()), (85, 110, 195));
        assert_eq!(days.days().iter().filter(|day| day.form == DayForm::OnSite).count(), 2);
        assert_eq!(days.disagreement(&offering), Some((175, 195)));
        let refusals =
            CourseDays::planned(&offering, &terms, &[], &[day(2026, 8, 16)], &summers()).unwrap_err();
        assert_eq!(
            (refusals.0[0].rule, refusals.0[0].pointer.as_str()),
            (Rule::OutsidePeriod, "/meetingDays/0")
        );
    }

    #[test]
    fn a_day_stands_once_and_has_a_report_term() {
        let on_site = |day| (day, DayForm::OnSite);
        let twice = [day(2026, 9, 2), day(2026, 9, 1), day(2026, 9, 2), day(2026, 7, 1)].map(on_site);
        let found: Vec<_> = CourseDays::new(&twice, &[])
            .unwrap_err()
            .0
            .into_iter()
            .map(|refusal| (refusal.pointer, refusal.rule))
            .collect();
        let expected = [("/courseDays/2", Rule::Duplicate), ("/courseDays/3", Rule::OutsidePeriod)];
        assert_eq!(found, expected.map(|(pointer, rule)| (pointer.to_owned(), rule)));
        let days = CourseDays::new(&twice[..2], &summers()).unwrap();
        assert_eq!(
            days.days().iter().map(|day| day.day).collect::<Vec<_>>(),
            [day(2026, 9, 1), day(2026, 9, 2)]
        );
    }
}
