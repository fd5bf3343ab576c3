//! Participations that follow groups, compared day by day with what a simple account says.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::course::offering_tests::{day as date, general_course_offering};
use crate::id::Id;
use crate::participation::Reason;

const DAYS: u32 = 60;

fn day(number: u32) -> NaiveDate {
    date(2026, 8, 17) + Days::new(number.into())
}

fn days(from: u32, to: u32) -> Period {
    Period::new(day(from), Some(day(to))).unwrap()
}

fn person() -> PersonId {
    PersonId::from_uuid(uuid::Uuid::from_u128(1))
}

fn offering_id() -> OfferingId {
    OfferingId::from_uuid(uuid::Uuid::from_u128(2))
}

fn offering(from: u32, to: u32) -> Offering {
    Offering { period: days(from, to), ..general_course_offering() }
}

fn exception(kind: ExceptionKind, from: u32, to: u32) -> ParticipationException {
    ParticipationException {
        person: person(),
        offering: offering_id(),
        kind,
        period: days(from, to),
        reason: Some(Reason::new("Läser svenska som andraspråk").unwrap()),
    }
}

/// What somebody does to the register.
#[derive(Clone, Debug)]
enum Act {
    Join { group: u32, from: u32, to: u32 },
    Correct { place: usize, from: u32, to: u32 },
    Withdraw { place: usize },
    Drive { group: u32, days: Option<(u32, u32)> },
    Except { kind: ExceptionKind, from: u32, to: u32 },
    Lift { place: usize },
    Hold { from: u32, to: u32 },
    Interrupt { place: usize, on: u32 },
    Break { place: usize, from: u32, back: u32 },
    Readmit { place: usize, from: u32 },
}

fn two() -> impl Strategy<Value = (u32, u32)> {
    (0..DAYS, 0..DAYS).prop_map(|(one, other)| (one.min(other), one.max(other)))
}

fn acts(with_endings: bool) -> impl Strategy<Value = Vec<Act>> {
    let kind = prop_oneof![3 => Just(ExceptionKind::Excluded), 1 => Just(ExceptionKind::Included)];
    let moves = prop_oneof![
        4 => (0..2u32, two()).prop_map(|(group, (from, to))| Act::Join { group, from, to }),
        3 => (0..4usize, two()).prop_map(|(place, (from, to))| Act::Correct { place, from, to }),
        1 => (0..4usize).prop_map(|place| Act::Withdraw { place }),
        2 => (0..2u32, proptest::option::weighted(0.8, two())).prop_map(|(group, days)| Act::Drive { group, days }),
        2 => (kind, two()).prop_map(|(kind, (from, to))| Act::Except { kind, from, to }),
        1 => (0..3usize).prop_map(|place| Act::Lift { place }),
        1 => two().prop_map(|(from, to)| Act::Hold { from, to }),
    ];
    let endings = prop_oneof![
        2 => (0..3usize, 0..DAYS).prop_map(|(place, on)| Act::Interrupt { place, on }),
        1 => (0..3usize, two()).prop_map(|(place, (from, back))| Act::Break { place, from, back }),
        2 => (0..3usize, 0..DAYS).prop_map(|(place, from)| Act::Readmit { place, from }),
    ];
    let act = if with_endings { prop_oneof![3 => moves, 2 => endings].boxed() } else { moves.boxed() };
    proptest::collection::vec(act, 0..16)
}

/// The register of one person and one offering, kept by days.
#[derive(Clone)]
struct Register {
    memberships: Vec<(u32, u32, u32)>,
    drives: BTreeMap<u32, (u32, u32)>,
    exceptions: Vec<ParticipationException>,
    held: (u32, u32),
    rows: Vec<(usize, Participation)>,
    made: usize,
}

impl Register {
    fn new() -> Self {
        Self {
            memberships: Vec::new(),
            drives: BTreeMap::from([(0, (0, DAYS - 1)), (1, (10, 50))]),
            exceptions: Vec::new(),
            held: (0, DAYS - 1),
            rows: Vec::new(),
            made: 0,
        }
    }

