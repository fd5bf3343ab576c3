//! Offerings (kurstillfällen): a course held at a school unit, with its own dates.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{Course, Pace, PlannedTime};
use crate::code::{Code, CourseType, Table, coded, find};
use crate::id::{CourseId, OfferingId, SchoolUnitId, SiteId, TermId};
use crate::organisation::{ReportTerm, Site, Term};
use crate::period::{LAST_DATE, Period};
use crate::refusal::{Refusal, Refusals, Rule};
use crate::text::Text;

coded! {
    /// Where participants study.
    StudyForm("form of study") {
        /// At the school.
        OnSite = "on-site",
        /// At a distance, possibly with some meetings.
        Distance = "distance",
        /// Some of both.
        Mixed = "mixed",
    }
}

/// An offering of a course at a school unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offering {
    /// The course or subject.
    pub course: CourseId,
    /// The school unit that holds it.
    pub school_unit: SchoolUnitId,
    /// Its title, 1 to 200 characters.
    pub title: Text,
    /// The terms it covers, at least one, each once, in order of their first days.
    pub terms: Vec<TermId>,
    /// First and last day. It always has a last day and shares days with each of its terms.
    pub period: Period,
    /// Its course type (kurstyp), for schools that report to SCB.
    pub course_type: Option<Code>,
    /// The school's running number for it in each report term, 1 to 20 characters.
    pub course_numbers: BTreeMap<ReportTerm, Text>,
    /// On site, at a distance, or mixed.
    pub form: StudyForm,
    /// The pace of study it is planned for.
    pub pace: Pace,
    /// Planned clock hours of teaching.
    pub planned_time: Option<PlannedTime>,
    /// How many days it has teaching (kursdagar), 1 to as many as its period has days.
    pub course_days: Option<u32>,
    /// How many of them participants meet in one place (närträffar); none for studies on site.
    pub meeting_days: Option<u32>,
    /// Where it is held.
    pub site: Option<SiteId>,
    /// How many places it has, 0 to 100 000; none for no limit. Only on an outermost offering.
    pub capacity: Option<u32>,
    /// The offering that this one is a part of. Only the outermost counts for grants, student
    /// finance and capacity.
    pub part_of: Option<OfferingId>,
}

impl Offering {
    /// The last day.
    #[must_use]
    pub fn last_day(&self) -> NaiveDate {
        self.period.to().unwrap_or(LAST_DATE)
    }
}

/// What an offering is checked against. Everything in it lies within the caller's scope.
#[derive(Clone, Copy, Debug)]
pub struct OfferingContext<'a> {
    /// The course offered.
    pub course: &'a Course,
    /// The terms named, as far as they exist.
    pub terms: &'a [(TermId, Term)],
    /// The table of course types.
    pub course_types: &'a [CourseType],
    /// The site named, if it exists.
    pub site: Option<&'a Site>,
    /// The offering named as the one this is a part of, if it exists.
    pub outer: Option<&'a Offering>,
}

/// An offering as someone enters it.
#[derive(Clone, PartialEq, Debug)]
pub struct NewOffering<'a> {
    /// See [`Offering::course`].
    pub course: CourseId,
    /// See [`Offering::school_unit`].
    pub school_unit: SchoolUnitId,
    /// 1 to 200 characters.
    pub title: &'a str,
    /// At least one, each once, in any order.
    pub terms: Vec<TermId>,
    /// The first day.
    pub first_day: NaiveDate,
    /// The last day.
    pub last_day: NaiveDate,
    /// A code of the table [`Table::CourseType`], valid on the first day.
    pub course_type: Option<&'a str>,
    /// By report term, written as in [`ReportTerm::parse`].
    pub course_numbers: BTreeMap<String, String>,
    /// A code of [`StudyForm`].
    pub form: &'a str,
    /// 1 to 100.
    pub pace_percent: i32,
    /// In hours, see [`PlannedTime::from_hours`].
    pub planned_hours: Option<f64>,
    /// See [`Offering::course_days`].
    pub course_days: Option<u32>,
    /// See [`Offering::meeting_days`].
    pub meeting_days: Option<u32>,
    /// See [`Offering::site`].
    pub site: Option<SiteId>,
    /// See [`Offering::capacity`].
    pub capacity: Option<u32>,
    /// See [`Offering::part_of`]; see also [`outermost`](super::outermost).
    pub part_of: Option<OfferingId>,
}

