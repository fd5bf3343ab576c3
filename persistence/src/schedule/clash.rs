//! Clashes (krockar) of lessons: what is there at the same time is read in two statements, and the domain's rule says what
//! clashes. A school's month costs no more statements than a lesson.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, Utc};
use diesel::{
    QueryableByName,
    sql_types::{Bool, Date, Nullable, Text},
};
use skolhus_domain::{
    access::Scope,
    id::{DutyId, Id, LessonId, OfferingId, PersonId, RoomId, SchoolUnitId},
    period::Period,
    schedule::{Claim, Clash, ClashKind, Expected, LessonTime, Occupied, Taker, clashes},
};

use super::{
    lesson::LessonView,
    lesson_parts::{LessonRoom, LessonTeacher, read_rooms, read_staff, sole_rooms, staff_text},
    lesson_row::inconsistent,
};
use crate::core::{
    connection::DatabaseConnection,
    error::Error,
    page::{Cursor, Direction, Page, PageRequest, instant, instant_key},
    reach,
    statement::Statement,
    types::{Guid, Instant, Json, JsonDoc, Ts, Uid},
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

/// Whose clashes are asked for.
enum Asked<'a> {
    /// Those of these lessons, whose rooms and staff are few.
    Lessons(&'a [LessonId]),
    /// Those of the lessons within reach that a filter names.
    Filter(&'a ClashFilter),
}

impl Asked<'_> {
    /// Whether there may be lessons within reach that are not asked for, and clash with those that are.
    fn is_narrow(&self) -> bool {
        match self {
            Self::Lessons(_) => true,
            Self::Filter(filter) => !filter.school_units.is_empty() || !filter.offerings.is_empty(),
        }
    }
}

/// Lessons at about the same time, and who is expected in them.
struct Around {
    lessons: BTreeMap<LessonId, AtOnce>,
    expected: Vec<Expected>,
    names: BTreeMap<PersonId, (String, String)>,
}

/// A lesson that is held, as it is compared.
struct AtOnce {
    shown: ClashingLesson,
    modified_at: Ts,
    is_asked: bool,
    rooms: Vec<LessonRoom>,
    /// Nobody where the lesson is out of reach.
    teachers: Vec<LessonTeacher>,
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

#[derive(QueryableByName)]
struct AtOnceRow {
    #[diesel(sql_type = Guid)]
    id: Uid,
    #[diesel(sql_type = Guid)]
    offering_id: Uid,
    #[diesel(sql_type = Text)]
    offering_title: String,
    #[diesel(sql_type = Instant)]
    modified_at: Ts,
    #[diesel(sql_type = Instant)]
    starts_at: Ts,
    #[diesel(sql_type = Instant)]
    ends_at: Ts,
    #[diesel(sql_type = Bool)]
    is_asked: bool,
    #[diesel(sql_type = Bool)]
    is_within_reach: bool,
    #[diesel(sql_type = Nullable<JsonDoc>)]
    in_rooms: Option<Json>,
    #[diesel(sql_type = Nullable<JsonDoc>)]
    staff: Option<Json>,
}

impl AtOnceRow {
    fn read(self, scope: &Scope) -> Result<AtOnce, Error> {
        let Self {
            id,
            offering_id,
            offering_title,
            modified_at,
            starts_at,
            ends_at,
            is_asked,
            is_within_reach,
            in_rooms,
            staff,
        } = self;
        let time = LessonTime::new(starts_at.0, ends_at.0)
            .map_err(|refusal| inconsistent(id, &format!("{:?}", refusal.rule)))?;
        let shown =
            ClashingLesson { id: id.to(), offering: offering_id.to(), offering_title, time, is_within_reach };
        let teachers = if is_within_reach { read_staff(scope, id, staff)? } else { Vec::new() };
        Ok(AtOnce { shown, modified_at, is_asked, rooms: read_rooms(id, in_rooms)?, teachers })
    }
}

/// The lessons that are asked for, and those on the days that share a room, a teacher or a participant's offering with
/// them, all of them held. One statement.
fn at_once(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    asked: &Asked<'_>,
    (first, last): (NaiveDate, NaiveDate),
    kinds: &[ClashKind],
) -> Result<Vec<AtOnceRow>, Error> {
    let postgres = connection.is_postgres();
    let organiser = Uid::of(scope.organiser());
    let mut statement = Statement::default();
    statement.sql(
        "WITH asked AS (SELECT lessons.organiser_id, lessons.id, lessons.offering_id FROM lessons \
         JOIN course_offerings ON course_offerings.organiser_id = lessons.organiser_id \
         AND course_offerings.id = lessons.offering_id \
         WHERE lessons.withdrawn_at IS NULL AND lessons.state = 'planned' AND lessons.organiser_id = ",
    );
    statement.bind(organiser);
    match asked {
        Asked::Lessons(ids) => statement.within("lessons.id", ids),
        Asked::Filter(filter) => {
            statement.sql(" AND lessons.day BETWEEN ");
            statement.bind(filter.from);
            statement.sql(" AND ");
            statement.bind(filter.to);
            statement.within("lessons.offering_id", &filter.offerings);
            statement.within("course_offerings.school_unit_id", &filter.school_units);
            statement.sql(" AND ");
            statement.condition(&reach::lessons(scope));
        }
    }
    statement.sql("), of_offerings AS (SELECT DISTINCT asked.organiser_id, asked.offering_id FROM asked)");
    let mut found = vec!["SELECT asked.id FROM asked"];
    if kinds.contains(&ClashKind::Room) {
        statement.sql(SHARED_ROOMS);
        in_rooms(&mut statement, organiser, asked, (first, last));
        found.push("SELECT in_rooms.lesson_id FROM in_rooms");
    }
    if asked.is_narrow() {
        let mut related = Vec::new();
        if kinds.contains(&ClashKind::Teacher) {
            statement.sql(SHARED_TEACHERS);
            related.push(OFFERINGS_OF_TEACHERS);
            found.push(LESSONS_OF_STAFF);
        }
        if kinds.contains(&ClashKind::Participant) {
            shared_participants(&mut statement, (first, last));
            related.push("SELECT of_persons.offering_id FROM of_persons");
        }
        if !related.is_empty() {
            statement.sql(", related AS (");
            statement.sql(&related.join(" UNION "));
            statement.sql(
                "), of_related AS (SELECT at.id FROM related CROSS JOIN lessons AS at WHERE at.organiser_id = ",
            );
            statement.bind(organiser);
            statement.sql(" AND at.offering_id = related.offering_id AND at.day BETWEEN ");
            statement.bind(first);
            statement.sql(" AND ");
            statement.bind(last);
            statement.sql(")");
            found.push("SELECT of_related.id FROM of_related");
        }
    }
    statement.sql(", found AS (");
    statement.sql(&found.join(" UNION "));
    statement.sql(
        ") SELECT lessons.id, lessons.offering_id, course_offerings.title AS offering_title, lessons.modified_at, \
         lessons.starts_at, lessons.ends_at, lessons.id IN (SELECT asked.id FROM asked) AS is_asked, ",
    );
    statement.condition(&reach::lessons(scope));
    statement.sql(" AS is_within_reach, ");
    statement.sql(sole_rooms(postgres));
    statement.sql(" AS in_rooms, ");
    statement.sql(staff_text(postgres));
    statement.sql(
        " AS staff FROM found CROSS JOIN lessons CROSS JOIN course_offerings \
         WHERE lessons.id = found.id AND course_offerings.organiser_id = lessons.organiser_id \
         AND course_offerings.id = lessons.offering_id AND lessons.withdrawn_at IS NULL \
         AND lessons.state = 'planned' AND lessons.organiser_id = ",
    );
    statement.bind(organiser);
    statement.sql(" AND lessons.day BETWEEN ");
    statement.bind(first);
    statement.sql(" AND ");
    statement.bind(last);
    if let Asked::Filter(_) = asked {
        statement.sql(&format!(" LIMIT {}", MOST_LESSONS + 1));
    }
    statement.load(connection)
}

// SQLite keeps to the order in which a `CROSS JOIN` is written, and would else begin with whole tables: it knows nothing of
// how few lessons are asked for. To PostgreSQL it is a join like others.

/// The rooms of the lessons that are asked for, without those that lessons share.
const SHARED_ROOMS: &str = ", of_rooms AS (SELECT DISTINCT taken.organiser_id, taken.room_id \
    FROM asked CROSS JOIN lesson_rooms AS taken CROSS JOIN rooms AS sole \
    WHERE taken.organiser_id = asked.organiser_id AND taken.lesson_id = asked.id AND taken.withdrawn_at IS NULL \
    AND sole.organiser_id = taken.organiser_id AND sole.id = taken.room_id AND NOT sole.is_shared)";

/// The persons who take them, in whichever duty, those who are away among them.
const SHARED_TEACHERS: &str = ", at_work AS (SELECT of_duty.organiser_id, of_duty.person_id \
    FROM of_offerings CROSS JOIN offering_teachers AS teaching CROSS JOIN duties AS of_duty \
    WHERE teaching.organiser_id = of_offerings.organiser_id AND teaching.offering_id = of_offerings.offering_id \
    AND teaching.withdrawn_at IS NULL \
    AND of_duty.organiser_id = teaching.organiser_id AND of_duty.id = teaching.duty_id \
    UNION SELECT of_duty.organiser_id, of_duty.person_id \
    FROM asked CROSS JOIN lesson_staff AS standing CROSS JOIN duties AS of_duty \
    WHERE standing.organiser_id = asked.organiser_id AND standing.lesson_id = asked.id \
    AND standing.withdrawn_at IS NULL \
    AND of_duty.organiser_id = standing.organiser_id AND of_duty.id = standing.duty_id), \
    in_duty AS (SELECT of_duty.organiser_id, of_duty.id FROM at_work CROSS JOIN duties AS of_duty \
    WHERE of_duty.organiser_id = at_work.organiser_id AND of_duty.person_id = at_work.person_id)";

/// What those persons teach.
const OFFERINGS_OF_TEACHERS: &str = "SELECT teaching.offering_id \
    FROM in_duty CROSS JOIN offering_teachers AS teaching \
    WHERE teaching.organiser_id = in_duty.organiser_id AND teaching.duty_id = in_duty.id \
    AND teaching.withdrawn_at IS NULL";

/// The lessons in which they have a part of their own.
const LESSONS_OF_STAFF: &str = "SELECT standing.lesson_id FROM in_duty CROSS JOIN lesson_staff AS standing \
    WHERE standing.organiser_id = in_duty.organiser_id AND standing.duty_id = in_duty.id \
    AND standing.withdrawn_at IS NULL";

/// The lessons in those rooms: one lesson has few rooms, and a week few lessons beside all that a room has had over the
/// years.
fn in_rooms(
    statement: &mut Statement,
    organiser: Uid,
    asked: &Asked<'_>,
    (first, last): (NaiveDate, NaiveDate),
) {
    match asked {
        Asked::Lessons(_) => statement.sql(
            ", in_rooms AS (SELECT there.lesson_id FROM of_rooms CROSS JOIN lesson_rooms AS there \
             WHERE there.organiser_id = of_rooms.organiser_id AND there.room_id = of_rooms.room_id \
             AND there.withdrawn_at IS NULL)",
        ),
        Asked::Filter(_) => {
            statement.sql(
                ", in_rooms AS (SELECT there.lesson_id FROM lessons AS at CROSS JOIN lesson_rooms AS there \
                 WHERE there.organiser_id = at.organiser_id AND there.lesson_id = at.id \
                 AND there.withdrawn_at IS NULL AND there.room_id IN (SELECT of_rooms.room_id FROM of_rooms) \
                 AND at.organiser_id = ",
            );
            statement.bind(organiser);
            statement.sql(" AND at.day BETWEEN ");
            statement.bind(first);
            statement.sql(" AND ");
            statement.bind(last);
            statement.sql(")");
        }
    }
}

/// The offerings in which somebody takes part who is in one of those that are asked about.
fn shared_participants(statement: &mut Statement, (first, last): (NaiveDate, NaiveDate)) {
    statement.sql(
        ", expected AS (SELECT DISTINCT here.organiser_id, here.person_id \
         FROM of_offerings CROSS JOIN participations AS here WHERE here.organiser_id = of_offerings.organiser_id \
         AND here.offering_id = of_offerings.offering_id AND here.withdrawn_at IS NULL AND here.held_from <= ",
    );
    statement.bind(last);
    statement.sql(" AND here.held_to >= ");
    statement.bind(first);
    statement.sql(
        "), of_persons AS (SELECT DISTINCT there.offering_id \
         FROM expected CROSS JOIN participations AS there WHERE there.organiser_id = expected.organiser_id \
         AND there.person_id = expected.person_id AND there.withdrawn_at IS NULL AND there.held_from <= ",
    );
    statement.bind(last);
    statement.sql(" AND there.held_to >= ");
    statement.bind(first);
    statement.sql(")");
}

#[derive(QueryableByName)]
struct ParticipatingRow {
    #[diesel(sql_type = Guid)]
    id: Uid,
    #[diesel(sql_type = Guid)]
    offering_id: Uid,
    #[diesel(sql_type = Guid)]
    person_id: Uid,
    #[diesel(sql_type = Date)]
    held_from: NaiveDate,
    #[diesel(sql_type = Date)]
    held_to: NaiveDate,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Nullable<Date>)]
    state_from: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Date>)]
    state_to: Option<NaiveDate>,
    #[diesel(sql_type = JsonDoc)]
    breaks: Json,
    #[diesel(sql_type = Text)]
    given_name: String,
    #[diesel(sql_type = Text)]
    family_name: String,
}

