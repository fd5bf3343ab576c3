//! Clashes, compared with what a simple account says: every lesson with every other, and each thing with each.

use chrono::{DateTime, Days, TimeDelta, Utc};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::course::offering_tests::{day, general_course_offering};
use crate::id::Id;
use crate::participation::{NewParticipation, Participation, State};

fn id<I: Id>(number: u128) -> I {
    I::from_uuid(Uuid::from_u128(number + 1))
}

/// So many minutes after noon on 20 October 2026: the clock is changed in the night to the 25th.
fn at(minutes: i64) -> DateTime<Utc> {
    "2026-10-20T10:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
}

fn time(from: i64, length: i64) -> LessonTime {
    LessonTime::new(at(from), at(from + length)).unwrap()
}

fn lesson(lesson: u32, offering: u128, time: LessonTime) -> Occupied<u32> {
    Occupied {
        lesson,
        offering: id(offering),
        time,
        is_held: true,
        rooms: vec![],
        staff: vec![],
        exempted: vec![],
    }
}

fn expected(person: u128, offering: u128, days: (u64, u64), away: Vec<Period>) -> Expected {
    let first = day(2026, 10, 20);
    let held = Period::new(first + Days::new(days.0), Some(first + Days::new(days.1))).unwrap();
    Expected { person: id(person), offering: id(offering), held, away }
}

fn lessons() -> impl Strategy<Value = Vec<Occupied<u32>>> {
    let taker = prop_oneof![
        3 => (0..3u128).prop_map(|number| Taker::Person(id(number))),
        1 => (0..2u128).prop_map(|number| Taker::Duty(id(number))),
    ];
    let part = prop_oneof![
        3 => Just(None),
        1 => Just(Some(StandIn::Away)),
        1 => Just(Some(StandIn::Substitute)),
        1 => Just(Some(StandIn::Additional)),
    ];
    // Starts at each quarter of some days, so that ends and beginnings meet, also over midnight and the change of the clock.
    let one = (
        0..4u128,
        (0..600i64, 1..12i64),
        proptest::bool::weighted(0.85),
        proptest::collection::vec((0..4u128).prop_map(id::<RoomId>), 0..3),
        proptest::collection::vec((taker, part), 0..3),
        proptest::collection::vec((0..3u128).prop_map(id::<PersonId>), 0..2),
    );
    proptest::collection::vec(one, 0..14).prop_map(|all| {
        let numbered = all.into_iter().zip(0..);
        let lessons =
            numbered.map(|((offering, (from, length), is_held, rooms, staff, exempted), number)| Occupied {
                is_held,
                rooms,
                staff,
                exempted,
                ..lesson(number, offering, time(from * 15, length * 15))
            });
        lessons.collect()
    })
}

fn persons() -> impl Strategy<Value = Vec<Expected>> {
    let days = || (0..8u64, 0..8u64).prop_map(|(one, other)| (one.min(other), one.max(other)));
    let one = (0..3u128, 0..4u128, days(), proptest::option::weighted(0.3, days()));
    proptest::collection::vec(one, 0..10).prop_map(|all| {
        let made = all.into_iter().map(|(person, offering, days, away)| {
            let away = away.map(|days| expected(person, offering, days, vec![]).held);
            expected(person, offering, days, away.into_iter().collect())
        });
        made.collect()
    })
}

