//! Clashes (krockar) of lessons: what is there at the same time is read in two statements, and the domain's rule says what
//! clashes. A school's month costs no more statements than a lesson.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, Utc};
use skolhus_domain::{
    access::Scope,
    id::{DutyId, Id, LessonId, OfferingId, PersonId, RoomId, SchoolUnitId},
    schedule::{Claim, Clash, ClashKind, Expected, LessonTime, Occupied, Taker, clashes},
};

use super::{
    clash_statements::{Asked, AtOnce, at_once, participating},
    lesson::LessonView,
    lesson_parts::{LessonRoom, LessonTeacher},
};
use crate::core::{
    connection::DatabaseConnection,
    error::Error,
    page::{Cursor, Direction, Page, PageRequest, instant, instant_key},
    types::{Ts, Uid},
};

/// The most lessons that a list looks through: a month of some schools.
pub const MOST_LESSONS: usize = 20_000;

/// What a list of clashes is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ClashSort {
    /// When the two are at the same time first.
    #[default]
    StartsAt,
}

/// Which clashes are asked for. An empty list asks for all.
#[derive(Clone, Debug)]
pub struct ClashFilter {
    /// Of a lesson on this day or later.
    pub from: NaiveDate,
    /// And on this day or earlier.
    pub to: NaiveDate,
    /// Of a lesson at one of these school units.
    pub school_units: Vec<SchoolUnitId>,
    /// Of a lesson of one of these offerings.
    pub offerings: Vec<OfferingId>,
    /// Of one of these teachers.
    pub teachers: Vec<PersonId>,
    /// In one of these rooms.
    pub rooms: Vec<RoomId>,
    /// Of one of these participants.
    pub participants: Vec<PersonId>,
    /// Of these kinds.
    pub kinds: Vec<ClashKind>,
}

impl ClashFilter {
    /// The kinds that there can be, so that nothing is read for others.
    fn kinds(&self) -> Vec<ClashKind> {
        let Self { from: _, to: _, school_units: _, offerings: _, teachers, rooms, participants, kinds } =
            self;
        let asked = |kind: &ClashKind| {
            let by_kind = kinds.is_empty() || kinds.contains(kind);
            let by_teacher = teachers.is_empty() || *kind == ClashKind::Teacher;
            let by_room = rooms.is_empty() || *kind == ClashKind::Room;
            let by_participant = participants.is_empty() || *kind == ClashKind::Participant;
            by_kind && by_teacher && by_room && by_participant
        };
        ClashKind::ALL.iter().copied().filter(asked).collect()
    }

    /// Whether a clash over this is asked for.
    fn asks_for(&self, claim: Claim) -> bool {
        match claim {
            Claim::Teacher(Taker::Person(person)) => {
                self.teachers.is_empty() || self.teachers.contains(&person)
            }
            Claim::Teacher(Taker::Duty(_)) => self.teachers.is_empty(),
            Claim::Room(room) => self.rooms.is_empty() || self.rooms.contains(&room),
            Claim::Participant(person) => self.participants.is_empty() || self.participants.contains(&person),
        }
    }
}

/// A clash with what it is shown with.
#[derive(Clone, Debug)]
pub struct ClashView {
    /// From when the two are at the same time.
    pub from: DateTime<Utc>,
    /// Until when.
    pub to: DateTime<Utc>,
    /// The lesson that begins first.
    pub earlier: ClashingLesson,
    /// The other one.
    pub later: ClashingLesson,
    /// What they share.
    pub over: ClashOver,
}

/// One of two lessons that clash.
#[derive(Clone, Debug)]
pub struct ClashingLesson {
    /// Which one.
    pub id: LessonId,
    /// Of what.
    pub offering: OfferingId,
    /// What that is called.
    pub offering_title: String,
    /// When.
    pub time: LessonTime,
    /// Whether the caller reaches it; of one out of reach only the time may be told.
    pub is_within_reach: bool,
}

/// What two lessons share, with its name.
#[derive(Clone, Debug)]
pub enum ClashOver {
    /// Somebody who takes both.
    Teacher {
        /// As they stand in the earlier one.
        earlier: LessonTeacher,
        /// The duty in which they take the later one.
        later: DutyId,
    },
    /// A room or a resource.
    Room(LessonRoom),
    /// Somebody who is expected in both.
    Participant {
        /// Who.
        person: PersonId,
        /// The given name in use, and the family name.
        name: (String, String),
    },
}

impl ClashOver {
    /// Of which kind the clash is.
    #[must_use]
    pub fn kind(&self) -> ClashKind {
        match self {
            Self::Teacher { .. } => ClashKind::Teacher,
            Self::Room(_) => ClashKind::Room,
            Self::Participant { .. } => ClashKind::Participant,
        }
    }
}

