//! Lessons (lektioner): finding them and saving them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    id::{GroupId, LessonId, LessonSeriesId, OfferingId, PersonId, RoomId, SchoolUnitId},
    schedule::{Lesson, LessonStateCode},
};

pub use super::lesson_parts::{LessonRoom, LessonTeacher};
use super::{
    lesson_parts::{read_rooms, read_staff, rooms, staff, stands},
    lesson_row::{self, LessonRoomRow, LessonRow, LessonStaffRow},
};
use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        feed::modified_after,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset},
        reach,
        record::Record,
        rows::MOST_IDS,
        tx::Tx,
        types::{Json, Ts, Uid},
    },
    schema::{
        course_offerings, duties, lesson_rooms, lesson_staff, lessons, offering_groups, offering_teachers,
        participations, persons,
    },
};

/// What a list of lessons is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LessonSort {
    /// When it begins.
    #[default]
    StartsAt,
    /// When it was changed last.
    ModifiedAt,
}

/// Which lessons are asked for. An empty list asks for all.
#[derive(Clone, Debug, Default)]
pub struct LessonFilter {
    /// Of these offerings.
    pub offerings: Vec<OfferingId>,
    /// Of offerings of these school units.
    pub school_units: Vec<SchoolUnitId>,
    /// Of these series.
    pub series: Vec<LessonSeriesId>,
    /// Taken by one of these persons: a teacher of the offering on the day who is not away, or somebody who stands in.
    pub teachers: Vec<PersonId>,
    /// In which one of these persons is expected: they take part in the offering on the day.
    pub participants: Vec<PersonId>,
    /// Of offerings that one of these groups drives on the day.
    pub groups: Vec<GroupId>,
    /// In one of these rooms.
    pub rooms: Vec<RoomId>,
    /// On this day or later.
    pub from: Option<NaiveDate>,
    /// On this day or earlier.
    pub to: Option<NaiveDate>,
    /// In one of these states.
    pub states: Vec<LessonStateCode>,
}

impl LessonFilter {
    /// Whether it asks for days of a calendar and nothing else: what is asked for all day long. The statement then has
    /// one form for each kind of caller.
    fn is_of_days(&self) -> bool {
        let Self { offerings, school_units, series, teachers, participants, groups, rooms, from, to, states } =
            self;
        from.is_some()
            && to.is_some()
            && states.is_empty()
            && offerings.is_empty()
            && school_units.is_empty()
            && series.is_empty()
            && teachers.is_empty()
            && participants.is_empty()
            && groups.is_empty()
            && rooms.is_empty()
    }
}

/// A lesson with what it is shown with.
#[derive(Clone, Debug)]
pub struct LessonView {
    /// The lesson.
    pub saved: Saved<LessonId, Lesson>,
    /// What its offering is called.
    pub offering_title: String,
    /// Where.
    pub school_unit: SchoolUnitId,
    /// Its rooms and resources, by name.
    pub rooms: Vec<LessonRoom>,
    /// Its staff, those of the offering first.
    pub teachers: Vec<LessonTeacher>,
}

/// Lessons with their offerings.
#[diesel::dsl::auto_type]
fn joined() -> _ {
    let with_offering = lessons::organiser_id
        .eq(course_offerings::organiser_id)
        .and(lessons::offering_id.eq(course_offerings::id));
    lessons::table.inner_join(course_offerings::table.on(with_offering))
}

type Joined<'a> = diesel::dsl::IntoBoxed<'a, joined, MultiBackend>;

/// The lessons that a scope reaches.
fn reachable<'a>(scope: &Scope) -> Joined<'a> {
    joined().into_boxed().filter(reach::lessons(scope))
}

/// The lessons that a scope has in hand.
fn in_hand<'a>(scope: &Scope) -> Joined<'a> {
    joined().into_boxed().filter(reach::lessons_taught(scope))
}

/// The lessons that a scope plans: of what it teaches, or of its unit; not those in which the caller only stands in.
fn to_plan<'a>(scope: &Scope) -> Joined<'a> {
    joined().into_boxed().filter(lessons::withdrawn_at.is_null()).filter(reach::offerings_taught(scope))
}

type ViewRow = (LessonRow, String, Uid, Option<Json>, Option<Json>);

