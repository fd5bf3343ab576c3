//! Clashes (krockar): lessons at the same time that take up the same teacher, room or participant.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::{LessonTime, StandIn};
use crate::code::coded;
use crate::id::{DutyId, OfferingId, PersonId, RoomId};
use crate::period::Period;

coded! {
    /// What two lessons at the same time share.
    ClashKind("kind of clash") {
        /// Somebody takes both.
        Teacher = "teacher",
        /// Both are in a room, or use a resource, that one lesson has at a time.
        Room = "room",
        /// Somebody is expected in both.
        Participant = "participant",
    }
}

coded! {
    /// What is done about clashes of a kind.
    ClashRule("way with clashes") {
        /// Nobody looks.
        Ignored = "ignored",
        /// The change is made, and its answer tells.
        Warned = "warned",
        /// The change is not made.
        Refused = "refused",
    }
}

/// What is done about clashes that a change of the schedule makes, by what is shared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClashRules {
    /// About teachers in two lessons.
    pub teachers: ClashRule,
    /// About rooms with two lessons.
    pub rooms: ClashRule,
    /// About participants in two lessons.
    pub participants: ClashRule,
}

impl ClashRules {
    /// What holds until somebody has decided.
    pub const UNLESS_DECIDED: Self =
        Self { teachers: ClashRule::Warned, rooms: ClashRule::Warned, participants: ClashRule::Warned };

    /// What is done about one kind.
    #[must_use]
    pub fn about(self, kind: ClashKind) -> ClashRule {
        match kind {
            ClashKind::Teacher => self.teachers,
            ClashKind::Room => self.rooms,
            ClashKind::Participant => self.participants,
        }
    }

    /// The kinds that somebody wants to know of.
    #[must_use]
    pub fn looked_for(self) -> Vec<ClashKind> {
        ClashKind::ALL.iter().copied().filter(|kind| self.about(*kind) != ClashRule::Ignored).collect()
    }

    /// Whether a clash of some kind keeps a change from being made.
    #[must_use]
    pub fn refuses_any(self) -> bool {
        ClashKind::ALL.iter().any(|kind| self.about(*kind) == ClashRule::Refused)
    }
}

/// Somebody who takes a lesson, as far as it may be told who it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Taker {
    /// The person, in whichever duty: nobody is in two places at once.
    Person(PersonId),
    /// The duty alone, where it may not be told whose it is.
    Duty(DutyId),
}

/// What a lesson takes up while it lasts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Claim {
    /// Somebody who takes it.
    Teacher(Taker),
    /// A room or a resource.
    Room(RoomId),
    /// Somebody who is expected in it.
    Participant(PersonId),
}

impl Claim {
    /// Of which kind a clash over it is.
    #[must_use]
    pub fn kind(self) -> ClashKind {
        match self {
            Self::Teacher(_) => ClashKind::Teacher,
            Self::Room(_) => ClashKind::Room,
            Self::Participant(_) => ClashKind::Participant,
        }
    }
}

/// A lesson as the rule looks at it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Occupied<L> {
    /// Which lesson.
    pub lesson: L,
    /// Of what.
    pub offering: OfferingId,
    /// When.
    pub time: LessonTime,
    /// Whether it is held; one that is not takes up nothing.
    pub is_held: bool,
    /// Its rooms and resources, without those that lessons share.
    pub rooms: Vec<RoomId>,
    /// Its staff: the offering's teachers on the day, and those with a part in this lesson.
    pub staff: Vec<(Taker, Option<StandIn>)>,
    /// Who takes part in its offering, and is exempted from it.
    pub exempted: Vec<PersonId>,
}

/// Somebody who takes part in an offering.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expected {
    /// Who.
    pub person: PersonId,
    /// In what.
    pub offering: OfferingId,
    /// From which day to which.
    pub held: Period,
    /// Their study breaks.
    pub away: Vec<Period>,
}

impl Expected {
    /// Whether they are expected in lessons on a day, as
    /// [`Participation::attends`](crate::participation::Participation::attends) says it.
    #[must_use]
    pub fn attends(&self, day: NaiveDate) -> bool {
        self.held.contains(day) && !self.away.iter().any(|away| away.contains(day))
    }
}

/// Two lessons at the same time that share something. The same two that share several things are several clashes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Clash<L> {
    /// The one with the lesser key.
    pub one: L,
    /// The one with the greater key.
    pub other: L,
    /// What they share.
    pub claim: Claim,
}

/// The clashes of these kinds among lessons, each lesson there once: those that are held, of which one begins before the
/// other has ended. `expected` are those who take part in their offerings.
///
/// What is taken up is sorted by time and gone through once, so that a month of a school takes no longer than reading it.
#[must_use]
pub fn clashes<L: Copy + Ord>(
    lessons: &[Occupied<L>],
    expected: &[Expected],
    kinds: &[ClashKind],
) -> BTreeSet<Clash<L>> {
    let mut of_offering: BTreeMap<OfferingId, Vec<&Expected>> = BTreeMap::new();
    for person in expected {
        of_offering.entry(person.offering).or_default().push(person);
    }
    let mut claimed: Vec<(Claim, LessonTime, L)> = Vec::new();
    for lesson in lessons.iter().filter(|lesson| lesson.is_held) {
        let persons = of_offering.get(&lesson.offering).map_or(&[][..], Vec::as_slice);
        let claims = claims(lesson, persons).filter(|claim| kinds.contains(&claim.kind()));
        claimed.extend(claims.map(|claim| (claim, lesson.time, lesson.lesson)));
    }
    claimed.sort_unstable();
    claimed.dedup();
    let mut found = BTreeSet::new();
    for same in claimed.chunk_by(|one, other| one.0 == other.0) {
        let mut going_on: Vec<(LessonTime, L)> = Vec::new();
        for (claim, time, lesson) in same {
            going_on.retain(|(begun, _)| begun.overlaps(time));
            found.extend(going_on.iter().map(|(_, begun)| Clash {
                one: *begun.min(lesson),
                other: *begun.max(lesson),
                claim: *claim,
            }));
            going_on.push((*time, *lesson));
        }
    }
    found
}

/// What a lesson takes up; `persons` are those who take part in its offering.
fn claims<'a, L>(
    lesson: &'a Occupied<L>,
    persons: &'a [&'a Expected],
) -> impl Iterator<Item = Claim> + use<'a, L> {
    let day = lesson.time.day();
    let rooms = lesson.rooms.iter().copied().map(Claim::Room);
    let taken_by = lesson.staff.iter().filter(|(_, part)| *part != Some(StandIn::Away));
    let staff = taken_by.map(|(taker, _)| Claim::Teacher(*taker));
    let there =
        persons.iter().filter(move |person| person.attends(day) && !lesson.exempted.contains(&person.person));
    rooms.chain(staff).chain(there.map(|person| Claim::Participant(person.person)))
}

#[cfg(test)]
#[path = "clash_tests.rs"]
mod tests;
