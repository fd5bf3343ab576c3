//! The register of a lesson: reading it with those who are expected, and saving it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    attendance::{Ground, Register, RegisterState, Registered},
    id::{AccountId, Id, LessonId, OfferingId, PersonId, SchoolUnitId},
    person::PersonName,
    refusal::Refusal,
    schedule::{Lesson, LessonState, LessonStateCode, LessonTime},
    text::Text,
};

use super::{
    expected::expected_in_lesson,
    grounds::{Grounds, ground, grounds},
    named::{NameColumns, named},
    register_row::{AttendanceRow, Place, RegisterRow},
};
use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        reach, shown_name,
        tx::Tx,
        types::{Json, Ts, Uid},
    },
    schema::{attendance_registers, attendances, course_offerings, lessons, participations, persons},
};

/// A lesson whose attendance the caller has in hand, with its register.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Which lesson.
    pub id: LessonId,
    /// The lesson, without its rooms and staff.
    pub lesson: Lesson,
    /// What its offering is called.
    pub offering_title: String,
    /// Where.
    pub school_unit: SchoolUnitId,
    /// The register's version; 0 where nobody has saved it.
    pub version: i64,
    /// The register.
    pub register: Register,
    /// When it was saved last, and by whom.
    pub registered: Option<(DateTime<Utc>, Option<AccountId>)>,
    /// When it was closed, and by whom.
    pub closed: Option<(DateTime<Utc>, Option<AccountId>)>,
    /// Everybody in it: those who are expected, and those who have a mark although they no longer are; by name.
    pub persons: Vec<InSheet>,
    versions: BTreeMap<PersonId, i64>,
    row: Option<RegisterRow>,
    rows: BTreeMap<PersonId, AttendanceRow>,
}

/// Somebody in a register.
#[derive(Clone, Debug)]
pub struct InSheet {
    /// Who.
    pub person: PersonId,
    /// The person's name, or the one under which the caller meets them.
    pub name: PersonName,
    /// Whether they take part in the offering on the day of the lesson.
    pub is_expected: bool,
    /// What makes their absence from the lesson authorised before anybody registers it.
    pub reported: Option<Ground>,
}

impl Sheet {
    /// The sheet as it is once the register is saved: what [`save`] has written, without reading it again.
    pub fn saved(&mut self, after: Register, scope: &Scope) {
        let by = (scope.now(), scope.account());
        self.version += 1;
        for person in self.rows.keys().chain(after.marks.keys()) {
            let (mark, before) = (after.marks.get(person), self.register.marks.get(person));
            if mark == before {
                continue;
            }
            let next = self.rows.get(person).map_or(1, |row| row.version + 1);
            match mark {
                Some(_) => self.versions.insert(*person, next),
                None => self.versions.remove(person),
            };
        }
        self.registered = Some(by);
        self.closed = match after.state {
            RegisterState::Open => None,
            RegisterState::Closed => self.closed.or(Some(by)),
        };
        self.register = after;
    }

    /// The version of what is registered of a person; 0 where nothing is.
    #[must_use]
    pub fn version_of(&self, person: PersonId) -> i64 {
        self.versions.get(&person).copied().unwrap_or(0)
    }

    /// Who is expected.
    #[must_use]
    pub fn expected(&self) -> BTreeSet<PersonId> {
        self.persons.iter().filter(|of| of.is_expected).map(|of| of.person).collect()
    }

    /// Whose absence was reported or granted beforehand.
    #[must_use]
    pub fn reported(&self) -> BTreeMap<PersonId, Ground> {
        self.persons.iter().filter_map(|of| Some((of.person, of.reported?))).collect()
    }
}

type LessonFacts = (Uid, Uid, Ts, Ts, String, Option<String>, String, Uid, Option<RegisterRow>);

