//! Absence that is reported (frånvaroanmälan) before the lessons begin.

use chrono::{DateTime, Days, NaiveDate, Utc};

use crate::code::coded;
use crate::id::{LessonId, PersonId};
use crate::instant::{bounds_of_day, school_day};
use crate::period::Period;
use crate::person::relation::{Adulthood, Right, RightSet};
use crate::refusal::{Refusal, Refusals, Rule};
use crate::schedule::LessonTime;

/// How far ahead and how long absence may be reported, during a period. An organiser's decision, so that it is a dated
/// row; until somebody has decided it is [`ReportLimits::UNLESS_DECIDED`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReportLimits {
    /// How many days after the day of the report the first day of absence may lie, 0 to 365.
    days_ahead: u16,
    /// How many days the absence may last, 1 to 365.
    days_long: u16,
}

impl ReportLimits {
    /// 14 days ahead and 14 days long. No law says it: what is longer is rather a leave or a talk with the school.
    pub const UNLESS_DECIDED: Self = Self { days_ahead: 14, days_long: 14 };

    /// Limits in days.
    ///
    /// # Errors
    /// [`Rule::OutOfRange`] at `/daysAhead` (0 to 365) and `/daysLong` (1 to 365).
    pub fn new(days_ahead: u16, days_long: u16) -> Result<Self, Refusals> {
        let mut refusals = Refusals::default();
        if days_ahead > 365 {
            refusals.0.push(Refusal::new(Rule::OutOfRange, "is 0 to 365 days").at("/daysAhead"));
        }
        if !(1..=365).contains(&days_long) {
            refusals.0.push(Refusal::new(Rule::OutOfRange, "is 1 to 365 days").at("/daysLong"));
        }
        refusals.finish().map(|()| Self { days_ahead, days_long })
    }

    /// The limits that hold on a day.
    #[must_use]
    pub fn on(day: NaiveDate, rows: &[(Period, Self)]) -> Self {
        rows.iter().find(|(valid, _)| valid.contains(day)).map_or(Self::UNLESS_DECIDED, |(_, limits)| *limits)
    }

    /// See [`ReportLimits::new`].
    #[must_use]
    pub fn days_ahead(self) -> u16 {
        self.days_ahead
    }

    /// See [`ReportLimits::new`].
    #[must_use]
    pub fn days_long(self) -> u16 {
        self.days_long
    }

    /// Checks the first and the last day of an absence that is reported today.
    fn admit(
        self,
        today: NaiveDate,
        first: NaiveDate,
        last: NaiveDate,
        at: (&str, &str),
    ) -> Result<(), Refusal> {
        let far = today.checked_add_days(Days::new(u64::from(self.days_ahead)));
        if far.is_some_and(|far| far < first) {
            let detail = format!("absence is reported at most {} days ahead", self.days_ahead);
            return Err(Refusal::new(Rule::OutOfRange, detail).at(at.0));
        }
        if (last - first).num_days() >= i64::from(self.days_long) {
            let detail = format!("at most {} days of absence are reported at a time", self.days_long);
            return Err(Refusal::new(Rule::OutOfRange, detail).at(at.1));
        }
        Ok(())
    }
}

coded! {
    /// How it is said what an absence report is about.
    ExtentCode("extent of an absence report") {
        /// One whole day.
        Day = "day",
        /// Several whole days.
        Days = "days",
        /// From one instant to another.
        Span = "span",
        /// Single lessons.
        Lessons = "lessons",
    }
}

/// What an absence report is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Extent {
    /// The whole of a school day.
    Day(NaiveDate),
    /// Whole school days, both ends included.
    Days {
        /// The first day.
        first: NaiveDate,
        /// The last day.
        last: NaiveDate,
    },
    /// From an instant up to another, which is no longer part of it.
    Span {
        /// From when.
        from: DateTime<Utc>,
        /// Until when.
        to: DateTime<Utc>,
    },
    /// These lessons, each once, in the order of their ids; wherever they are moved.
    Lessons(Vec<LessonId>),
}

impl Extent {
    /// Its code.
    #[must_use]
    pub fn code(&self) -> ExtentCode {
        match self {
            Self::Day(_) => ExtentCode::Day,
            Self::Days { .. } => ExtentCode::Days,
            Self::Span { .. } => ExtentCode::Span,
            Self::Lessons(_) => ExtentCode::Lessons,
        }
    }

    fn touches(&self, lesson: LessonId, time: &LessonTime) -> bool {
        match self {
            Self::Day(day) => time.day() == *day,
            Self::Days { first, last } => (*first..=*last).contains(&time.day()),
            Self::Span { from, to } => time.from() < *to && *from < time.to(),
            Self::Lessons(lessons) => lessons.binary_search(&lesson).is_ok(),
        }
    }
}

