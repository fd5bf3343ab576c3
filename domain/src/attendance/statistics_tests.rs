use std::collections::{BTreeMap, BTreeSet};

use super::super::mark::tests::marks;
use super::super::register::tests::{at, entries, lesson as held, person};
use super::super::{AbsenceReport, Excuse, Excuser, Extent, Ground, Missed, Occasion, Register, ReportedBy};
use super::*;
use crate::id::{AbsenceReportId, Id, LessonId, PersonId};
use crate::schedule::{Lesson, LessonTime};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use uuid::Uuid;

pub(in super::super) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(in super::super) fn november() -> Period {
    Period::new(day("2026-11-01"), Some(day("2026-11-30"))).unwrap()
}

pub(in super::super) fn fact(date: &str, length: u32, mark: Option<Mark>) -> Fact {
    Fact { day: day(date), length, is_held: true, mark }
}

pub(in super::super) fn late(minutes: u32) -> Option<Mark> {
    Some(Mark::Present(Missed::registered(minutes, 0, false).unwrap()))
}

pub(in super::super) const ABSENT: Option<Mark> = Some(Mark::Absent { authorised: false });
pub(in super::super) const THERE: Option<Mark> = Some(Mark::Present(Missed::NOTHING));

/// Agnes' Tuesday: there, ten minutes late, ill, at the museum, not reported, and a cancelled lesson.
fn tuesday() -> [Fact; 6] {
    let on = "2026-11-24";
    [
        fact(on, 60, THERE),
        fact(on, 40, late(10)),
        fact(on, 60, Some(Mark::Absent { authorised: true })),
        fact(on, 60, Some(Mark::Other)),
        fact(on, 60, None),
        Fact { is_held: false, ..fact(on, 60, ABSENT) },
    ]
}

#[test]
fn a_day_in_lessons_and_in_hours() {
    let in_lessons = figure(&tuesday(), Setting::unless_decided(Unit::Lessons), november());
    let whole = PARTS_PER_LESSON;
    assert_eq!(
        in_lessons.sums,
        Sums { present: 2 * whole, authorised: whole, unauthorised: 0, other: whole, unreported: whole }
    );
    assert_eq!(in_lessons.per_mille(Category::Present), Some(500));
    assert_eq!(in_lessons.hundredths(in_lessons.sums.planned()), 500);
    let in_hours = figure(&tuesday(), Setting::unless_decided(Unit::Hours), november());
    assert_eq!(
        in_hours.sums,
        Sums { present: 90, authorised: 60, unauthorised: 10, other: 60, unreported: 60 }
    );
    assert_eq!(in_hours.per_mille(Category::Absent), Some(318));
    assert_eq!(in_hours.hundredths(in_hours.sums.unauthorised), 17);
    let planned = Setting { denominator: Denominator::Planned, ..in_hours.setting };
    assert_eq!(figure(&tuesday(), planned, november()).per_mille(Category::Absent), Some(250));
}

#[test]
fn how_coming_late_counts_is_a_setting() {
    let facts = [fact("2026-11-24", 40, late(10))];
    let sums = |late| {
        let setting = Setting { late, ..Setting::unless_decided(Unit::Lessons) };
        let sums = figure(&facts, setting, november()).sums;
        (sums.present, sums.unauthorised)
    };
    let whole = PARTS_PER_LESSON;
    assert_eq!(sums(LateCounts::AsPresent), (whole, 0));
    assert_eq!(sums(LateCounts::ByShare), (whole * 3 / 4, whole / 4));
    assert_eq!(sums(LateCounts::absent_from(10).unwrap()), (0, whole));
    assert_eq!(sums(LateCounts::absent_from(11).unwrap()), (whole, 0));
    assert!(LateCounts::absent_from(0).is_err() && LateCounts::absent_from(1441).is_err());
}

#[test]
fn a_setting_is_entered_by_codes() {
    let new = NewSetting {
        unit: "lessons",
        denominator: "reported",
        late_counts: "as-present",
        absent_from_minutes: None,
    };
    assert_eq!(new.validate().unwrap(), Setting::unless_decided(Unit::Lessons));
    let from = NewSetting { late_counts: "as-absent-from", absent_from_minutes: Some(20), ..new };
    assert_eq!(from.validate().unwrap().late, LateCounts::AsAbsentFrom(20));
    let refused = |new: NewSetting<'_>| -> Vec<(Rule, String)> {
        let refusals = new.validate().unwrap_err().0;
        refusals.into_iter().map(|refusal| (refusal.rule, refusal.pointer)).collect()
    };
    let at = |rule| vec![(rule, "/absentFromMinutes".to_owned())];
    assert_eq!(refused(NewSetting { absent_from_minutes: None, ..from }), at(Rule::Required));
    assert_eq!(refused(NewSetting { absent_from_minutes: Some(0), ..from }), at(Rule::OutOfRange));
    assert_eq!(refused(NewSetting { absent_from_minutes: Some(5), ..new }), at(Rule::Conflict));
    let codes = NewSetting { unit: "timmar", denominator: "alla", late_counts: "sen", ..new };
    assert_eq!(refused(codes).len(), 3);
}