/// Lessons with their registers.
fn facts(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    within: reach::Condition,
    ids: &[LessonId],
) -> Result<Vec<LessonFacts>, Error> {
    Ok(lessons::table
        .inner_join(
            course_offerings::table.on(course_offerings::organiser_id
                .eq(lessons::organiser_id)
                .and(course_offerings::id.eq(lessons::offering_id))),
        )
        .left_join(
            attendance_registers::table.on(attendance_registers::organiser_id
                .eq(lessons::organiser_id)
                .and(attendance_registers::id.eq(lessons::id))),
        )
        .filter(within)
        .filter(lessons::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(reach::among("lessons.id", ids))
        .select((
            lessons::id,
            lessons::offering_id,
            lessons::starts_at,
            lessons::ends_at,
            lessons::state,
            lessons::state_reason,
            course_offerings::title,
            course_offerings::school_unit_id,
            Option::<RegisterRow>::as_select(),
        ))
        .load(connection)?)
}

/// Whether the lesson is in the caller's hand.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(connection: &mut DatabaseConnection, scope: &Scope, id: LessonId) -> Result<bool, Error> {
    Ok(!facts(connection, scope, reach::lessons_taught(scope).kept(), &[id])?.is_empty())
}

/// The lesson with its register and everybody in it, in two statements. None where it is not in the caller's hand.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: LessonId,
) -> Result<Option<Sheet>, Error> {
    find_of(connection, scope, id, None)
}

/// As [`find`], with one person alone; without anybody where they are not in it. What is saved of it concerns the person
/// and no others.
///
/// # Errors
/// A failure of the database.
pub fn find_one(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: LessonId,
    person: PersonId,
) -> Result<Option<Sheet>, Error> {
    find_of(connection, scope, id, Some(person))
}

fn find_of(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: LessonId,
    only: Option<PersonId>,
) -> Result<Option<Sheet>, Error> {
    let found = facts(connection, scope, reach::lessons_taught(scope).kept(), &[id])?.pop();
    let Some(facts) = found else { return Ok(None) };
    let lesson = lesson_of(&facts)?;
    let within = reach::persons_in_lesson(scope, id, lesson.offering, lesson.time.day()).kept();
    let rows = persons(connection, scope, id, within, only)?;
    let found = in_sheet(scope, rows)?;
    sheet(facts, lesson, found).map(Some)
}

/// As [`find`], with one person alone: somebody whose absence the caller may excuse. None where the lesson is out of
/// reach; without anybody where the person is.
///
/// # Errors
/// A failure of the database.
pub fn find_to_excuse(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: LessonId,
    person: PersonId,
) -> Result<Option<Sheet>, Error> {
    let found = facts(connection, scope, reach::lessons(scope), &[id])?.pop();
    let Some(facts) = found else { return Ok(None) };
    let lesson = lesson_of(&facts)?;
    let rows = persons(connection, scope, id, reach::persons_to_excuse(scope), Some(person))?;
    let found = in_sheet(scope, rows)?;
    sheet(facts, lesson, found).map(Some)
}

/// As [`find`], for several lessons in three statements, in no order.
///
/// # Errors
/// A failure of the database.
pub fn find_many(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[LessonId],
) -> Result<Vec<Sheet>, Error> {
    let found = facts(connection, scope, reach::lessons_taught(scope), ids)?;
    let ids: Vec<LessonId> = found.iter().map(|facts| facts.0.to()).collect();
    let mut by_lesson: BTreeMap<LessonId, Vec<PersonFacts>> = BTreeMap::new();
    let rows = expected_in(connection, scope, &ids)?.into_iter().chain(marked_in(connection, scope, &ids)?);
    for (lesson, facts) in rows {
        by_lesson.entry(lesson.to()).or_default().push(facts);
    }
    let mut sheets = Vec::with_capacity(found.len());
    for facts in found {
        let mut rows = by_lesson.remove(&facts.0.to()).unwrap_or_default();
        rows.sort_by(by_name);
        rows.dedup_by_key(|row| row.0);
        let lesson = lesson_of(&facts)?;
        sheets.push(sheet(facts, lesson, in_sheet(scope, rows)?)?);
    }
    Ok(sheets)
}

fn lesson_of(facts: &LessonFacts) -> Result<Lesson, Error> {
    let (id, offering, starts_at, ends_at, state, reason, ..) = facts;
    lesson(id.to(), offering.to(), (*starts_at, *ends_at), state, reason.clone())
}