/// Who reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reporter {
    /// A relative, with the rights that their relation carries on the day of the report.
    Relative(PersonId, RightSet),
    /// The person themselves.
    Themselves(Adulthood),
    /// Somebody of the school within whose reach the person is, who takes a call.
    Staff,
}

impl Reporter {
    /// Whether they may report absence.
    #[must_use]
    pub fn may_report(self) -> bool {
        match self {
            Self::Relative(_, rights) => rights.has(Right::ReportAbsence),
            Self::Themselves(adulthood) => adulthood == Adulthood::Adult,
            Self::Staff => true,
        }
    }

    /// What the report says of it.
    #[must_use]
    pub fn made(self) -> ReportedBy {
        match self {
            Self::Relative(relative, _) => ReportedBy::Relative(relative),
            Self::Themselves(_) => ReportedBy::Themselves,
            Self::Staff => ReportedBy::Staff,
        }
    }
}

coded! {
    /// Who made an absence report, as it is stored and published.
    ReportedByCode("maker of an absence report") {
        /// A guardian, or whoever else has the right.
        Relative = "relative",
        /// The person, who is of age.
        Themselves = "themselves",
        /// Somebody of the school, who took a call.
        Staff = "staff",
    }
}

/// Who made an absence report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReportedBy {
    /// This relative.
    Relative(PersonId),
    /// The person whose absence it is.
    Themselves,
    /// Somebody of the school; which account it was stands in the record.
    Staff,
}

impl ReportedBy {
    /// Its code.
    #[must_use]
    pub fn code(self) -> ReportedByCode {
        match self {
            Self::Relative(_) => ReportedByCode::Relative,
            Self::Themselves => ReportedByCode::Themselves,
            Self::Staff => ReportedByCode::Staff,
        }
    }

    /// Whether the person made the report about somebody.
    #[must_use]
    pub fn is(self, person: PersonId, about: PersonId) -> bool {
        match self {
            Self::Relative(relative) => relative == person,
            Self::Themselves => about == person,
            Self::Staff => false,
        }
    }
}

/// Who ends an absence report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ender {
    /// A relative, or the person themselves.
    Person(PersonId),
    /// Somebody of the school within whose reach the person is.
    Staff,
}

/// Absence that was reported. It says that somebody is away and that this is authorised, and not why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AbsenceReport {
    /// Whose.
    pub person: PersonId,
    /// What it is about.
    pub extent: Extent,
    /// Who reported it.
    pub reported_by: ReportedBy,
    /// When it was reported.
    pub reported_at: DateTime<Utc>,
    /// When it was ended before its time: the person comes back.
    pub ended_at: Option<DateTime<Utc>>,
}

impl AbsenceReport {
    /// Whether it makes the absence from a lesson an authorised one: the lesson lies within it, whole or in part, and
    /// had neither begun when it was reported nor begins after it was ended. What has begun is the teacher's to say.
    #[must_use]
    pub fn covers(&self, lesson: LessonId, time: &LessonTime) -> bool {
        self.reported_at < time.from()
            && self.ended_at.is_none_or(|ended| time.from() < ended)
            && self.extent.touches(lesson, time)
    }

    /// Ends it: lessons that begin from now on are no longer covered, those that have begun still are.
    ///
    /// # Errors
    /// [`Rule::NotPermitted`] for another person than the one who reported; [`Rule::State`] when it was ended already.
    pub fn end(self, by: Ender, now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.admit_word_of(by, "an absence report is ended by the person who made it, or by the school")?;
        if self.ended_at.is_some() {
            return Err(Refusal::new(Rule::State, "the absence report is ended already"));
        }
        Ok(Self { ended_at: Some(now), ..self })
    }

    /// Checks that somebody may add to it: whoever reported, and the school.
    pub(super) fn admit_word_of(&self, by: Ender, otherwise: &'static str) -> Result<(), Refusal> {
        match by {
            Ender::Person(person) if !self.reported_by.is(person, self.person) => {
                Err(Refusal::new(Rule::NotPermitted, otherwise))
            }
            Ender::Person(_) | Ender::Staff => Ok(()),
        }
    }
}

/// An absence report as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewAbsenceReport<'a> {
    /// Whose absence.
    pub person: PersonId,
    /// A code of [`ExtentCode`].
    pub extent: &'a str,
    /// The day, or the first of several.
    pub first_day: Option<NaiveDate>,
    /// The last of several days.
    pub last_day: Option<NaiveDate>,
    /// From when a span lasts. It may have begun earlier on the day of the report.
    pub from: Option<DateTime<Utc>>,
    /// Until when.
    pub to: Option<DateTime<Utc>>,
    /// Single lessons, with their times where they are within reach.
    pub lessons: &'a [(LessonId, Option<LessonTime>)],
}

