use super::super::mark::tests::{late, new};
use super::super::{Ledger, MarkCode};
use super::*;
use crate::id::{Id, OfferingId};
use crate::schedule::{LessonState, LessonTime};
use proptest::prelude::*;
use uuid::Uuid;

pub(in super::super) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(in super::super) fn person(number: u128) -> PersonId {
    PersonId::from_uuid(Uuid::from_u128(number))
}

/// A lesson that somebody holds.
pub(in super::super) fn lesson(from: &str, to: &str) -> Lesson {
    Lesson {
        offering: OfferingId::from_uuid(Uuid::from_u128(1)),
        occurrence: None,
        time: LessonTime::new(at(from), at(to)).unwrap(),
        state: LessonState::Planned,
        title: None,
        rooms: Vec::new(),
        staff: Vec::new(),
    }
}

/// Mathematics with class 7B, Tuesday at ten past eight.
fn mathematics() -> Lesson {
    lesson("2026-11-24T08:10:00+01:00", "2026-11-24T09:00:00+01:00")
}

/// Agnes, Bilal and Cajsa.
fn class() -> BTreeSet<PersonId> {
    (1..=3).map(person).collect()
}

fn ground() -> Ground {
    Ground::Report(AbsenceReportId::from_uuid(Uuid::from_u128(9)))
}

struct Room {
    lesson: Lesson,
    expected: BTreeSet<PersonId>,
    reported: BTreeMap<PersonId, Ground>,
    now: DateTime<Utc>,
}

impl Room {
    fn new() -> Self {
        Self {
            lesson: mathematics(),
            expected: class(),
            reported: BTreeMap::new(),
            now: at("2026-11-24T08:20:00+01:00"),
        }
    }

    fn occasion(&self) -> Occasion<'_> {
        let Self { lesson, expected, reported, now } = self;
        Occasion { lesson, expected, reported, now: *now }
    }
}

fn register() -> Register {
    Register::of(LessonId::from_uuid(Uuid::from_u128(1)))
}

fn refused(refusals: &Refusals) -> Vec<(Rule, &str)> {
    refusals.0.iter().map(|refusal| (refusal.rule, refusal.pointer.as_str())).collect()
}

fn code(register: &Register, number: u128) -> MarkCode {
    register.marks[&person(number)].mark.code()
}

#[test]
fn a_lesson_is_registered_and_closed() {
    let room = Room::new();
    let some = [(person(1), new("present")), (person(2), new("absent"))];
    let open = register().save(&some, &room.occasion()).unwrap();
    let missing = open.close(&room.occasion()).unwrap_err();
    assert_eq!((missing.rule, missing.detail.as_str()), (Rule::State, "1 person has no mark"));
    let all = open.save_one(person(3), late(5), &room.occasion()).unwrap();
    let closed = all.close(&room.occasion()).unwrap();
    assert_eq!(closed.state, RegisterState::Closed);
    assert_eq!(closed.close(&room.occasion()).unwrap(), closed);
    assert_eq!(code(&closed, 2), MarkCode::AbsentUnauthorised);
    let again = [(person(3), late(5)), (person(2), new("absent")), (person(1), new("present"))];
    assert_eq!(closed.save(&again, &room.occasion()).unwrap(), closed, "the same marks change nothing");
    let other = closed.save_one(person(2), new("present"), &room.occasion()).unwrap_err();
    assert_eq!(refused(&other), [(Rule::State, "")]);
    let reopened = closed.reopen(&room.occasion()).unwrap();
    assert_eq!(
        code(&reopened.save_one(person(2), new("other"), &room.occasion()).unwrap(), 2),
        MarkCode::Other
    );
}

#[test]
fn only_those_expected_and_each_once() {
    let room = Room::new();
    let marks = [
        (person(1), new("present")),
        (person(7), new("present")),
        (person(1), new("absent")),
        (person(2), late(50)),
    ];
    let refusals = register().save(&marks, &room.occasion()).unwrap_err();
    assert_eq!(
        refused(&refusals),
        [
            (Rule::UnknownReference, "/marks/1/personId"),
            (Rule::Duplicate, "/marks/2/personId"),
            (Rule::OutOfRange, "/marks/3/lateMinutes")
        ]
    );
}