/// The account: each thing that one lesson and another both have while both go on.
fn account(lessons: &[Occupied<u32>], expected: &[Expected], kinds: &[ClashKind]) -> BTreeSet<Clash<u32>> {
    let mut found = BTreeSet::new();
    for one in lessons {
        for other in lessons.iter().filter(|other| one.lesson < other.lesson) {
            let at_once = one.time.from() < other.time.to() && other.time.from() < one.time.to();
            if !at_once || !one.is_held || !other.is_held {
                continue;
            }
            let mut clash = |claim: Claim| {
                if kinds.contains(&claim.kind()) {
                    found.insert(Clash { one: one.lesson, other: other.lesson, claim });
                }
            };
            for room in one.rooms.iter().filter(|room| other.rooms.contains(room)) {
                clash(Claim::Room(*room));
            }
            let takes = |lesson: &Occupied<u32>, taker: Taker| {
                lesson.staff.iter().any(|(of, part)| *of == taker && *part != Some(StandIn::Away))
            };
            for (taker, _) in one.staff.iter().filter(|(of, _)| takes(one, *of) && takes(other, *of)) {
                clash(Claim::Teacher(*taker));
            }
            let is_in = |lesson: &Occupied<u32>, person: PersonId| {
                let is_exempted = lesson.exempted.contains(&person);
                !is_exempted
                    && expected.iter().any(|of| {
                        of.person == person && of.offering == lesson.offering && of.attends(lesson.time.day())
                    })
            };
            for person in expected.iter().map(|of| of.person) {
                if is_in(one, person) && is_in(other, person) {
                    clash(Claim::Participant(person));
                }
            }
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn clashes_are_what_two_lessons_at_once_have_in_common(
        lessons in lessons(), expected in persons(), kinds in proptest::sample::subsequence(ClashKind::ALL.to_vec(), 0..=3),
    ) {
        prop_assert_eq!(clashes(&lessons, &expected, &kinds), account(&lessons, &expected, &kinds));
    }

    // In whatever order they are read.
    #[test]
    fn the_order_of_the_lessons_does_not_matter(lessons in lessons(), expected in persons()) {
        let mut turned: Vec<Occupied<u32>> = lessons.clone();
        turned.reverse();
        prop_assert_eq!(clashes(&lessons, &expected, ClashKind::ALL), clashes(&turned, &expected, ClashKind::ALL));
    }

    // Who is expected is told in the same way as by the participation itself.
    #[test]
    fn who_is_expected_is_as_the_participation_has_it(
        broken in proptest::option::of((0..100u64, 0..20u64)), resumes: bool, ends in proptest::option::of(0..120u64),
    ) {
        let first = day(2026, 8, 17);
        let new = NewParticipation { person: id(1), offering: id(2), period: (first, Some(first + Days::new(120))), pace_percent: None, funding: None };
        let mut participation = new.validate(&general_course_offering(), &[], []).unwrap().start(first).unwrap();
        if let Some((from, length)) = broken {
            let from = first + Days::new(from);
            participation = participation.take_study_break(from, (length > 10).then(|| from + Days::new(length - 10))).unwrap();
            if resumes {
                participation = participation.clone().resume(from + Days::new(length + 1)).unwrap_or(participation);
            }
        }
        if let Some(on) = ends {
            participation = participation.clone().interrupt(first + Days::new(on), "Flyttat").unwrap_or(participation);
        }
        let of = read(&participation);
        for number in 0..130 {
            let on = first + Days::new(number);
            prop_assert_eq!(of.attends(on), participation.attends(on), "{}", on);
        }
    }
}

/// The participation as its row tells it.
fn read(participation: &Participation) -> Expected {
    let away = match participation.state() {
        State::OnStudyBreak { from, to } => Some(Period::new(*from, *to).unwrap()),
        _ => None,
    };
    Expected {
        person: participation.person(),
        offering: participation.offering(),
        held: participation.held().unwrap(),
        away: participation.breaks().iter().copied().chain(away).collect(),
    }
}

#[test]
fn one_may_end_when_the_next_begins() {
    let in_room =
        |number, from, length| Occupied { rooms: vec![id(9)], ..lesson(number, 1, time(from, length)) };
    let none = clashes(&[in_room(0, 0, 50), in_room(1, 50, 50)], &[], ClashKind::ALL);
    assert!(none.is_empty());
    let found = clashes(&[in_room(0, 0, 51), in_room(1, 50, 50)], &[], ClashKind::ALL);
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        [Clash { one: 0, other: 1, claim: Claim::Room(id(9)) }]
    );
}

#[test]
fn what_is_part_of_an_offering_clashes_with_it() {
    // An allmän kurs and a subject within it: somebody takes part in both.
    let lessons = [lesson(0, 1, time(0, 60)), lesson(1, 2, time(30, 60))];
    let both = [expected(5, 1, (0, 7), vec![]), expected(5, 2, (0, 7), vec![])];
    assert_eq!(clashes(&lessons, &both, &[ClashKind::Participant]).len(), 1);
    assert!(clashes(&lessons, &both, &[ClashKind::Teacher, ClashKind::Room]).is_empty());
}

#[test]
fn what_is_done_is_decided_for_each_kind() {
    let rules = ClashRules {
        rooms: ClashRule::Refused,
        participants: ClashRule::Ignored,
        ..ClashRules::UNLESS_DECIDED
    };
    assert_eq!(rules.looked_for(), [ClashKind::Teacher, ClashKind::Room]);
    assert!(rules.refuses_any() && !ClashRules::UNLESS_DECIDED.refuses_any());
    assert_eq!(rules.about(ClashKind::Teacher), ClashRule::Warned);
}