#[test]
fn the_lengths_that_schools_have_are_whole_parts() {
    for length in [40, 45, 50, 55, 60, 65, 70, 75, 80, 90, 100, 110, 120, 180] {
        assert_eq!(PARTS_PER_LESSON % length, 0, "{length}");
    }
}

#[test]
fn no_lessons_are_not_zero_per_cent() {
    let nothing = figure(&[], Setting::unless_decided(Unit::Lessons), november());
    assert_eq!(nothing.per_mille(Category::Present), None);
    let unreported = [fact("2026-11-24", 60, None)];
    let of_reported = figure(&unreported, Setting::unless_decided(Unit::Hours), november());
    assert_eq!(of_reported.per_mille(Category::Absent), None, "nobody has said anything");
    let december = [fact("2026-12-01", 60, ABSENT)];
    assert_eq!(figure(&december, of_reported.setting, november()).sums, Sums::default());
}

/// What may happen in a school.
#[derive(Clone, Debug)]
enum Event {
    Plan { hour: i64, minutes: u32 },
    Move { which: usize, hours: i64 },
    Stretch { which: usize, minutes: u32 },
    Cancel { which: usize },
    Reinstate { which: usize },
    Join { who: u128 },
    Leave { who: u128 },
    Report { who: u128, from: i64, hours: i64 },
    Save { which: usize, who: u128, mark: super::super::NewMark<'static> },
    SaveAll { which: usize, marks: Vec<super::super::NewMark<'static>> },
    Close { which: usize },
    Reopen { which: usize },
    Excuse { which: usize, who: u128, authorised: bool },
    Later { hours: i64 },
}

fn events(lengths: impl Strategy<Value = u32> + Clone + 'static) -> impl Strategy<Value = Vec<Event>> {
    let (which, who) = (0..6_usize, 1..=4_u128);
    let planned = lengths.clone();
    let event = prop_oneof![
        1 => (0..30_i64, planned).prop_map(|(hour, minutes)| Event::Plan { hour, minutes }),
        1 => (which.clone(), -3..20_i64).prop_map(|(which, hours)| Event::Move { which, hours }),
        1 => (which.clone(), lengths.clone()).prop_map(|(which, minutes)| Event::Stretch { which, minutes }),
        1 => which.clone().prop_map(|which| Event::Cancel { which }),
        1 => which.clone().prop_map(|which| Event::Reinstate { which }),
        2 => who.clone().prop_map(|who| Event::Join { who }),
        1 => who.clone().prop_map(|who| Event::Leave { who }),
        2 => (who.clone(), 0..30_i64, 1..24_i64)
            .prop_map(|(who, from, hours)| Event::Report { who, from, hours }),
        6 => (which.clone(), who.clone(), entries())
            .prop_map(|(which, who, mark)| Event::Save { which, who, mark }),
        3 => (which.clone(), proptest::collection::vec(entries(), 4))
            .prop_map(|(which, marks)| Event::SaveAll { which, marks }),
        4 => which.clone().prop_map(|which| Event::Close { which }),
        1 => which.clone().prop_map(|which| Event::Reopen { which }),
        4 => (which, who, any::<bool>())
            .prop_map(|(which, who, authorised)| Event::Excuse { which, who, authorised }),
        2 => (1..12_i64).prop_map(|hours| Event::Later { hours }),
    ];
    // Three lessons of the day to begin with.
    let morning = proptest::collection::vec(lengths, 3).prop_map(|lengths| {
        let lessons = lengths.into_iter().zip(1_i64..);
        lessons.map(|(minutes, hour)| Event::Plan { hour: hour * 2, minutes }).collect::<Vec<_>>()
    });
    (morning, proptest::collection::vec(event, 0..60)).prop_map(|(morning, day)| [morning, day].concat())
}

/// A school of four pupils in one group, and what has been registered.
struct School {
    now: DateTime<Utc>,
    lessons: Vec<(LessonId, Lesson, Register)>,
    group: BTreeSet<PersonId>,
    reports: Vec<AbsenceReport>,
}

impl School {
    fn monday() -> DateTime<Utc> {
        at("2026-11-23T07:00:00Z")
    }

    fn new() -> Self {
        let group = [1, 2, 3].map(person).into();
        Self { now: Self::monday(), lessons: Vec::new(), group, reports: Vec::new() }
    }

    fn happen(&mut self, event: Event) {
        let hour = |number| Self::monday() + TimeDelta::hours(number);
        match event {
            Event::Plan { hour: begins, minutes } => {
                let id = LessonId::from_uuid(Uuid::from_u128(self.lessons.len() as u128));
                let mut lesson = held("2026-11-24T08:10:00Z", "2026-11-24T09:00:00Z");
                let to = hour(begins) + TimeDelta::minutes(i64::from(minutes));
                lesson.time = LessonTime::new(hour(begins), to).unwrap();
                self.lessons.push((id, lesson, Register::of(id)));
            }
            Event::Move { which, hours } => self.change(which, |lesson, _| {
                lesson.time = lesson.time.begun_at(lesson.time.from() + TimeDelta::hours(hours)).unwrap();
            }),
            Event::Stretch { which, minutes } => self.change(which, |lesson, _| {
                let from = lesson.time.from();
                lesson.time = LessonTime::new(from, from + TimeDelta::minutes(i64::from(minutes))).unwrap();
            }),
            Event::Cancel { which } => self.change(which, |lesson, _| {
                *lesson = lesson.clone().cancel("Läraren är sjuk").unwrap_or_else(|_| lesson.clone());
            }),
            Event::Reinstate { which } => self.change(which, |lesson, _| {
                *lesson = lesson.clone().reinstate().unwrap_or_else(|_| lesson.clone());
            }),
            Event::Join { who } => {
                self.group.insert(person(who));
            }
            Event::Leave { who } => {
                self.group.remove(&person(who));
            }
            Event::Report { who, from, hours } => self.reports.push(AbsenceReport {
                person: person(who),
                extent: Extent::Span { from: hour(from), to: hour(from + hours) },
                reported_by: ReportedBy::Relative(person(9)),
                reported_at: self.now,
                ended_at: None,
            }),
            Event::Save { which, who, mark } => {
                self.register(which, |register, occasion| register.save_one(person(who), mark, occasion).ok())
            }
            Event::SaveAll { which, marks } => self.register(which, |register, occasion| {
                let marks: Vec<_> = occasion.expected.iter().copied().zip(marks).collect();
                register.save(&marks, occasion).ok()
            }),
            Event::Close { which } => {
                self.register(which, |register, occasion| register.close(occasion).ok())
            }
            Event::Reopen { which } => {
                self.register(which, |register, occasion| register.reopen(occasion).ok())
            }
            Event::Excuse { which, who, authorised } => self.register(which, |register, occasion| {
                let excuse =
                    Excuse { person: person(who), authorised, reason: "Läkarintyg", by: Excuser::Mentor };
                register.excuse(excuse, occasion).ok()
            }),
            Event::Later { hours } => self.now += TimeDelta::hours(hours),
        }
    }

    fn change(&mut self, which: usize, change: impl FnOnce(&mut Lesson, &mut Register)) {
        let which = which % self.lessons.len();
        if let Some((_, lesson, register)) = self.lessons.get_mut(which) {
            change(lesson, register);
        }
    }

    fn register(&mut self, which: usize, step: impl FnOnce(&Register, &Occasion<'_>) -> Option<Register>) {
        let which = which % self.lessons.len();
        let (group, reports, now) = (self.group.clone(), self.reports.clone(), self.now);
        if let Some((id, lesson, register)) = self.lessons.get_mut(which) {
            let ground = Ground::Report(AbsenceReportId::from_uuid(Uuid::from_u128(1)));
            let covering = reports.iter().filter(|report| report.covers(*id, &lesson.time));
            let reported: BTreeMap<PersonId, Ground> =
                covering.map(|report| (report.person, ground)).collect();
            let occasion = Occasion { lesson, expected: &group, reported: &reported, now };
            if let Some(after) = step(register, &occasion) {
                *register = after;
            }
        }
    }

    fn facts(&self) -> Vec<Fact> {
        let of_lesson = |(_, lesson, register): &(LessonId, Lesson, Register)| {
            let (time, is_held) = (lesson.time, lesson.is_held());
            let register = register.clone();
            self.group.iter().map(move |who| Fact {
                day: time.day(),
                length: time.minutes(),
                is_held,
                mark: register.marks.get(who).map(|registered| registered.mark),
            })
        };
        self.lessons.iter().flat_map(of_lesson).collect()
    }
}

fn always() -> Period {
    Period::new(crate::period::FIRST_DATE, None).unwrap()
}

fn lates() -> impl Strategy<Value = LateCounts> {
    prop_oneof![
        Just(LateCounts::AsPresent),
        Just(LateCounts::ByShare),
        (1..60_u32).prop_map(|minutes| LateCounts::absent_from(minutes).unwrap()),
    ]
}

proptest! {
    #[test]
    fn what_is_alike_may_be_counted_together(
        kinds in proptest::collection::vec((5..=120_u32, proptest::option::of(marks()), any::<bool>(), 0..6_u64), 0..8),
        in_hours in any::<bool>(),
        by in prop_oneof![Just(LateCounts::AsPresent), Just(LateCounts::ByShare), Just(LateCounts::AsAbsentFrom(15))],
    ) {
        let unit = if in_hours { Unit::Hours } else { Unit::Lessons };
        let setting = Setting { late: by, ..Setting::unless_decided(unit) };
        let counted: Vec<Counted> = kinds
            .into_iter()
            .map(|(length, mark, is_held, times)| {
                Counted { fact: Fact { is_held, ..fact("2026-11-24", length, mark) }, times }
            })
            .collect();
        let one_by_one: Vec<Fact> =
            counted.iter().flat_map(|of| (0..of.times).map(|_| of.fact)).collect();
        prop_assert_eq!(
            figure_of_counted(&counted, setting, november()),
            figure(&one_by_one, setting, november())
        );
    }
}

proptest! {
    #[test]
    fn whatever_happens_the_sums_add_up(
        events in events(5..=120_u32), late in lates(), planned: bool,
    ) {
        let mut school = School::new();
        for event in events {
            school.happen(event);
            let facts = school.facts();
            let counted = facts.iter().filter(|fact| fact.is_held);
            for unit in Unit::ALL.iter().copied() {
                let denominator = if planned { Denominator::Planned } else { Denominator::Reported };
                let figure = figure(&facts, Setting { unit, denominator, late }, always());
                let Sums { present, authorised, unauthorised, other, unreported } = figure.sums;
                // Counted in another way: by what each lesson has, and whether it was reported.
                let size = |fact: &Fact| match unit {
                    Unit::Hours => u64::from(fact.length),
                    Unit::Lessons => PARTS_PER_LESSON,
                };
                let reported: u64 =
                    counted.clone().filter(|fact| fact.mark.is_some()).map(size).sum();
                prop_assert_eq!(present + authorised + unauthorised + other, reported);
                prop_assert_eq!(reported + unreported, counted.clone().map(size).sum::<u64>());
                prop_assert_eq!(figure.per_mille(Category::Present).is_none(), figure.base() == 0);
                for category in Category::ALL.iter().copied() {
                    prop_assert!(figure.per_mille(category).is_none_or(|share| share <= 1000));
                }
            }
        }
    }

    #[test]
    fn the_two_units_agree_when_all_lessons_are_equally_long(
        events in events(Just(50_u32)), planned: bool,
    ) {
        let mut school = School::new();
        events.into_iter().for_each(|event| school.happen(event));
        let denominator = if planned { Denominator::Planned } else { Denominator::Reported };
        let of = |unit| {
            figure(&school.facts(), Setting { unit, denominator, late: LateCounts::ByShare }, always())
        };
        let (lessons, hours) = (of(Unit::Lessons), of(Unit::Hours));
        for category in Category::ALL.iter().copied() {
            prop_assert_eq!(lessons.of(category) * 50, hours.of(category) * PARTS_PER_LESSON);
            prop_assert_eq!(lessons.per_mille(category), hours.per_mille(category));
        }
        prop_assert_eq!(lessons.sums.planned() * 50, hours.sums.planned() * PARTS_PER_LESSON);
    }

    #[test]
    fn a_lesson_stays_whole_at_any_length(mark in marks(), length in 5..=1440_u32, late in lates()) {
        let one = Fact { day: day("2026-11-24"), length, is_held: true, mark: Some(mark) };
        let sums = Sums::of(&one, Unit::Lessons, late);
        prop_assert_eq!((sums.reported(), sums.unreported), (PARTS_PER_LESSON, 0));
        if late == LateCounts::ByShare {
            let minutes = Sums::of(&one, Unit::Hours, late);
            let off = (sums.absent() * u64::from(length)).abs_diff(minutes.absent() * PARTS_PER_LESSON);
            prop_assert!(off * 2 <= u64::from(length), "rounded to the nearest part");
        }
    }

    #[test]
    fn sums_of_parts_are_the_sums_of_the_whole(
        facts in proptest::collection::vec((1..=28_u32, 5..=120_u32, proptest::option::of(marks())), 0..20),
        split in 1..=28_u32, late in lates(),
    ) {
        let facts: Vec<Fact> = facts
            .into_iter()
            .map(|(on, length, mark)| fact(&format!("2026-11-{on:02}"), length, mark))
            .collect();
        let setting = Setting { late, ..Setting::unless_decided(Unit::Lessons) };
        let until = day(&format!("2026-11-{split:02}"));
        let first = Period::new(day("2026-11-01"), Some(until)).unwrap();
        let second = Period::new(until.succ_opt().unwrap(), Some(day("2026-11-30"))).unwrap();
        let sums = |period| figure(&facts, setting, period).sums;
        prop_assert_eq!(sums(first).plus(sums(second)), sums(november()));
    }
}