fn load(connection: &mut DatabaseConnection, query: Joined<'_>) -> Result<Vec<ViewRow>, Error> {
    let postgres = connection.is_postgres();
    let columns = (
        LessonRow::as_select(),
        course_offerings::title,
        course_offerings::school_unit_id,
        rooms(postgres),
        staff(postgres),
    );
    Ok(query.select(columns).load(connection)?)
}

impl LessonView {
    fn of(scope: &Scope, row: ViewRow) -> Result<Self, Error> {
        let (row, offering_title, school_unit, rooms, staff) = row;
        let id = row.id;
        let rooms = read_rooms(id, rooms)?;
        let teachers = read_staff(scope, id, staff)?;
        let saved = row.into_saved(rooms.iter().map(|room| room.id).collect(), stands(&teachers))?;
        Ok(Self { saved, offering_title, school_unit: school_unit.to(), rooms, teachers })
    }
}

/// Those of the lessons that there are within reach, in no order.
///
/// # Errors
/// A failure of the database.
pub fn find_many(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[LessonId],
) -> Result<Vec<LessonView>, Error> {
    of_ids(connection, scope, reachable, ids)
}

/// Those of the lessons that the caller has in hand: what they teach, where they stand in, what is at their unit.
///
/// # Errors
/// A failure of the database.
pub fn find_in_hand(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[LessonId],
) -> Result<Vec<LessonView>, Error> {
    of_ids(connection, scope, in_hand, ids)
}

/// Those of the lessons that the caller plans: what they teach, what is at their unit.
///
/// # Errors
/// A failure of the database.
pub fn find_to_plan(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[LessonId],
) -> Result<Vec<LessonView>, Error> {
    of_ids(connection, scope, to_plan, ids)
}

fn of_ids(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    which: fn(&Scope) -> Joined<'static>,
    ids: &[LessonId],
) -> Result<Vec<LessonView>, Error> {
    if let [id] = ids {
        let rows = load(connection, which(scope).filter(lessons::id.eq(Uid::of(*id))))?;
        return rows.into_iter().map(|row| LessonView::of(scope, row)).collect();
    }
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(MOST_IDS) {
        let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
        for row in load(connection, which(scope).filter(lessons::id.eq_any(ids)))? {
            found.push(LessonView::of(scope, row)?);
        }
    }
    Ok(found)
}

/// The lessons of a day that a person takes, of those that the caller has in hand; by time.
///
/// # Errors
/// A failure of the database.
pub fn taken_on(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    teacher: PersonId,
    day: NaiveDate,
) -> Result<Vec<LessonView>, Error> {
    // Sorted here: for the order SQLite would go through the lessons of all days by their beginning.
    let in_hand = joined()
        .into_boxed()
        .filter(reach::lessons_near(scope, teacher, day))
        .filter(reach::lessons_taught(scope).kept());
    let mut rows = load(connection, taken_by(in_hand, scope, &[teacher]))?;
    rows.sort_by_key(|(lesson, ..)| (lesson.starts_at, lesson.id));
    rows.into_iter().map(|row| LessonView::of(scope, row)).collect()
}

/// Weeks, by their Mondays, and slots of a series.
pub type Slots = BTreeSet<(NaiveDate, u8)>;