fn sheet(facts: LessonFacts, lesson: Lesson, (persons, rows): InSheets) -> Result<Sheet, Error> {
    let (id, .., offering_title, school_unit, row) = facts;
    let id: LessonId = id.to();
    let mut marks: BTreeMap<PersonId, Registered> = BTreeMap::new();
    let mut versions = BTreeMap::new();
    for (person, row) in rows.iter().filter(|(_, row)| row.withdrawn_at.is_none()) {
        marks.insert(*person, row.registered()?);
        versions.insert(*person, row.version);
    }
    let state = match &row {
        None => RegisterState::Open,
        Some(row) => RegisterState::from_code(&row.state).map_err(|refusal| unreadable(id, &refusal))?,
    };
    let by = |account: Option<Uid>| account.map(|id| AccountId::from_uuid(id.0));
    Ok(Sheet {
        id,
        lesson,
        offering_title,
        school_unit: school_unit.to(),
        version: row.as_ref().map_or(0, |row| row.version),
        register: Register { lesson: id, state, marks },
        registered: row.as_ref().map(|row| (row.modified_at.0, by(row.registered_by_id))),
        closed: row.as_ref().and_then(|row| Some((row.closed_at?.0, by(row.closed_by_id)))),
        persons,
        versions,
        row,
        rows,
    })
}

fn unreadable(id: LessonId, refusal: &Refusal) -> Error {
    Error::Inconsistent { table: "lessons", id: id.to_string(), detail: format!("{:?}", refusal.rule) }
}

fn lesson(
    id: LessonId,
    offering: OfferingId,
    (starts_at, ends_at): (Ts, Ts),
    state: &str,
    reason: Option<String>,
) -> Result<Lesson, Error> {
    let refused = |refusal: Refusal| unreadable(id, &refusal);
    let state = match LessonStateCode::from_code(state).map_err(refused)? {
        LessonStateCode::Planned => LessonState::Planned,
        LessonStateCode::Cancelled => {
            LessonState::Cancelled(Text::line(&reason.unwrap_or_default(), 500).map_err(refused)?)
        }
    };
    Ok(Lesson {
        offering,
        occurrence: None,
        time: LessonTime::new(starts_at.0, ends_at.0).map_err(refused)?,
        state,
        title: None,
        rooms: Vec::new(),
        staff: Vec::new(),
    })
}

type PersonFacts = (Uid, NameColumns, Option<Json>, Option<Uid>, Option<AttendanceRow>, String, Grounds);
type MarkedFacts = (Uid, NameColumns, Option<Json>, Option<Uid>, AttendanceRow, String, Grounds);
type InSheets = (Vec<InSheet>, BTreeMap<PersonId, AttendanceRow>);

/// The columns of [`PersonFacts`] about the person.
macro_rules! person_columns {
    ($scope:expr, $postgres:expr, $participation:expr, $attendance:expr) => {
        (
            persons::id,
            (persons::given_name, persons::middle_name, persons::family_name, persons::preferred_given_name),
            shown_name::column($postgres),
            $participation,
            $attendance,
            shown_name::sort_key($scope),
            grounds(),
        )
    };
}