#[test]
fn who_has_left_the_class_keeps_the_mark() {
    let mut room = Room::new();
    let marks = [1, 2, 3].map(|number| (person(number), new("present")));
    let saved = register().save(&marks, &room.occasion()).unwrap();
    room.expected.remove(&person(3));
    assert_eq!(saved.save(&marks, &room.occasion()).unwrap(), saved);
    assert_eq!(saved.save(&marks[..2], &room.occasion()).unwrap(), saved);
    assert_eq!(saved.save(&marks[..1], &room.occasion()).unwrap().marks.len(), 2);
    let left = saved.unmark(person(3), &room.occasion()).unwrap();
    assert_eq!(left.marks.len(), 2);
    assert!(left.save_one(person(3), new("present"), &room.occasion()).is_err());
}

#[test]
fn nothing_before_the_day_and_nothing_of_a_cancelled_lesson() {
    let mut room = Room::new();
    room.now = at("2026-11-23T23:59:59+01:00");
    let mark = (person(1), new("present"));
    assert_eq!(refused(&register().save(&[mark], &room.occasion()).unwrap_err()), [(Rule::State, "")]);
    room.now = at("2026-11-24T00:00:00+01:00");
    let saved = register().save(&[1, 2, 3].map(|of| (person(of), new("other"))), &room.occasion()).unwrap();
    assert_eq!(saved.close(&room.occasion()).unwrap_err().rule, Rule::State, "it has not begun");
    room.lesson = room.lesson.cancel("Läraren är sjuk").unwrap();
    room.now = at("2026-11-24T10:00:00+01:00");
    assert!(saved.save(&[mark], &room.occasion()).is_err());
    assert!(saved.close(&room.occasion()).is_err() && saved.reopen(&room.occasion()).is_err());
}

#[test]
fn a_reported_absence_keeps_its_reason_unless_the_teacher_says_otherwise() {
    let mut room = Room::new();
    room.reported.insert(person(1), ground());
    assert_eq!(register().proposed(person(1), &room.occasion()), Some(Mark::Absent { authorised: true }));
    let saved = register().save_one(person(1), new("absent"), &room.occasion()).unwrap();
    assert_eq!(
        (code(&saved, 1), saved.marks[&person(1)].ground),
        (MarkCode::AbsentAuthorised, Some(ground()))
    );
    assert_eq!(saved.proposed(person(1), &room.occasion()), None);
    // The report was ended: what is registered stays.
    room.reported.clear();
    assert_eq!(saved.save_one(person(1), new("absent"), &room.occasion()).unwrap(), saved);
    let stated = saved.save_one(person(1), new("absent-unauthorised"), &room.occasion()).unwrap();
    assert_eq!((code(&stated, 1), stated.marks[&person(1)].ground), (MarkCode::AbsentUnauthorised, None));
    // Another report changes nothing of it.
    room.reported.insert(person(1), ground());
    assert_eq!(stated.save_one(person(1), new("absent"), &room.occasion()).unwrap(), stated);
    // Who comes after all, late from the dentist, has authorised minutes.
    let came = saved.save_one(person(1), late(20), &room.occasion()).unwrap();
    let ledger: Ledger = came.marks[&person(1)].mark.ledger(50);
    assert_eq!((ledger.present(), ledger.authorised()), (30, 20));
}