/// Every lesson of a series, in the order of their times, with the weeks and slots of those that were withdrawn.
///
/// # Errors
/// A failure of the database.
pub fn of_series(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    series: LessonSeriesId,
) -> Result<(Vec<LessonView>, Slots), Error> {
    let rows = load(
        connection,
        to_plan(scope)
            .filter(lessons::series_id.eq(Uid::of(series)))
            .order((lessons::starts_at, lessons::id)),
    )?;
    let views = rows.into_iter().map(|row| LessonView::of(scope, row)).collect::<Result<_, _>>()?;
    let gone: Vec<(Option<NaiveDate>, Option<i32>)> = lessons::table
        .filter(lessons::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(lessons::series_id.eq(Uid::of(series)))
        .filter(lessons::withdrawn_at.is_not_null())
        .select((lessons::series_week, lessons::series_slot))
        .load(connection)?;
    let gone = gone.into_iter().filter_map(|(week, slot)| Some((week?, u8::try_from(slot?).ok()?)));
    Ok((views, gone.collect()))
}

/// Which of the ids are in use, also by a lesson out of reach or withdrawn.
///
/// # Errors
/// A failure of the database.
pub fn taken(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[LessonId],
) -> Result<Vec<LessonId>, Error> {
    let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
    let found: Vec<Uid> = lessons::table
        .filter(lessons::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(lessons::id.eq_any(ids))
        .select(lessons::id)
        .load(connection)?;
    Ok(found.into_iter().map(Uid::to).collect())
}

/// One page of the lessons with their rooms and staff, in one statement.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &LessonFilter,
    request: &PageRequest<LessonSort>,
) -> Result<Page<LessonView>, Error> {
    let reachable = if filter.is_of_days() && request.modified_after.is_none() {
        joined().into_boxed().filter(reach::lessons(scope).kept())
    } else {
        reachable(scope)
    };
    let query = modified_after!(filtered(reachable, scope, filter), request, scope, lessons, "lesson");
    let query = match request.sort {
        LessonSort::StartsAt => keyset!(query, request, lessons::starts_at, lessons::id, instant),
        LessonSort::ModifiedAt => keyset!(query, request, lessons::modified_at, lessons::id, instant),
    };
    let rows = load(connection, query)?;
    let cursor = |(row, ..): &ViewRow| Cursor {
        key: instant_key(match request.sort {
            LessonSort::StartsAt => row.starts_at,
            LessonSort::ModifiedAt => row.modified_at,
        }),
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor)
        .followed(connection, "lesson", scope, request)?
        .try_map(|row| LessonView::of(scope, row))
}

fn filtered<'a>(mut query: Joined<'a>, scope: &Scope, filter: &LessonFilter) -> Joined<'a> {
    let LessonFilter {
        offerings,
        school_units,
        series,
        teachers,
        participants,
        groups,
        rooms,
        from,
        to,
        states,
    } = filter;
    if !offerings.is_empty() {
        query = query.filter(lessons::offering_id.eq_any(Uid::all(offerings)));
    }
    if !school_units.is_empty() {
        query = query.filter(course_offerings::school_unit_id.eq_any(Uid::all(school_units)));
    }
    if !series.is_empty() {
        query = query.filter(lessons::series_id.eq_any(Uid::all(series)));
    }
    if let Some(day) = *from {
        query = query.filter(lessons::day.ge(day));
    }
    if let Some(day) = *to {
        query = query.filter(lessons::day.le(day));
    }
    if !states.is_empty() {
        let states: Vec<&'static str> = states.iter().map(|state| state.code()).collect();
        query = query.filter(lessons::state.eq_any(states));
    }
    if !teachers.is_empty() {
        query = taken_by(query, scope, teachers);
    }
    if !participants.is_empty() {
        // Whoever is out of reach is found by nobody, not even through their lessons.
        let expected = participations::table
            .inner_join(
                persons::table.on(persons::organiser_id
                    .eq(participations::organiser_id)
                    .and(persons::id.eq(participations::person_id))),
            )
            .filter(participations::organiser_id.eq(lessons::organiser_id))
            .filter(participations::offering_id.eq(lessons::offering_id))
            .filter(participations::withdrawn_at.is_null())
            .filter(participations::held_from.le(lessons::day.nullable()))
            .filter(participations::held_to.ge(lessons::day.nullable()))
            .filter(participations::person_id.eq_any(Uid::all(participants)))
            .filter(reach::is_not_exempted())
            .filter(reach::persons(scope));
        query = query.filter(diesel::dsl::exists(expected));
    }
    if !groups.is_empty() {
        let driven = offering_groups::table
            .filter(offering_groups::organiser_id.eq(lessons::organiser_id))
            .filter(offering_groups::offering_id.eq(lessons::offering_id))
            .filter(offering_groups::withdrawn_at.is_null())
            .filter(offering_groups::group_id.eq_any(Uid::all(groups)))
            .filter(offering_groups::valid_from.le(lessons::day))
            .filter(
                offering_groups::valid_to.is_null().or(offering_groups::valid_to.ge(lessons::day.nullable())),
            );
        query = query.filter(diesel::dsl::exists(driven));
    }
    if !rooms.is_empty() {
        let there = lesson_rooms::table
            .filter(lesson_rooms::organiser_id.eq(lessons::organiser_id))
            .filter(lesson_rooms::lesson_id.eq(lessons::id))
            .filter(lesson_rooms::withdrawn_at.is_null())
            .filter(lesson_rooms::room_id.eq_any(Uid::all(rooms)));
        query = query.filter(diesel::dsl::exists(there));
    }
    query
}