    /// The account by days: whether a day is wanted.
    fn wants(&self, number: u32) -> bool {
        let excepted = |kind| {
            self.exceptions
                .iter()
                .any(|exception| exception.kind == kind && exception.period.contains(day(number)))
        };
        let member = self.memberships.iter().any(|(group, from, to)| {
            (from..=to).contains(&&number)
                && self.drives.get(group).is_some_and(|(first, last)| (first..=last).contains(&&number))
        });
        (self.held.0..=self.held.1).contains(&number)
            && (excepted(ExceptionKind::Included) || (member && !excepted(ExceptionKind::Excluded)))
    }

    fn wanted_days(&self) -> Vec<Period> {
        let by_groups = self.memberships.iter().filter_map(|(group, from, to)| {
            let (first, last) = self.drives.get(group)?;
            days(*from, *to).intersection(&days(*first, *last))
        });
        wanted_days(&[days(self.held.0, self.held.1)], by_groups, &self.exceptions)
    }

    fn step(&self) -> Result<Step<usize>, Refusal> {
        let offering = offering(self.held.0, self.held.1);
        let rows = self.rows.iter().map(|(key, row)| (*key, row));
        in_step(person(), (offering_id(), &offering), &self.wanted_days(), rows, &[])
    }

    fn take(&mut self, step: Step<usize>) {
        let Step { changed, new, withdrawn } = step;
        self.rows.retain(|(key, _)| !withdrawn.contains(key));
        for (key, after) in changed {
            self.rows.iter_mut().find(|(known, _)| *known == key).unwrap().1 = after;
        }
        for row in new {
            self.made += 1;
            self.rows.push((self.made, row));
        }
        self.rows.sort_by_key(|(_, row)| row.period().from());
    }

    /// Does it, as far as the register's other rules allow; whether it did.
    fn act(&mut self, act: &Act) -> bool {
        let free = |memberships: &[(u32, u32, u32)], group, from, to| {
            !memberships.iter().any(|(other, first, last)| *other == group && *first <= to && from <= *last)
        };
        match act.clone() {
            Act::Join { group, from, to } => {
                let free = free(&self.memberships, group, from, to);
                if free {
                    self.memberships.push((group, from, to));
                }
                free
            }
            Act::Correct { place, from, to } if place < self.memberships.len() => {
                let (group, ..) = self.memberships.remove(place);
                let free = free(&self.memberships, group, from, to);
                self.memberships.insert(place, (group, from, to));
                free
            }
            Act::Withdraw { place } if place < self.memberships.len() => {
                self.memberships.remove(place);
                true
            }
            Act::Drive { group, days } => {
                self.drives.remove(&group);
                self.drives.extend(days.map(|days| (group, days)));
                true
            }
            Act::Except { kind, from, to } => {
                let new = exception(kind, from, to);
                let free = super::super::no_overlapping_exception(&new, &self.exceptions).is_ok();
                if free {
                    self.exceptions.push(new);
                }
                free
            }
            Act::Lift { place } if place < self.exceptions.len() => {
                self.exceptions.remove(place);
                true
            }
            Act::Hold { from, to } => {
                self.held = (from, to);
                true
            }
            Act::Interrupt { place, on } => self.change(place, |row| row.interrupt(day(on), "Flyttat")),
            Act::Break { place, from, back } => {
                self.change(place, |row| row.take_study_break(day(from), None)?.resume(day(back)))
            }
            Act::Readmit { place, from } => {
                // A day that no group wants is refused.
                if !self.wants(from) {
                    return false;
                }
                let offering = offering(self.held.0, self.held.1);
                let Some((_, earlier)) = self.rows.get(place) else { return false };
                let Ok(Some((cut, new))) = readmitted_to_groups(earlier, day(from), &offering) else {
                    return false;
                };
                self.made += 1;
                self.rows[place].1 = cut;
                self.rows.push((self.made, new));
                self.rows.sort_by_key(|(_, row)| row.period().from());
                true
            }
            Act::Correct { .. } | Act::Withdraw { .. } | Act::Lift { .. } => false,
        }
    }

    fn change(
        &mut self,
        place: usize,
        change: impl Fn(Participation) -> Result<Participation, Refusal>,
    ) -> bool {
        let Some((_, row)) = self.rows.get_mut(place) else { return false };
        match change(row.clone()) {
            Ok(after) => {
                *row = after;
                true
            }
            Err(_) => false,
        }
    }