/// Who of these takes part in the offering on the day, or has a mark. One statement.
fn persons(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: LessonId,
    within: reach::Condition,
    only: Option<PersonId>,
) -> Result<Vec<PersonFacts>, Error> {
    let postgres = connection.is_postgres();
    let expected = expected_in_lesson!(postgres).and(participations::person_id.eq(persons::id));
    let marked = attendances::organiser_id
        .eq(lessons::organiser_id)
        .and(attendances::lesson_id.eq(lessons::id))
        .and(attendances::person_id.eq(persons::id));
    let mut query = lessons::table
        .inner_join(
            course_offerings::table.on(course_offerings::organiser_id
                .eq(lessons::organiser_id)
                .and(course_offerings::id.eq(lessons::offering_id))),
        )
        .inner_join(persons::table.on(persons::organiser_id.eq(lessons::organiser_id)))
        .left_join(participations::table.on(expected))
        .left_join(attendances::table.on(marked))
        .filter(lessons::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(lessons::id.eq(Uid::of(id)))
        .filter(within)
        .select(person_columns!(
            scope,
            postgres,
            participations::id.nullable(),
            Option::<AttendanceRow>::as_select()
        ))
        .into_boxed();
    if let Some(only) = only {
        query = query.filter(persons::id.eq(Uid::of(only)));
    }
    let mut rows: Vec<PersonFacts> = query.load(connection)?;
    rows.sort_by(by_name);
    Ok(rows)
}

/// In the order of the names that are shown. SQLite would go through everybody by name for it.
fn by_name(one: &PersonFacts, other: &PersonFacts) -> std::cmp::Ordering {
    (&one.5, one.0).cmp(&(&other.5, other.0))
}

/// Those who take part in the lessons' offerings on their days, with what is registered of them. One statement.
fn expected_in(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[LessonId],
) -> Result<Vec<(Uid, PersonFacts)>, Error> {
    let postgres = connection.is_postgres();
    let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
    let expected = expected_in_lesson!(postgres);
    let marked = attendances::organiser_id
        .eq(lessons::organiser_id)
        .and(attendances::lesson_id.eq(lessons::id))
        .and(attendances::person_id.eq(persons::id));
    Ok(lessons::table
        .inner_join(
            course_offerings::table.on(course_offerings::organiser_id
                .eq(lessons::organiser_id)
                .and(course_offerings::id.eq(lessons::offering_id))),
        )
        .inner_join(participations::table.on(expected))
        .inner_join(
            persons::table.on(persons::organiser_id
                .eq(participations::organiser_id)
                .and(persons::id.eq(participations::person_id))),
        )
        .left_join(attendances::table.on(marked))
        .filter(lessons::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(lessons::id.eq_any(ids))
        .filter(reach::persons_met_in_lessons(scope))
        .select((
            lessons::id,
            person_columns!(
                scope,
                postgres,
                participations::id.nullable(),
                Option::<AttendanceRow>::as_select()
            ),
        ))
        .load(connection)?)
}

/// Those with a row in the lessons' registers who do not take part on their days. One statement.
fn marked_in(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[LessonId],
) -> Result<Vec<(Uid, PersonFacts)>, Error> {
    let postgres = connection.is_postgres();
    let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
    let expected = expected_in_lesson!(postgres).and(participations::person_id.eq(attendances::person_id));
    let marked =
        attendances::organiser_id.eq(lessons::organiser_id).and(attendances::lesson_id.eq(lessons::id));
    let rows: Vec<(Uid, MarkedFacts)> = lessons::table
        .inner_join(
            course_offerings::table.on(course_offerings::organiser_id
                .eq(lessons::organiser_id)
                .and(course_offerings::id.eq(lessons::offering_id))),
        )
        .inner_join(attendances::table.on(marked))
        .inner_join(persons::table.on(
            persons::organiser_id.eq(attendances::organiser_id).and(persons::id.eq(attendances::person_id)),
        ))
        .left_join(participations::table.on(expected))
        .filter(lessons::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(lessons::id.eq_any(ids))
        .filter(participations::id.is_null())
        .filter(reach::persons_met_in_lessons(scope))
        .select((
            lessons::id,
            person_columns!(scope, postgres, participations::id.nullable(), AttendanceRow::as_select()),
        ))
        .load(connection)?;
    let whole = |(person, name, plan, participation, row, key, grounds): MarkedFacts| {
        (person, name, plan, participation, Some(row), key, grounds)
    };
    Ok(rows.into_iter().map(|(lesson, facts)| (lesson, whole(facts))).collect())
}

/// Everybody who is expected or has a mark, in the order of the rows.
fn in_sheet(scope: &Scope, rows: Vec<PersonFacts>) -> Result<InSheets, Error> {
    let mut found = Vec::with_capacity(rows.len());
    let mut kept = BTreeMap::new();
    for (person, name, plan, participation, row, _, grounds) in rows {
        let has_mark = row.as_ref().is_some_and(|row| row.withdrawn_at.is_none());
        if let Some(row) = row {
            kept.insert(person.to(), row);
        }
        if participation.is_none() && !has_mark {
            continue;
        }
        let name = named(scope, person.to(), name, plan)?;
        let reported = ground(grounds);
        found.push(InSheet { person: person.to(), name, is_expected: participation.is_some(), reported });
    }
    Ok((found, kept))
}

/// Holds the lesson until the end of the transaction: its register is saved by one at a time.
///
/// # Errors
/// A failure of the database.
pub fn lock(tx: &mut Tx<'_>, id: LessonId) -> Result<(), Error> {
    lock_many(tx, &[id])
}

/// As [`lock`], several lessons at once.
///
/// # Errors
/// A failure of the database.
pub fn lock_many(tx: &mut Tx<'_>, ids: &[LessonId]) -> Result<(), Error> {
    let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
    tx.lock_in("lessons", &ids)
}

/// Saves a new state of the register, as the next version after the one it was made from, in two statements.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn save(tx: &mut Tx<'_>, scope: &Scope, before: &Sheet, after: &Register) -> Result<(), Error> {
    save_many(tx, scope, &[(before, after)])
}

/// As [`save`], the registers of several lessons in three statements.
///
/// # Errors
/// As [`save`].
pub fn save_many(tx: &mut Tx<'_>, scope: &Scope, registers: &[(&Sheet, &Register)]) -> Result<(), Error> {
    let (mut first, mut later) = (Vec::new(), Vec::new());
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for (before, after) in registers {
        let next = next_register(tx, scope, before, after);
        match &before.row {
            None => first.push(next),
            Some(row) => later.push((row.clone(), next, true)),
        }
        let (entered, moved) = next_marks(tx, scope, before, after);
        new.extend(entered);
        changed.extend(moved);
    }
    tx.save(&first, Vec::new())?;
    tx.write_states(later)?;
    tx.save(&new, changed)
}

fn next_register(tx: &Tx<'_>, scope: &Scope, before: &Sheet, after: &Register) -> RegisterRow {
    let now = tx.now();
    let by = scope.account().map(Uid::of);
    let earlier = before.row.as_ref();
    let stays_closed = earlier.is_some_and(|row| row.closed_at.is_some());
    let (closed_at, closed_by_id) = match after.state {
        RegisterState::Open => (None, None),
        RegisterState::Closed if stays_closed => {
            (earlier.and_then(|row| row.closed_at), earlier.and_then(|row| row.closed_by_id))
        }
        RegisterState::Closed => (Some(now), by),
    };
    RegisterRow {
        organiser_id: Uid::of(scope.organiser()),
        id: Uid::of(before.id),
        version: 1,
        created_at: earlier.map_or(now, |row| row.created_at),
        modified_at: now,
        withdrawn_at: None,
        state: after.state.code().to_owned(),
        registered_by_id: by,
        closed_at,
        closed_by_id,
    }
}

type Marks = (Vec<AttendanceRow>, Vec<(AttendanceRow, AttendanceRow)>);

fn next_marks(tx: &Tx<'_>, scope: &Scope, before: &Sheet, after: &Register) -> Marks {
    let now = tx.now();
    let place = Place {
        organiser: Uid::of(scope.organiser()),
        lesson: Uid::of(before.id),
        length: before.lesson.time.minutes(),
        by: scope.account(),
    };
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for (person, registered) in &after.marks {
        match before.rows.get(person) {
            None => new.push(AttendanceRow::of(place, Uid::of(*person), now, registered)),
            Some(row) => changed.push((row.clone(), row.then(place, registered))),
        }
    }
    let left_out = before
        .rows
        .iter()
        .filter(|(person, row)| row.withdrawn_at.is_none() && !after.marks.contains_key(person));
    for (_, row) in left_out {
        changed.push((row.clone(), AttendanceRow { withdrawn_at: Some(now), ..row.clone() }));
    }
    (new, changed)
}

/// Makes the minutes of a lesson anew, because its length has changed.
///
/// # Errors
/// A failure of the database.
pub fn follow_length(tx: &mut Tx<'_>, scope: &Scope, id: LessonId, length: u32) -> Result<(), Error> {
    let organiser = Uid::of(scope.organiser());
    let rows: Vec<AttendanceRow> = attendances::table
        .filter(attendances::organiser_id.eq(organiser))
        .filter(attendances::lesson_id.eq(Uid::of(id)))
        .filter(attendances::withdrawn_at.is_null())
        .select(AttendanceRow::as_select())
        .load(tx.connection())?;
    let mut changed = Vec::new();
    for row in rows {
        if row.is_of_length(length)? {
            continue;
        }
        let by = row.registered_by_id.map(|id| AccountId::from_uuid(id.0));
        let place = Place { organiser, lesson: row.lesson_id, length, by };
        let registered = row.registered()?;
        let after = row.then(place, &registered);
        changed.push((row, after));
    }
    tx.save(&[], changed)
}

/// Which of the lessons have a register: they are history.
///
/// # Errors
/// A failure of the database.
pub fn registered(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[LessonId],
) -> Result<BTreeSet<LessonId>, Error> {
    let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
    let found: Vec<Uid> = attendance_registers::table
        .filter(attendance_registers::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(attendance_registers::id.eq_any(ids))
        .select(attendance_registers::id)
        .load(connection)?;
    Ok(found.into_iter().map(Uid::to).collect())
}