/// One of the persons takes the lesson. A protected person is found by nobody but themselves.
fn taken_by<'a>(query: Joined<'a>, scope: &Scope, teachers: &[PersonId]) -> Joined<'a> {
    let person = || {
        persons::table
            .on(persons::organiser_id.eq(duties::organiser_id).and(persons::id.eq(duties::person_id)))
    };
    let open = || {
        let own = scope.person().map_or(Uid(uuid::Uuid::nil()), Uid::of);
        persons::withdrawn_at.is_null().and(persons::is_protected.eq(false).or(persons::id.eq(own)))
    };
    let away = lesson_staff::table
        .filter(lesson_staff::organiser_id.eq(lessons::organiser_id))
        .filter(lesson_staff::lesson_id.eq(lessons::id))
        .filter(lesson_staff::withdrawn_at.is_null())
        .filter(lesson_staff::part.eq("away"))
        .filter(lesson_staff::duty_id.eq(duties::id));
    let teaches = offering_teachers::table
        .inner_join(
            duties::table.on(duties::organiser_id
                .eq(offering_teachers::organiser_id)
                .and(duties::id.eq(offering_teachers::duty_id))),
        )
        .inner_join(person())
        .filter(offering_teachers::organiser_id.eq(lessons::organiser_id))
        .filter(offering_teachers::offering_id.eq(lessons::offering_id))
        .filter(offering_teachers::withdrawn_at.is_null())
        .filter(offering_teachers::valid_from.le(lessons::day))
        .filter(
            offering_teachers::valid_to.is_null().or(offering_teachers::valid_to.ge(lessons::day.nullable())),
        )
        .filter(duties::withdrawn_at.is_null())
        .filter(reach::among("duties.person_id", teachers))
        .filter(open())
        .filter(diesel::dsl::not(diesel::dsl::exists(away)));
    let stands_in = lesson_staff::table
        .inner_join(duties::table.on(
            duties::organiser_id.eq(lesson_staff::organiser_id).and(duties::id.eq(lesson_staff::duty_id)),
        ))
        .inner_join(person())
        .filter(lesson_staff::organiser_id.eq(lessons::organiser_id))
        .filter(lesson_staff::lesson_id.eq(lessons::id))
        .filter(lesson_staff::withdrawn_at.is_null())
        .filter(lesson_staff::part.ne("away"))
        .filter(duties::withdrawn_at.is_null())
        .filter(reach::among("duties.person_id", teachers))
        .filter(open());
    query.filter(diesel::dsl::exists(teaches).or(diesel::dsl::exists(stands_in)))
}

/// Holds the offering until the end of the transaction: its lessons and its days change one at a time.
///
/// # Errors
/// A failure of the database.
pub fn lock_offering(tx: &mut Tx<'_>, id: OfferingId) -> Result<(), Error> {
    tx.lock_in("course_offerings", &[Uid::of(id)])
}

/// Holds lessons until the end of the transaction.
///
/// # Errors
/// A failure of the database.
pub fn lock(tx: &mut Tx<'_>, ids: &[LessonId]) -> Result<(), Error> {
    tx.lock::<LessonRow>(&Uid::all(ids))
}

/// Enters lessons with their rooms and staff, in three statements at the most.
///
/// # Errors
/// A failure of the database.
pub fn insert_many(tx: &mut Tx<'_>, scope: &Scope, new: &[(LessonId, Lesson)]) -> Result<(), Error> {
    let (organiser, now) = (Uid::of(scope.organiser()), tx.now());
    let rows: Vec<LessonRow> =
        new.iter().map(|(id, lesson)| LessonRow::of(organiser, Uid::of(*id), now, lesson)).collect();
    tx.insert(&rows)?;
    let (mut in_rooms, mut staff) = (Vec::new(), Vec::new());
    for (id, lesson) in new {
        let id = Uid::of(*id);
        let rooms = lesson.rooms.iter();
        in_rooms.extend(rooms.map(|room| LessonRoomRow::of(organiser, id, Uid::of(*room), now)));
        staff.extend(lesson.staff.iter().map(|stand| LessonStaffRow::of(organiser, id, *stand, now)));
    }
    tx.insert(&in_rooms)?;
    tx.insert(&staff)
}