impl NewOffering<'_> {
    /// Checks every field, alone and together. That the offering does not become a part of itself
    /// is [`outermost`](super::outermost)'s question.
    ///
    /// # Errors
    /// At `/courseId` (the course is not valid on the first day), `/title`, `/termIds` and its
    /// elements, `/firstDay`, `/lastDay`, `/courseTypeCode`, `/courseNumbers/{term}`, `/form`,
    /// `/pacePercent`, `/plannedHours`, `/courseDays`, `/meetingDays`, `/siteId`, `/capacity` and
    /// `/partOfId`.
    pub fn validate(self, context: &OfferingContext<'_>) -> Result<Offering, Refusals> {
        let mut refusals = Refusals::default();
        let period = Period::new(self.first_day, Some(self.last_day)).map_err(|mut refusal| {
            refusal.pointer = if refusal.pointer == "/from" { "/firstDay" } else { "/lastDay" }.to_owned();
            refusal
        });
        let period = refusals.note("", period);
        refusals.note("/courseId", context.course.valid.admit("the course", self.first_day));
        let title = refusals.note("/title", Text::line(self.title, 200));
        let terms = self.check_terms(period.as_ref(), context, &mut refusals);
        let course_type = self.course_type.and_then(|raw| {
            refusals
                .note("/courseTypeCode", check_course_type(raw, self.first_day, self.course_days, context))
        });
        let course_numbers = self.check_numbers(&mut refusals);
        let form = refusals.note("/form", StudyForm::from_code(self.form));
        let pace = refusals.note("/pacePercent", Pace::new(self.pace_percent));
        let planned_time = self
            .planned_hours
            .and_then(|hours| refusals.note("/plannedHours", PlannedTime::from_hours(hours)));
        self.check_days(form, period.as_ref(), &mut refusals);
        self.check_place(period.as_ref(), context, &mut refusals);
        match (period, title, form, pace, refusals.finish()) {
            (Some(period), Some(title), Some(form), Some(pace), Ok(())) => Ok(Offering {
                course: self.course,
                school_unit: self.school_unit,
                title,
                terms,
                period,
                course_type,
                course_numbers,
                form,
                pace,
                planned_time,
                course_days: self.course_days,
                meeting_days: self.meeting_days,
                site: self.site,
                capacity: self.capacity,
                part_of: self.part_of,
            }),
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }

    fn check_terms(
        &self,
        period: Option<&Period>,
        context: &OfferingContext<'_>,
        refusals: &mut Refusals,
    ) -> Vec<TermId> {
        if self.terms.is_empty() {
            refusals
                .0
                .push(Refusal::new(Rule::Required, "an offering covers at least one term").at("/termIds"));
        }
        let mut found: Vec<(NaiveDate, TermId)> = Vec::new();
        for (place, id) in self.terms.iter().enumerate() {
            let term = context.terms.iter().find(|(known, _)| known == id).map(|(_, term)| term);
            let checked = match term {
                None => Err(Refusal::new(Rule::UnknownReference, "there is no such term")),
                Some(term) if term.school_unit.is_some_and(|unit| unit != self.school_unit) => {
                    Err(Refusal::new(Rule::Conflict, "the term is another school unit's"))
                }
                Some(_) if found.iter().any(|(_, other)| other == id) => {
                    Err(Refusal::new(Rule::Duplicate, "the term stands twice"))
                }
                Some(term) if period.is_some_and(|period| !term.period.overlaps(period)) => {
                    let detail = format!("no day of the offering lies in the term, which is {}", term.period);
                    Err(Refusal::new(Rule::OutsidePeriod, detail))
                }
                Some(term) => Ok((term.first_day(), *id)),
            };
            found.extend(refusals.note(&format!("/termIds/{place}"), checked));
        }
        found.sort_unstable();
        found.into_iter().map(|(_, id)| id).collect()
    }

    fn check_numbers(&self, refusals: &mut Refusals) -> BTreeMap<ReportTerm, Text> {
        use chrono::Datelike;
        let years = self.first_day.year()..=self.last_day.year();
        let mut numbers = BTreeMap::new();
        for (term, number) in &self.course_numbers {
            // A key is free text until it is parsed: RFC 6901 escapes ~ and /.
            let at = format!("/courseNumbers/{}", term.replace('~', "~0").replace('/', "~1"));
            let term = ReportTerm::parse(term).and_then(|term| {
                if years.contains(&term.year) {
                    Ok(term)
                } else {
                    Err(Refusal::new(Rule::OutsidePeriod, "the offering has no day in this report term"))
                }
            });
            let term = refusals.note(&at, term);
            let number = refusals.note(&at, Text::line(number, 20));
            numbers.extend(term.zip(number));
        }
        numbers
    }

    fn check_days(&self, form: Option<StudyForm>, period: Option<&Period>, refusals: &mut Refusals) {
        let most = period.map_or(i64::MAX, |_| (self.last_day - self.first_day).num_days() + 1);
        if self.course_days.is_some_and(|days| !(1..=most).contains(&i64::from(days))) {
            let detail = "course days are at least 1 and at most the days from the first day to the last";
            refusals.0.push(Refusal::new(Rule::OutOfRange, detail).at("/courseDays"));
        }
        let Some(meetings) = self.meeting_days else { return };
        if form == Some(StudyForm::OnSite) {
            let detail = "meeting days belong to distance and mixed studies; on site every course day is one";
            refusals.0.push(Refusal::new(Rule::Conflict, detail).at("/meetingDays"));
        } else if self.course_days.map_or(most, i64::from) < i64::from(meetings) {
            let detail = "there are more meeting days than course days";
            refusals.0.push(Refusal::new(Rule::Conflict, detail).at("/meetingDays"));
        }
    }

    fn check_place(&self, period: Option<&Period>, context: &OfferingContext<'_>, refusals: &mut Refusals) {
        if self.site.is_some() {
            let checked = match context.site {
                None => Err(Refusal::new(Rule::UnknownReference, "there is no such site")),
                Some(site) if site.school_unit != self.school_unit => {
                    Err(Refusal::new(Rule::Conflict, "the site is another school unit's"))
                }
                Some(site) if period.is_some_and(|period| !site.valid.overlaps(period)) => {
                    Err(Refusal::new(Rule::OutsidePeriod, format!("the site is in use {}", site.valid)))
                }
                Some(_) => Ok(()),
            };
            refusals.note("/siteId", checked);
        }
        if self.capacity.is_some_and(|capacity| capacity > 100_000) {
            refusals.0.push(Refusal::new(Rule::OutOfRange, "a capacity is 0 to 100 000").at("/capacity"));
        }
        if self.part_of.is_some() {
            if self.capacity.is_some() {
                let detail =
                    "places are counted on the outermost offering; a part has no capacity of its own";
                refusals.0.push(Refusal::new(Rule::Conflict, detail).at("/capacity"));
            }
            let checked = match context.outer {
                None => Err(Refusal::new(Rule::UnknownReference, "there is no such offering")),
                Some(outer) if outer.school_unit != self.school_unit => {
                    Err(Refusal::new(Rule::Conflict, "the outer offering is another school unit's"))
                }
                Some(outer) if period.is_some_and(|period| !outer.period.covers(period)) => {
                    let detail = format!("a part lies within the outer offering, which is {}", outer.period);
                    Err(Refusal::new(Rule::OutsidePeriod, detail))
                }
                Some(_) => Ok(()),
            };
            refusals.note("/partOfId", checked);
        }
    }
}