#[test]
fn a_mentor_excuses_afterwards_and_it_stands() {
    let room = Room::new();
    let marks = [(person(1), new("absent")), (person(2), late(10)), (person(3), new("present"))];
    let closed = register().save(&marks, &room.occasion()).unwrap().close(&room.occasion()).unwrap();
    let excuse =
        Excuse {
            person: person(1), authorised: true, reason: "Hemma ringde: tandvärk", by: Excuser::Mentor
        };
    let excused = closed.excuse(excuse, &room.occasion()).unwrap();
    assert_eq!((code(&excused, 1), excused.state), (MarkCode::AbsentAuthorised, RegisterState::Closed));
    assert_eq!(excused.excuse(Excuse { reason: "igen", ..excuse }, &room.occasion()).unwrap(), excused);

    let open = excused.reopen(&room.occasion()).unwrap();
    assert_eq!(open.save_one(person(1), new("absent"), &room.occasion()).unwrap(), open);
    let against = open.save_one(person(1), new("absent-unauthorised"), &room.occasion()).unwrap_err();
    assert_eq!(refused(&against), [(Rule::Conflict, "/kind")]);
    let gone = open.save(&marks[1..], &room.occasion()).unwrap_err();
    assert_eq!(refused(&gone), [(Rule::Conflict, "/marks")]);
    let gone = open.unmark(person(1), &room.occasion()).unwrap_err();
    assert_eq!(refused(&gone), [(Rule::Conflict, "/personId")]);
    let there = open.save_one(person(1), new("present"), &room.occasion()).unwrap();
    assert_eq!(there.marks[&person(1)].decided, None);

    let back = excused.excuse(Excuse { authorised: false, ..excuse }, &room.occasion()).unwrap();
    assert_eq!(code(&back, 1), MarkCode::AbsentUnauthorised);
    let refusals = closed.excuse(Excuse { by: Excuser::Teacher, ..excuse }, &room.occasion()).unwrap_err();
    assert_eq!(refused(&refusals), [(Rule::NotPermitted, "")]);
    let missed_nothing = Excuse { person: person(3), reason: "", ..excuse };
    let refusals = closed.excuse(missed_nothing, &room.occasion()).unwrap_err();
    assert_eq!(refused(&refusals), [(Rule::Required, "/reason"), (Rule::State, "/personId")]);
    let nobody = Excuse { person: person(8), ..excuse };
    let refusals = closed.excuse(nobody, &room.occasion()).unwrap_err();
    assert_eq!(refused(&refusals), [(Rule::UnknownReference, "/personId")]);
}

/// What is entered of a person: each kind, late or not, stated or not.
pub(in super::super) fn entries() -> impl Strategy<Value = NewMark<'static>> {
    prop_oneof![
        Just(new("present")),
        Just(new("absent")),
        Just(new("absent-authorised")),
        Just(new("absent-unauthorised")),
        Just(new("other")),
        (1..20_u32, 0..20_u32, any::<Option<bool>>()).prop_map(|(minutes, early, authorised)| NewMark {
            left_early_minutes: Some(early),
            missed_authorised: authorised,
            ..late(minutes)
        }),
    ]
}

proptest! {
    #[test]
    fn a_save_twice_is_a_save_once_whatever_is_reported_meanwhile(
        steps in proptest::collection::vec(
            (proptest::collection::vec((1..=3_u128, entries()), 0..4), any::<bool>(), 0..4_u8, 1..=3_u128),
            1..8,
        ),
    ) {
        let mut room = Room::new();
        let mut register = register();
        for (marks, is_reported, then, who) in steps {
            if is_reported {
                room.reported.insert(person(who), ground());
            } else {
                room.reported.remove(&person(who));
            }
            let marks: Vec<(PersonId, NewMark<'_>)> =
                marks.into_iter().map(|(of, mark)| (person(of), mark)).collect();
            let once = register.save(&marks, &room.occasion());
            if let Ok(once) = once {
                // A report that comes in between changes nothing that is registered.
                room.reported.insert(person(who), ground());
                prop_assert_eq!(once.save(&marks, &room.occasion()).unwrap(), once.clone());
                register = once;
            }
            let before = register.clone();
            register = match then {
                0 => register.close(&room.occasion()).unwrap_or(before),
                1 => register.reopen(&room.occasion()).unwrap(),
                of => {
                    let excuse = Excuse {
                        person: person(who), authorised: of == 2, reason: "Skäl", by: Excuser::Principal,
                    };
                    register.excuse(excuse, &room.occasion()).unwrap_or(before)
                }
            };
            if register.state == RegisterState::Closed {
                prop_assert_eq!(register.missing(&room.expected), 0);
            }
        }
    }
}