/// The id of the row that says that a lesson is in a room.
#[must_use]
pub fn room_row_id(lesson: LessonId, room: RoomId) -> uuid::Uuid {
    lesson_row::room_row_id(Uid::of(lesson), Uid::of(room)).0
}

/// Saves new states of lessons, each as the next version after the one it was made from, with their rooms and staff;
/// without a new state it is withdrawn. The statements do not grow with the lessons.
///
/// # Errors
/// [`Error::Stale`] when one of them has changed meanwhile; a failure of the database.
pub fn update_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    changes: &[(Saved<LessonId, Lesson>, Option<Lesson>)],
) -> Result<(), Error> {
    let (organiser, now) = (Uid::of(scope.organiser()), tx.now());
    let states = changes.iter().map(|(before, after)| {
        let old = LessonRow::before(organiser, before);
        match after {
            Some(after) => {
                let new = LessonRow::of(organiser, old.id, old.created_at, after);
                let parts = after.rooms != before.value.rooms || after.staff != before.value.staff;
                (old, new, parts)
            }
            None => (old.clone(), LessonRow { withdrawn_at: Some(now), ..old }, false),
        }
    });
    tx.write_states(states.collect())?;

    let changed = |part: fn(&Lesson, &Lesson) -> bool| -> Vec<(Uid, &Lesson)> {
        let changed = changes.iter().filter_map(|(before, after)| Some((before, after.as_ref()?)));
        let changed = changed.filter(|(before, after)| part(&before.value, after));
        changed.map(|(before, after)| (Uid::of(before.id), after)).collect()
    };
    let elsewhere = changed(|before, after| before.rooms != after.rooms);
    let wanted = elsewhere.iter().flat_map(|(id, lesson)| {
        lesson.rooms.iter().map(|room| LessonRoomRow::of(organiser, *id, Uid::of(*room), now))
    });
    let wanted: Vec<LessonRoomRow> = wanted.collect();
    if !elsewhere.is_empty() {
        let present = lesson_rooms::table
            .filter(lesson_rooms::organiser_id.eq(organiser))
            .filter(lesson_rooms::lesson_id.eq_any(elsewhere.iter().map(|(id, _)| *id).collect::<Vec<_>>()))
            .select(LessonRoomRow::as_select())
            .load(tx.connection())?;
        save_set(tx, present, wanted)?;
    }
    let otherwise = changed(|before, after| before.staff != after.staff);
    let wanted = otherwise.iter().flat_map(|(id, lesson)| {
        lesson.staff.iter().map(|stand| LessonStaffRow::of(organiser, *id, *stand, now))
    });
    let wanted: Vec<LessonStaffRow> = wanted.collect();
    if !otherwise.is_empty() {
        let present = lesson_staff::table
            .filter(lesson_staff::organiser_id.eq(organiser))
            .filter(lesson_staff::lesson_id.eq_any(otherwise.iter().map(|(id, _)| *id).collect::<Vec<_>>()))
            .select(LessonStaffRow::as_select())
            .load(tx.connection())?;
        save_set(tx, present, wanted)?;
    }
    Ok(())
}

/// Saves the whole set of rows whose ids follow from what they say: what is not wanted is withdrawn, and what was
/// withdrawn comes back.
fn save_set<R: Record>(tx: &mut Tx<'_>, present: Vec<R>, wanted: Vec<R>) -> Result<(), Error> {
    let now: Ts = tx.now();
    let mut present: BTreeMap<Uid, R> = present.into_iter().map(|row| (row.key().1, row)).collect();
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for row in wanted {
        match present.remove(&row.key().1) {
            Some(before) => changed.push((before, row)),
            None => new.push(row),
        }
    }
    for before in present.into_values().filter(|row| !row.is_withdrawn()) {
        let mut after = before.clone();
        after.withdraw(now);
        changed.push((before, after));
    }
    tx.insert(&new)?;
    tx.update_many(changed)?;
    Ok(())
}