impl ParticipatingRow {
    fn read(self) -> Result<Expected, Error> {
        let unreadable = || Error::Inconsistent {
            table: "participations",
            id: self.id.0.to_string(),
            detail: "its days cannot be read".to_owned(),
        };
        let period = |from, to| Period::new(from, to).map_err(|_| unreadable());
        let breaks: Vec<Break> = serde_json::from_value(self.breaks.0.clone()).map_err(|_| unreadable())?;
        let mut away = Vec::with_capacity(breaks.len());
        for Break { from, to } in breaks {
            away.push(period(from, Some(to))?);
        }
        if let (ON_BREAK, Some(from)) = (self.state.as_str(), self.state_from) {
            away.push(period(from, self.state_to)?);
        }
        Ok(Expected {
            person: self.person_id.to(),
            offering: self.offering_id.to(),
            held: period(self.held_from, Some(self.held_to))?,
            away,
        })
    }
}

/// The state of somebody on a study break.
const ON_BREAK: &str = "study-break";

/// A study break that is over.
#[derive(serde::Deserialize)]
struct Break {
    from: NaiveDate,
    to: NaiveDate,
}

/// Who takes part in offerings on the days, of those whose participations the caller reaches; never a protected person.
/// Where some are named, only those who are also in one of `with`. One statement.
fn participating(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    offerings: &[OfferingId],
    with: &[OfferingId],
    (first, last): (NaiveDate, NaiveDate),
) -> Result<Vec<ParticipatingRow>, Error> {
    let mut statement = Statement::default();
    statement.sql(
        "SELECT participations.id, participations.offering_id, participations.person_id, participations.held_from, \
         participations.held_to, participations.state, participations.state_from, participations.state_to, \
         participations.breaks, COALESCE(persons.preferred_given_name, persons.given_name) AS given_name, \
         persons.family_name FROM participations \
         JOIN persons ON persons.organiser_id = participations.organiser_id \
         AND persons.id = participations.person_id \
         JOIN course_offerings ON course_offerings.organiser_id = participations.organiser_id \
         AND course_offerings.id = participations.offering_id WHERE participations.held_from <= ",
    );
    statement.bind(last);
    statement.sql(" AND participations.held_to >= ");
    statement.bind(first);
    statement.within("participations.offering_id", offerings);
    if !with.is_empty() {
        statement.sql(
            " AND participations.person_id IN (SELECT here.person_id FROM participations AS here \
             WHERE here.withdrawn_at IS NULL AND here.organiser_id = ",
        );
        statement.bind(Uid::of(scope.organiser()));
        statement.within("here.offering_id", with);
        statement.sql(")");
    }
    statement.sql(" AND ");
    statement.condition(&reach::participations(scope));
    statement.load(connection)
}