/// The clashes of these kinds that a change of lessons has made, in the order of time: those of the lessons as they are
/// saved by now that were not there before. `changed` are those that the change has made or moved; those of `before` that
/// are among them were there already, and as they were. Two statements.
///
/// Nothing is looked for in lessons and participations out of the caller's reach, but for whether a room is taken.
///
/// # Errors
/// A failure of the database.
pub fn made(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    before: &[LessonView],
    changed: &BTreeMap<LessonId, LessonTime>,
    kinds: &[ClashKind],
) -> Result<Vec<ClashView>, Error> {
    let ids: Vec<LessonId> = changed.keys().copied().collect();
    let days = changed.values().map(LessonTime::day);
    let (Some(first), Some(last)) = (days.clone().min(), days.max()) else { return Ok(Vec::new()) };
    let around = Around::read(connection, scope, &Asked::Lessons(&ids), (first, last), kinds)?;
    let now: Vec<Occupied<LessonId>> = around.lessons.values().map(AtOnce::occupied).collect();
    let others = now.iter().filter(|lesson| !changed.contains_key(&lesson.lesson)).cloned();
    let were = before.iter().filter(|view| changed.contains_key(&view.saved.id)).map(occupied);
    let then: Vec<Occupied<LessonId>> = others.chain(were).collect();
    let new = &clashes(&now, &around.expected, kinds) - &clashes(&then, &around.expected, kinds);
    let of_the_change =
        |clash: &Clash<LessonId>| changed.contains_key(&clash.one) || changed.contains_key(&clash.other);
    let mut found: Vec<(Cursor, Clash<LessonId>)> = new
        .into_iter()
        .filter(of_the_change)
        .filter_map(|clash| Some((around.place(&clash)?, clash)))
        .collect();
    found.sort_by_key(|(place, _)| in_order(place));
    Ok(found.iter().filter_map(|(_, clash)| around.view(clash)).collect())
}

/// One page of the clashes of lessons within reach; none where there are more than [`MOST_LESSONS`] to look through.
/// Two statements, however many lessons there are.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &ClashFilter,
    request: &PageRequest<ClashSort>,
) -> Result<Option<Page<ClashView>>, Error> {
    let kinds = filter.kinds();
    let around = Around::read(connection, scope, &Asked::Filter(filter), (filter.from, filter.to), &kinds)?;
    if around.lessons.len() > MOST_LESSONS {
        return Ok(None);
    }
    let lessons: Vec<Occupied<LessonId>> = around.lessons.values().map(AtOnce::occupied).collect();
    let is_asked = |id: LessonId| around.lessons.get(&id).is_some_and(|lesson| lesson.is_asked);
    let is_later = |id: LessonId| {
        let modified = around.lessons.get(&id).map(|lesson| lesson.modified_at.0);
        request.modified_after.is_none_or(|after| modified.is_some_and(|modified| modified > after))
    };
    let asked = |clash: &Clash<LessonId>| {
        filter.asks_for(clash.claim)
            && (is_asked(clash.one) || is_asked(clash.other))
            && (is_later(clash.one) || is_later(clash.other))
    };
    let mut found: Vec<(Cursor, Clash<LessonId>)> = clashes(&lessons, &around.expected, &kinds)
        .into_iter()
        .filter(asked)
        .filter_map(|clash| Some((around.place(&clash)?, clash)))
        .collect();
    found.sort_by_key(|(place, _)| in_order(place));
    if request.direction == Direction::Descending {
        found.reverse();
    }
    if let Some(after) = request.after.as_ref().map(in_order) {
        found.retain(|(place, _)| match request.direction {
            Direction::Ascending => in_order(place) > after,
            Direction::Descending => in_order(place) < after,
        });
    }
    let ClashSort::StartsAt = request.sort;
    let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
    found.truncate(limit.saturating_add(1));
    let page = Page::cut(found, request.limit, |(place, _)| place.clone());
    let unplaced = || Error::Internal("a clash lost its lessons".to_owned());
    page.try_map(|(_, clash)| around.view(&clash).ok_or_else(unplaced)).map(Some)
}

/// By time, and then by id.
fn in_order(place: &Cursor) -> (Ts, uuid::Uuid) {
    (instant(&place.key), place.id)
}

/// Lessons at about the same time, and who is expected in them.
struct Around {
    lessons: BTreeMap<LessonId, AtOnce>,
    expected: Vec<Expected>,
    names: BTreeMap<PersonId, (String, String)>,
}

impl AtOnce {
    fn occupied(&self) -> Occupied<LessonId> {
        Occupied {
            lesson: self.shown.id,
            offering: self.shown.offering,
            time: self.shown.time,
            is_held: true,
            rooms: self.rooms.iter().map(|room| room.id).collect(),
            staff: takers(&self.teachers),
            exempted: self.exempted.clone(),
        }
    }
}

/// A lesson as it was.
fn occupied(view: &LessonView) -> Occupied<LessonId> {
    let lesson = &view.saved.value;
    Occupied {
        lesson: view.saved.id,
        offering: lesson.offering,
        time: lesson.time,
        is_held: lesson.is_held(),
        rooms: lesson.rooms.clone(),
        staff: takers(&view.teachers),
        // Whoever is exempted clashes neither before nor after.
        exempted: Vec::new(),
    }
}