    /// On how many participations of the person a day lies.
    fn holding(&self, number: u32) -> usize {
        let held = |row: &Participation| row.held().is_some_and(|held| held.contains(day(number)));
        self.rows.iter().filter(|(_, row)| held(row)).count()
    }

    fn of(&self, number: u32) -> Option<&(usize, Participation)> {
        self.rows.iter().find(|(_, row)| row.period().contains(day(number)))
    }

    /// The unbroken stretch of days around one on which `there` holds.
    fn around(number: u32, there: impl Fn(u32) -> bool) -> std::ops::RangeInclusive<u32> {
        let from = (0..=number).rev().take_while(|other| there(*other)).last().unwrap_or(number);
        let to = (number..DAYS).take_while(|other| there(*other)).last().unwrap_or(number);
        from..=to
    }

    /// The account by days of who takes part once the days wanted have changed from `before`: a day
    /// that is wanted counts, unless somebody has ended and not come back since. What nobody spoke
    /// for before goes with the day before it.
    fn expected(&self, before: &Self) -> Vec<bool> {
        let ended = |row: &Participation| !row.occupies_place();
        let stands = |row: &Participation| {
            ended(row)
                && row.facts().is_some_and(|(first, last)| {
                    (0..DAYS).any(|number| (first..=last).contains(&day(number)) && !self.wants(number))
                })
        };
        let standing: Vec<&Participation> =
            before.rows.iter().map(|(_, row)| row).filter(|row| stands(row)).collect();
        let spoken_for = |number: u32| standing.iter().any(|row| row.period().contains(day(number)));
        let open = |number: u32| self.wants(number) && !spoken_for(number);
        (0..DAYS)
            .map(|number| {
                if standing.iter().any(|row| row.held().unwrap().contains(day(number))) {
                    return true;
                }
                if !open(number) {
                    return false;
                }
                let stretch = Self::around(number, open);
                let last_known = (*stretch.start()..=number)
                    .rev()
                    .find_map(|earlier| before.of(earlier).map(|row| (earlier, row)));
                // The last day known before it: over by then, or its last day, in this stretch?
                !last_known.is_some_and(|(known, (_, row))| {
                    let Some((_, last)) = row.facts().filter(|_| ended(row)) else { return false };
                    let within = stretch.clone().any(|other| day(other) == last);
                    within && (day(known) > last || (day(known) == last && known < number))
                })
            })
            .collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    // Memberships, exceptions, drives and the offering's days in any order: who takes part is what
    // the account by days says, and rows keep their ids.
    #[test]
    fn participations_are_the_days_wanted(acts in acts(false)) {
        let mut register = Register::new();
        for act in &acts {
            let before = register.clone();
            if !register.act(act) {
                register = before;
                continue;
            }
            let step = register.step().unwrap();
            let withdrawn = step.withdrawn.clone();
            let made = step.new.len();
            register.take(step);
            for number in 0..DAYS {
                prop_assert_eq!(register.holding(number), usize::from(register.wants(number)), "day {}", number);
            }
            // Nothing is withdrawn and made again: what lost its days was moved, or no stretch was free.
            prop_assert!(withdrawn.is_empty() || made == 0);
            for (key, row) in before.rows.iter().filter(|(key, _)| withdrawn.contains(key)) {
                let lost = (0..DAYS).filter(|number| row.period().contains(day(*number))).all(|number| {
                    !register.wants(number) || register.of(number).is_some_and(|(other, _)| other != key)
                });
                prop_assert!(lost);
            }
            let again = register.step().unwrap();
            prop_assert!(again.changed.is_empty() && again.new.is_empty() && again.withdrawn.is_empty());
        }
    }

    // With participations that end, pause and are begun again: nothing ended comes to life by itself,
    // nothing recorded is lost, no day is held twice.
    #[test]
    fn what_has_ended_stays_ended(acts in acts(true)) {
        let mut register = Register::new();
        for act in &acts {
            let before = register.clone();
            let acted = register.act(act);
            let state_change = matches!(act, Act::Interrupt { .. } | Act::Break { .. });
            let Some(step) = register.step().ok().filter(|_| acted) else {
                if acted {
                    prop_assert!(before.rows.iter().any(|(_, row)| row.occupies_place() && !row.breaks().is_empty()));
                }
                register = before;
                continue;
            };
            let expected = register.expected(&register.clone());
            if state_change {
                prop_assert!(step.changed.is_empty() && step.new.is_empty() && step.withdrawn.is_empty());
            }
            // Who comes back stays; days that the earlier one no longer speaks for may be taken by others too.
            if matches!(act, Act::Readmit { .. }) {
                prop_assert!(step.withdrawn.is_empty());
            }
            register.take(step);
            for number in 0..DAYS {
                let held = register.holding(number);
                prop_assert!(held <= 1, "day {} is held {} times", number, held);
                prop_assert_eq!(held == 1, expected[number as usize], "day {}", number);
                prop_assert!(!register.wants(number) || register.of(number).is_some(), "day {}", number);
            }
            for (key, row) in &before.rows {
                let after = register.rows.iter().find(|(known, _)| known == key).map(|(_, row)| row);
                if !row.occupies_place() {
                    prop_assert_eq!(after.map(Participation::state), Some(row.state()));
                }
                // None is lost; the act itself may have added one.
                prop_assert!(row.breaks().is_empty() || after.is_some_and(|after| after.breaks().starts_with(row.breaks())));
            }
            let again = register.step().unwrap();
            prop_assert!(again.changed.is_empty() && again.new.is_empty() && again.withdrawn.is_empty());
        }
    }
}

fn member(from: u32, to: u32) -> Register {
    let mut register = Register::new();
    assert!(register.act(&Act::Join { group: 0, from, to }));
    let step = register.step().unwrap();
    register.take(step);
    register
}

#[test]
fn a_membership_gives_an_active_participation_at_the_offerings_pace() {
    let register = member(5, 20);
    let (_, row) = &register.rows[0];
    assert_eq!((row.period(), row.state(), row.origin()), (days(5, 20), &State::Active, Origin::Groups));
    assert_eq!(row.pace().on(day(5)), Some(&offering(0, 59).pace));
}

#[test]
fn a_planned_end_of_a_break_is_cut_and_a_break_itself_is_kept() {
    let mut register = member(5, 40);
    let (_, row) = &mut register.rows[0];
    *row = row.clone().take_study_break(day(20), Some(day(35))).unwrap();
    assert!(register.act(&Act::Correct { place: 0, from: 5, to: 30 }));
    let step = register.step().unwrap();
    assert_eq!(step.changed[0].1.state(), &State::OnStudyBreak { from: day(20), to: Some(day(30)) });
    assert!(register.act(&Act::Correct { place: 0, from: 5, to: 19 }));
    assert_eq!(register.step().unwrap_err().rule, Rule::State);
}

#[test]
fn a_direct_participation_is_left_alone_and_its_days_cannot_be_wanted() {
    let register = member(5, 20);
    let row = register.rows[0].1.clone();
    let offering = offering(0, 59);
    let direct = super::super::NewParticipation {
        person: person(),
        offering: offering_id(),
        period: (day(15), Some(day(30))),
        pace_percent: None,
        funding: None,
    };
    let direct = direct.validate(&offering, &[], []).unwrap();
    let wanted = register.wanted_days();
    let at = (offering_id(), &offering);
    let refusal = in_step::<usize>(person(), at, &wanted, [], &[&direct]).unwrap_err();
    assert_eq!((refusal.rule, refusal.pointer.as_str()), (Rule::Overlap, "/period"));
    let step = in_step(person(), at, &[days(5, 14)], [(1, &row)], &[&direct]).unwrap();
    assert_eq!(step.changed[0].1.period(), days(5, 14));
}

#[test]
fn the_groups_decide_the_days() {
    let (_, row) = member(5, 20).rows[0].clone();
    let offering = offering(0, 59);
    let moved = row.clone().correct_dates((day(5), Some(day(25))), &offering);
    assert_eq!(moved.unwrap_err().rule, Rule::State);
    assert!(row.clone().correct_dates((day(5), Some(day(20))), &offering).is_ok());
    let cancelled = State::CancelledBeforeStart { on: day(4), reason: Reason::new("Återbud").unwrap() };
    assert_eq!(row.correct_state(cancelled, vec![], "Fel").unwrap_err().rule, Rule::State);
}