impl NewAbsenceReport<'_> {
    /// Checks every field.
    ///
    /// # Errors
    /// [`Rule::NotPermitted`] for one who may not report. At `/extent`; at `/firstDay`, `/lastDay`, `/startsAt`,
    /// `/endsAt` and `/lessonIds` [`Rule::Required`] for what the extent needs and [`Rule::Conflict`] for what it does
    /// not know; [`Rule::OutsidePeriod`] for what has been: nobody reports backwards; [`Rule::OutOfRange`] beyond the
    /// limits; at `/lessonIds/N` [`Rule::State`] for a lesson that has begun.
    pub fn validate(
        self,
        reporter: Reporter,
        limits: ReportLimits,
        now: DateTime<Utc>,
    ) -> Result<AbsenceReport, Refusals> {
        if !reporter.may_report() {
            let detail = "absence is reported by guardians with that right, or by the person when of age";
            return Err(Refusal::new(Rule::NotPermitted, detail).into());
        }
        let mut refusals = Refusals::default();
        let code = refusals.note("/extent", ExtentCode::from_code(self.extent));
        let extent = code.and_then(|code| self.extent(code, limits, now, &mut refusals));
        match (extent, refusals.finish()) {
            (Some(extent), Ok(())) => Ok(AbsenceReport {
                person: self.person,
                extent,
                reported_by: reporter.made(),
                reported_at: now,
                ended_at: None,
            }),
            (_, finished) => Err(finished.err().unwrap_or_default()),
        }
    }

    fn extent(
        &self,
        code: ExtentCode,
        limits: ReportLimits,
        now: DateTime<Utc>,
        refusals: &mut Refusals,
    ) -> Option<Extent> {
        let known: &[&str] = match code {
            ExtentCode::Day => &["/firstDay"],
            ExtentCode::Days => &["/firstDay", "/lastDay"],
            ExtentCode::Span => &["/startsAt", "/endsAt"],
            ExtentCode::Lessons => &["/lessonIds"],
        };
        let given = [
            ("/firstDay", self.first_day.is_some()),
            ("/lastDay", self.last_day.is_some()),
            ("/startsAt", self.from.is_some()),
            ("/endsAt", self.to.is_some()),
            ("/lessonIds", !self.lessons.is_empty()),
        ];
        let before = refusals.0.len();
        for (at, is_given) in given {
            match (known.contains(&at), is_given) {
                (true, false) => refusals.0.push(Refusal::new(Rule::Required, "must be given").at(at)),
                (false, true) => {
                    let detail = format!("does not go with the extent {code}");
                    refusals.0.push(Refusal::new(Rule::Conflict, detail).at(at));
                }
                _ => {}
            }
        }
        if refusals.0.len() > before {
            return None;
        }
        match (code, self.first_day, self.last_day, self.from, self.to) {
            (ExtentCode::Day, Some(day), ..) => {
                let checked = days(day, day, limits, now, ("/firstDay", "/firstDay"));
                refusals.note("", checked).map(|()| Extent::Day(day))
            }
            (ExtentCode::Days, Some(first), Some(last), ..) => {
                let checked = days(first, last, limits, now, ("/firstDay", "/lastDay"));
                refusals.note("", checked).map(|()| Extent::Days { first, last })
            }
            (ExtentCode::Span, .., Some(from), Some(to)) => {
                refusals.note("", span(from, to, limits, now)).map(|()| Extent::Span { from, to })
            }
            (ExtentCode::Lessons, ..) => self.single(limits, now, refusals).map(Extent::Lessons),
            _ => None,
        }
    }

    fn single(
        &self,
        limits: ReportLimits,
        now: DateTime<Utc>,
        refusals: &mut Refusals,
    ) -> Option<Vec<LessonId>> {
        let before = refusals.0.len();
        let mut lessons: Vec<LessonId> = Vec::with_capacity(self.lessons.len());
        for (place, (lesson, time)) in self.lessons.iter().enumerate() {
            let checked = match time {
                None => Err(Refusal::new(Rule::UnknownReference, "there is no such lesson")),
                Some(_) if lessons.contains(lesson) => Err(Refusal::new(Rule::Duplicate, "is named twice")),
                Some(time) if time.from() <= now => Err(Refusal::new(Rule::State, "the lesson has begun")),
                Some(time) => limits.admit(school_day(now), time.day(), time.day(), ("", "")),
            };
            refusals.note(&format!("/lessonIds/{place}"), checked);
            lessons.push(*lesson);
        }
        let all = self.lessons.iter().filter_map(|(_, time)| time.as_ref()).map(LessonTime::day);
        if let (Some(first), Some(last)) = (all.clone().min(), all.max())
            && refusals.0.len() == before
        {
            refusals.note("/lessonIds", limits.admit(first, first, last, ("", "")));
        }
        lessons.sort_unstable();
        (refusals.0.len() == before).then_some(lessons)
    }
}