/// The bounds on course days bind only where the table's entry is verified: a doubtful one may
/// not stop a school from writing down what it does.
fn check_course_type(
    raw: &str,
    first_day: NaiveDate,
    course_days: Option<u32>,
    context: &OfferingContext<'_>,
) -> Result<Code, Refusal> {
    let code = Code::new(raw)?;
    let course_type = find(Table::CourseType, context.course_types, code.as_str(), first_day)?;
    match course_days {
        Some(days) if course_type.entry.verified && !course_type.days.admits(days) => {
            let detail = format!("a course of this type has {}, not {days}", course_type.days);
            Err(Refusal::new(Rule::Conflict, detail))
        }
        _ => Ok(code),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::code::seed;
    use crate::course::NewCourse;
    use crate::id::Id;
    use crate::organisation::{NewSite, NewTerm};

    pub(crate) fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn id<T: Id>(number: u128) -> T {
        T::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn terms() -> Vec<(TermId, Term)> {
        let term = |number, kind, first_day, last_day, unit| {
            let school_unit = unit;
            let new = NewTerm { school_unit, kind, first_day, last_day, name: "Termin" };
            (id(number), new.validate().unwrap())
        };
        vec![
            term(2, "spring", day(2027, 1, 11), day(2027, 6, 11), None),
            term(1, "autumn", day(2026, 8, 17), day(2026, 12, 18), None),
            term(3, "autumn", day(2027, 8, 16), day(2027, 12, 17), None),
            term(4, "autumn", day(2026, 8, 10), day(2026, 12, 18), Some(id(999))),
        ]
    }

    fn general_course() -> NewOffering<'static> {
        NewOffering {
            course: id(10),
            school_unit: id(20),
            title: "Allmän kurs, inriktning miljö och hälsa",
            terms: vec![id(2), id(1)],
            first_day: day(2026, 8, 17),
            last_day: day(2027, 6, 11),
            course_type: Some("1"),
            course_numbers: [("2026ht", "101"), ("2027vt", "101B")]
                .map(|(term, number)| (term.to_owned(), number.to_owned()))
                .into(),
            form: "mixed",
            pace_percent: 100,
            planned_hours: Some(760.5),
            course_days: Some(175),
            meeting_days: Some(40),
            site: None,
            capacity: Some(24),
            part_of: None,
        }
    }

    fn check(
        new: NewOffering<'_>,
        site: Option<&Site>,
        outer: Option<&Offering>,
    ) -> Result<Offering, Refusals> {
        let course = NewCourse {
            code: "AK",
            title: "Allmän kurs",
            subject_code: None,
            kind: "course",
            points: None,
            valid: (day(2020, 1, 1), Some(day(2030, 12, 31))),
        }
        .validate()
        .unwrap();
        let course_types = seed::course_types().unwrap();
        let terms = terms();
        new.validate(&OfferingContext {
            course: &course,
            terms: &terms,
            course_types: &course_types,
            site,
            outer,
        })
    }

    pub(crate) fn general_course_offering() -> Offering {
        check(general_course(), None, None).unwrap()
    }

    fn places(result: Result<Offering, Refusals>) -> Vec<(String, Rule)> {
        result.unwrap_err().0.into_iter().map(|refusal| (refusal.pointer, refusal.rule)).collect()
    }

    fn at(pointer: &str, rule: Rule) -> (String, Rule) {
        (pointer.to_owned(), rule)
    }

    #[test]
    fn a_general_course_of_a_school_year() {
        let offering = general_course_offering();
        assert_eq!(offering.terms, [id(1), id(2)], "terms stand in the order of time");
        assert_eq!(offering.planned_time.unwrap().minutes(), 45_630);
        let numbers: Vec<_> =
            offering.course_numbers.iter().map(|(term, number)| format!("{term}={number}")).collect();
        assert_eq!(numbers, ["2026ht=101", "2027vt=101B"]);
    }

    #[test]
    fn each_named_term_is_touched() {
        let new = NewOffering { terms: vec![id(1), id(3), id(1), id(4), id(5)], ..general_course() };
        assert_eq!(
            places(check(new, None, None)),
            [
                at("/termIds/1", Rule::OutsidePeriod),
                at("/termIds/2", Rule::Duplicate),
                at("/termIds/3", Rule::Conflict),
                at("/termIds/4", Rule::UnknownReference),
            ]
        );
        let new = NewOffering { terms: vec![], ..general_course() };
        assert_eq!(places(check(new, None, None)), [at("/termIds", Rule::Required)]);
    }

    #[test]
    fn course_types_bind_days_and_dates() {
        let new = NewOffering { course_type: Some("3"), ..general_course() };
        assert_eq!(places(check(new, None, None)), [at("/courseTypeCode", Rule::Conflict)]);
        let new = NewOffering { course_type: Some("22"), ..general_course() };
        assert_eq!(places(check(new, None, None)), [at("/courseTypeCode", Rule::OutsidePeriod)]);
        let new = NewOffering { course_type: Some("24"), course_days: None, ..general_course() };
        assert!(check(new, None, None).is_ok());
    }

    #[test]
    fn everything_wrong_is_named_at_once() {
        let new = NewOffering {
            title: "",
            last_day: day(2026, 8, 16),
            course_numbers: [("2026/1~".to_owned(), "åäö".repeat(7))].into(),
            form: "kväll",
            pace_percent: 0,
            planned_hours: Some(0.1),
            course_days: Some(0),
            meeting_days: None,
            site: Some(id(7)),
            capacity: Some(5),
            part_of: Some(id(8)),
            ..general_course()
        };
        assert_eq!(
            places(check(new, None, None)),
            [
                at("/lastDay", Rule::PeriodReversed),
                at("/title", Rule::Required),
                at("/courseTypeCode", Rule::Conflict),
                at("/courseNumbers/2026~11~0", Rule::Format),
                at("/courseNumbers/2026~11~0", Rule::TooLong),
                at("/form", Rule::UnknownCode),
                at("/pacePercent", Rule::OutOfRange),
                at("/plannedHours", Rule::Format),
                at("/courseDays", Rule::OutOfRange),
                at("/siteId", Rule::UnknownReference),
                at("/capacity", Rule::Conflict),
                at("/partOfId", Rule::UnknownReference),
            ]
        );
    }

    #[test]
    fn a_subject_lies_within_the_general_course() {
        let outer = general_course_offering();
        let subject = || NewOffering {
            title: "Svenska som andraspråk",
            part_of: Some(id(8)),
            capacity: None,
            course_type: None,
            ..general_course()
        };
        assert!(check(subject(), None, Some(&outer)).is_ok());
        let longer = NewOffering { last_day: day(2027, 6, 12), ..subject() };
        assert_eq!(places(check(longer, None, Some(&outer))), [at("/partOfId", Rule::OutsidePeriod)]);
        let elsewhere = Offering { school_unit: id(21), ..outer };
        assert_eq!(places(check(subject(), None, Some(&elsewhere))), [at("/partOfId", Rule::Conflict)]);
    }

    #[test]
    fn meeting_days_belong_to_distance_studies() {
        let new = NewOffering { form: "on-site", ..general_course() };
        assert_eq!(places(check(new, None, None)), [at("/meetingDays", Rule::Conflict)]);
        let new = NewOffering { form: "distance", meeting_days: Some(176), ..general_course() };
        assert_eq!(places(check(new, None, None)), [at("/meetingDays", Rule::Conflict)]);
        let new = NewOffering { form: "distance", meeting_days: Some(0), ..general_course() };
        assert!(check(new, None, None).is_ok());
    }

    #[test]
    fn a_closed_course_and_a_closed_site_are_refused() {
        let new = NewOffering {
            first_day: day(2031, 8, 17),
            last_day: day(2031, 12, 18),
            terms: vec![],
            course_numbers: BTreeMap::new(),
            course_days: None,
            ..general_course()
        };
        let found = places(check(new, None, None));
        assert_eq!(found, [at("/courseId", Rule::OutsidePeriod), at("/termIds", Rule::Required)]);
        let site = NewSite {
            school_unit: id(20),
            name: "Filialen i Åhus",
            municipality_code: "1290",
            address: None,
            valid: (day(2010, 1, 1), Some(day(2020, 12, 31))),
        };
        let site = site.validate().unwrap();
        let new = NewOffering { site: Some(id(7)), ..general_course() };
        assert_eq!(places(check(new, Some(&site), None)), [at("/siteId", Rule::OutsidePeriod)]);
    }
}