fn takers(teachers: &[LessonTeacher]) -> Vec<(Taker, Option<skolhus_domain::schedule::StandIn>)> {
    teachers.iter().map(|teacher| (taker(teacher), teacher.part)).collect()
}

/// Of somebody whose person may not be told only the duty is compared: that two duties are one person's would tell more.
fn taker(teacher: &LessonTeacher) -> Taker {
    teacher.person.map_or(Taker::Duty(teacher.duty), Taker::Person)
}

impl Around {
    /// Reads the lessons that are asked for, on these days, and those on the days around that share something with them;
    /// then who is expected in those within reach. Of the lessons a list reads one more than it looks through.
    fn read(
        connection: &mut DatabaseConnection,
        scope: &Scope,
        asked: &Asked<'_>,
        (first, last): (NaiveDate, NaiveDate),
        kinds: &[ClashKind],
    ) -> Result<Self, Error> {
        // A lesson has at most a day and a night.
        let one = Days::new(1);
        let days = (first.checked_sub_days(one).unwrap_or(first), last.checked_add_days(one).unwrap_or(last));
        let mut lessons = BTreeMap::new();
        for row in at_once(connection, scope, asked, days, kinds)? {
            let lesson = row.read(scope)?;
            lessons.insert(lesson.shown.id, lesson);
        }
        let within: BTreeSet<OfferingId> =
            lessons.values().filter(|of| of.shown.is_within_reach).map(|of| of.shown.offering).collect();
        let of_asked: BTreeSet<OfferingId> =
            lessons.values().filter(|of| of.is_asked).map(|of| of.shown.offering).collect();
        let (mut expected, mut names) = (Vec::new(), BTreeMap::new());
        if kinds.contains(&ClashKind::Participant) && lessons.len() > 1 && !within.is_empty() {
            let within: Vec<OfferingId> = within.into_iter().collect();
            let of_asked: Vec<OfferingId> =
                if asked.is_narrow() { of_asked.into_iter().collect() } else { Vec::new() };
            for row in participating(connection, scope, &within, &of_asked, days)? {
                names.insert(row.person_id.to(), (row.given_name.clone(), row.family_name.clone()));
                expected.push(row.read()?);
            }
        }
        Ok(Self { lessons, expected, names })
    }

    /// Both lessons, the one that begins first before the other; none where the clash may not be told: of lessons out of
    /// reach nothing is known but that a room is taken.
    fn both(&self, clash: &Clash<LessonId>) -> Option<[&AtOnce; 2]> {
        let Clash { one, other, claim } = clash;
        let mut both = [self.lessons.get(one)?, self.lessons.get(other)?];
        let told = match claim.kind() {
            ClashKind::Room => both.iter().any(|of| of.shown.is_within_reach),
            ClashKind::Teacher | ClashKind::Participant => both.iter().all(|of| of.shown.is_within_reach),
        };
        both.sort_by_key(|of| (of.shown.time, of.shown.id));
        told.then_some(both)
    }

    /// The place of a clash in a list.
    fn place(&self, clash: &Clash<LessonId>) -> Option<Cursor> {
        let [_, later] = self.both(clash)?;
        let subject = match clash.claim {
            Claim::Teacher(Taker::Person(person)) | Claim::Participant(person) => person.uuid(),
            Claim::Teacher(Taker::Duty(duty)) => duty.uuid(),
            Claim::Room(room) => room.uuid(),
        };
        let (other, kind) = (clash.other.uuid(), clash.claim.kind().code());
        let words = [other.as_bytes().as_slice(), kind.as_bytes(), subject.as_bytes()];
        let id = Uid::derived("lesson_clashes", Uid::of(clash.one), &words);
        Some(Cursor { key: instant_key(Ts::of(later.shown.time.from())), id: id.0 })
    }

    fn view(&self, clash: &Clash<LessonId>) -> Option<ClashView> {
        let [earlier, later] = self.both(clash)?;
        let over = match clash.claim {
            Claim::Teacher(of) => {
                let standing =
                    |lesson: &AtOnce| lesson.teachers.iter().find(|teacher| taker(teacher) == of).cloned();
                ClashOver::Teacher { earlier: standing(earlier)?, later: standing(later)?.duty }
            }
            Claim::Room(id) => ClashOver::Room(earlier.rooms.iter().find(|room| room.id == id)?.clone()),
            Claim::Participant(person) => {
                ClashOver::Participant { person, name: self.names.get(&person)?.clone() }
            }
        };
        Some(ClashView {
            from: later.shown.time.from(),
            to: earlier.shown.time.to().min(later.shown.time.to()),
            earlier: earlier.shown.clone(),
            later: later.shown.clone(),
            over,
        })
    }
}