/// Checks whole days.
fn days(
    first: NaiveDate,
    last: NaiveDate,
    limits: ReportLimits,
    now: DateTime<Utc>,
    at: (&str, &str),
) -> Result<(), Refusal> {
    Period::new(first, Some(last)).map_err(|refusal| {
        let place = if refusal.pointer == "/from" { at.0 } else { at.1 };
        Refusal { pointer: place.to_owned(), ..refusal }
    })?;
    let today = school_day(now);
    if first < today {
        let detail = format!("nobody reports backwards: the first day is {today} at the earliest");
        return Err(Refusal::new(Rule::OutsidePeriod, detail).at(at.0));
    }
    limits.admit(today, first, last, at)
}

/// Checks a span of instants.
fn span(
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    limits: ReportLimits,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    if to <= from {
        return Err(Refusal::new(Rule::PeriodReversed, "it ends before it begins").at("/endsAt"));
    }
    if to <= now {
        return Err(Refusal::new(Rule::OutsidePeriod, "nobody reports what is over").at("/endsAt"));
    }
    if from < bounds_of_day(school_day(now)).0 {
        let detail = "nobody reports backwards: it begins today at the earliest";
        return Err(Refusal::new(Rule::OutsidePeriod, detail).at("/startsAt"));
    }
    limits.admit(school_day(now), school_day(from), school_day(to), ("/startsAt", "/endsAt"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use uuid::Uuid;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn person(number: u128) -> PersonId {
        PersonId::from_uuid(Uuid::from_u128(number))
    }

    fn lesson(number: u128) -> LessonId {
        LessonId::from_uuid(Uuid::from_u128(number))
    }

    /// A lesson on Tuesday 24 November 2026 in Swedish winter time.
    fn time(from: &str, to: &str) -> LessonTime {
        LessonTime::new(at(&format!("2026-11-24T{from}:00+01:00")), at(&format!("2026-11-24T{to}:00+01:00")))
            .unwrap()
    }

    fn new(extent: &str) -> NewAbsenceReport<'_> {
        NewAbsenceReport {
            person: person(1),
            extent,
            first_day: None,
            last_day: None,
            from: None,
            to: None,
            lessons: &[],
        }
    }

    fn guardian() -> Reporter {
        Reporter::Relative(person(2), RightSet::of(&[Right::See, Right::ReportAbsence]))
    }

    fn reported(new: NewAbsenceReport<'_>, now: &str) -> Result<AbsenceReport, Vec<(Rule, String)>> {
        new.validate(guardian(), ReportLimits::UNLESS_DECIDED, at(now))
            .map_err(|refused| refused.0.into_iter().map(|refusal| (refusal.rule, refusal.pointer)).collect())
    }

    #[test]
    fn a_day_reported_after_breakfast_covers_what_has_not_begun() {
        let today = NewAbsenceReport { first_day: Some(day("2026-11-24")), ..new("day") };
        let report = reported(today, "2026-11-24T08:10:00+01:00").unwrap();
        assert!(!report.covers(lesson(1), &time("08:10", "09:00")), "it has just begun");
        assert!(report.covers(lesson(2), &time("09:20", "10:10")));
        // The fever has gone: the lessons after lunch are no longer covered.
        let report = report.end(Ender::Person(person(2)), at("2026-11-24T12:00:00+01:00")).unwrap();
        assert!(report.covers(lesson(2), &time("09:20", "10:10")));
        assert!(!report.covers(lesson(3), &time("12:00", "13:00")));
        let later = at("2026-11-24T12:30:00+01:00");
        let again = report.clone().end(Ender::Person(person(2)), later).unwrap_err();
        let other = report.end(Ender::Person(person(3)), later).unwrap_err();
        assert_eq!((again.rule, other.rule), (Rule::State, Rule::NotPermitted));
    }

    #[test]
    fn the_dentist_is_a_span_and_a_concert_single_lessons() {
        let now = "2026-11-24T07:00:00+01:00";
        let dentist = NewAbsenceReport {
            from: Some(at("2026-11-24T09:00:00+01:00")),
            to: Some(at("2026-11-24T10:00:00+01:00")),
            ..new("span")
        };
        let report = reported(dentist, now).unwrap();
        assert!(!report.covers(lesson(1), &time("08:10", "09:00")));
        assert!(report.covers(lesson(2), &time("09:20", "10:10")));
        assert!(!report.covers(lesson(3), &time("10:00", "11:00")));
        let lessons = [(lesson(3), Some(time("10:00", "11:00"))), (lesson(2), Some(time("09:20", "10:10")))];
        let report = reported(NewAbsenceReport { lessons: &lessons, ..new("lessons") }, now).unwrap();
        assert!(report.covers(lesson(3), &time("13:00", "14:00")), "also where it is moved to");
        assert!(!report.covers(lesson(1), &time("10:00", "11:00")));
    }

    #[test]
    fn nobody_reports_backwards_or_beyond_the_limits() {
        let now = "2026-11-24T08:10:00+01:00";
        let days = |first: &str, last: &str| NewAbsenceReport {
            first_day: Some(day(first)),
            last_day: Some(day(last)),
            ..new("days")
        };
        let refused = |new, rule, pointer: &str| {
            assert_eq!(reported(new, now).unwrap_err(), [(rule, pointer.to_owned())]);
        };
        refused(days("2026-11-23", "2026-11-25"), Rule::OutsidePeriod, "/firstDay");
        refused(days("2026-11-25", "2026-11-24"), Rule::PeriodReversed, "/lastDay");
        refused(days("2026-12-09", "2026-12-09"), Rule::OutOfRange, "/firstDay");
        refused(days("2026-11-24", "2026-12-08"), Rule::OutOfRange, "/lastDay");
        assert!(reported(days("2026-12-08", "2026-12-21"), now).is_ok());
        refused(new("day"), Rule::Required, "/firstDay");
        refused(
            NewAbsenceReport { extent: "day", ..days("2026-11-24", "2026-11-24") },
            Rule::Conflict,
            "/lastDay",
        );
        refused(new("vecka"), Rule::UnknownCode, "/extent");
        let over = NewAbsenceReport {
            from: Some(at("2026-11-24T07:00:00+01:00")),
            to: Some(at(now)),
            ..new("span")
        };
        refused(over, Rule::OutsidePeriod, "/endsAt");
        let lessons = [(lesson(1), Some(time("08:10", "09:00"))), (lesson(2), None)];
        assert_eq!(
            reported(NewAbsenceReport { lessons: &lessons, ..new("lessons") }, now).unwrap_err(),
            [(Rule::State, "/lessonIds/0".to_owned()), (Rule::UnknownReference, "/lessonIds/1".to_owned())]
        );
    }

    #[test]
    fn who_may_report() {
        assert!(guardian().may_report());
        assert!(Reporter::Staff.may_report());
        assert!(!Reporter::Relative(person(2), RightSet::of(&[Right::See, Right::Collect])).may_report());
        assert!(Reporter::Themselves(Adulthood::Adult).may_report());
        assert!(!Reporter::Themselves(Adulthood::Child).may_report());
        assert!(!Reporter::Themselves(Adulthood::Unknown).may_report());
    }

    #[test]
    fn it_is_ended_by_its_maker_or_the_school() {
        let now = "2026-11-24T07:00:00+01:00";
        let today = NewAbsenceReport { first_day: Some(day("2026-11-24")), ..new("day") };
        let made = |by: Reporter| today.validate(by, ReportLimits::UNLESS_DECIDED, at(now)).unwrap();
        let ends = |by: Reporter, ender| made(by).end(ender, at(now)).is_ok();
        for by in [guardian(), Reporter::Themselves(Adulthood::Adult), Reporter::Staff] {
            assert!(ends(by, Ender::Staff));
            assert!(!ends(by, Ender::Person(person(3))));
            assert_eq!(ends(by, Ender::Person(person(2))), by == guardian());
            assert_eq!(ends(by, Ender::Person(person(1))), by == Reporter::Themselves(Adulthood::Adult));
        }
    }

    #[test]
    fn limits_are_dated() {
        let valid = Period::new(day("2026-08-01"), Some(day("2027-07-31"))).unwrap();
        let rows = [(valid, ReportLimits::new(30, 5).unwrap())];
        assert_eq!(ReportLimits::on(day("2026-11-24"), &rows).days_ahead(), 30);
        assert_eq!(ReportLimits::on(day("2027-08-01"), &rows), ReportLimits::UNLESS_DECIDED);
        let refused = ReportLimits::new(366, 0).unwrap_err().0;
        assert_eq!(refused.len(), 2);
    }
}
