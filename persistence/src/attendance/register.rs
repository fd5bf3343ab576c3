//! The register of a lesson: reading it with those who are expected, and saving it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use diesel::{dsl::sql, expression::SqlLiteral, prelude::*, sql_types::Nullable};
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
    named::{NameColumns, met, name_columns},
    register_row::{AttendanceRow, Place, RegisterRow},
};
use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        reach, shown_name,
        tx::Tx,
        types::{Guid, Json, Ts, Uid},
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
        self.registered = Some(by);
        self.closed = match after.state {
            RegisterState::Open => None,
            RegisterState::Closed => self.closed.or(Some(by)),
        };
        self.register = after;
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

type LessonFacts = (Uid, Ts, Ts, String, Option<String>, String, Uid, Option<RegisterRow>);

/// The lesson with its register and everybody in it, in two statements. None where it is not in the caller's hand.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: LessonId,
) -> Result<Option<Sheet>, Error> {
    let facts: Option<LessonFacts> = lessons::table
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
        .filter(reach::lessons_taught(scope).kept())
        .filter(lessons::id.eq(Uid::of(id)))
        .select((
            lessons::offering_id,
            lessons::starts_at,
            lessons::ends_at,
            lessons::state,
            lessons::state_reason,
            course_offerings::title,
            course_offerings::school_unit_id,
            Option::<RegisterRow>::as_select(),
        ))
        .first(connection)
        .optional()?;
    let Some((offering, starts_at, ends_at, state, reason, offering_title, school_unit, row)) = facts else {
        return Ok(None);
    };
    let lesson = lesson(id, offering.to(), (starts_at, ends_at), &state, reason)?;
    let (persons, rows) = persons(connection, scope, id, &lesson)?;
    let mut marks: BTreeMap<PersonId, Registered> = BTreeMap::new();
    for (person, row) in rows.iter().filter(|(_, row)| row.withdrawn_at.is_none()) {
        marks.insert(*person, row.registered()?);
    }
    let state = match &row {
        None => RegisterState::Open,
        Some(row) => RegisterState::from_code(&row.state).map_err(|refusal| unreadable(id, &refusal))?,
    };
    let by = |account: Option<Uid>| account.map(|id| AccountId::from_uuid(id.0));
    Ok(Some(Sheet {
        id,
        lesson,
        offering_title,
        school_unit: school_unit.to(),
        version: row.as_ref().map_or(0, |row| row.version),
        register: Register { lesson: id, state, marks },
        registered: row.as_ref().map(|row| (row.modified_at.0, by(row.registered_by_id))),
        closed: row.as_ref().and_then(|row| Some((row.closed_at?.0, by(row.closed_by_id)))),
        persons,
        row,
        rows,
    }))
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

/// The report that covers the lesson of the row of `lessons` for the row of `persons`, as
/// [`skolhus_domain::attendance::AbsenceReport::covers`] says it; the earliest where there are several.
const REPORT: &str = "(SELECT reported.id FROM absence_reports AS reported \
    WHERE reported.organiser_id = lessons.organiser_id AND reported.person_id = persons.id \
    AND reported.withdrawn_at IS NULL AND reported.reported_at < lessons.starts_at \
    AND (reported.ended_at IS NULL OR lessons.starts_at < reported.ended_at) \
    AND ((reported.first_day <= lessons.day AND reported.last_day >= lessons.day) \
    OR (lessons.starts_at < reported.ends_at AND reported.starts_at < lessons.ends_at) \
    OR EXISTS (SELECT 1 FROM absence_report_lessons AS single \
    WHERE single.organiser_id = reported.organiser_id AND single.report_id = reported.id \
    AND single.lesson_id = lessons.id AND single.withdrawn_at IS NULL)) \
    ORDER BY reported.reported_at, reported.id LIMIT 1)";
/// The leave granted for the day, as [`skolhus_domain::attendance::LeaveRequest::covers`] says it.
const LEAVE: &str = "(SELECT granted.id FROM leave_requests AS granted \
    WHERE granted.organiser_id = lessons.organiser_id AND granted.person_id = persons.id \
    AND granted.withdrawn_at IS NULL AND granted.state = 'granted' \
    AND granted.first_day <= lessons.day AND granted.last_day >= lessons.day ORDER BY granted.id LIMIT 1)";

/// The report and the leave, as columns of the statement that reads the persons.
fn grounds() -> (SqlLiteral<Nullable<Guid>>, SqlLiteral<Nullable<Guid>>) {
    (sql(REPORT), sql(LEAVE))
}

type Grounds = (Option<Uid>, Option<Uid>);
type PersonFacts = (Uid, (NameColumns, Option<Json>), Option<Uid>, Option<AttendanceRow>, String, Grounds);
type InSheets = (Vec<InSheet>, BTreeMap<PersonId, AttendanceRow>);

/// Those who take part in the offering on the day, or have a mark. One statement.
fn persons(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: LessonId,
    lesson: &Lesson,
) -> Result<InSheets, Error> {
    let day = lesson.time.day();
    let organiser = Uid::of(scope.organiser());
    let expected = participations::organiser_id
        .eq(lessons::organiser_id)
        .and(participations::offering_id.eq(lessons::offering_id))
        .and(participations::person_id.eq(persons::id))
        .and(participations::withdrawn_at.is_null())
        .and(participations::held_from.le(day))
        .and(participations::held_to.ge(day));
    let marked = attendances::organiser_id
        .eq(lessons::organiser_id)
        .and(attendances::lesson_id.eq(lessons::id))
        .and(attendances::person_id.eq(persons::id));
    let rows: Vec<PersonFacts> = lessons::table
        .inner_join(
            course_offerings::table.on(course_offerings::organiser_id
                .eq(lessons::organiser_id)
                .and(course_offerings::id.eq(lessons::offering_id))),
        )
        .inner_join(persons::table.on(persons::organiser_id.eq(lessons::organiser_id)))
        .left_join(participations::table.on(expected))
        .left_join(attendances::table.on(marked))
        .filter(lessons::organiser_id.eq(organiser))
        .filter(lessons::id.eq(Uid::of(id)))
        .filter(reach::persons_in_lesson(scope, id, lesson.offering, day).kept())
        .select((
            persons::id,
            name_columns!(connection),
            participations::id.nullable(),
            Option::<AttendanceRow>::as_select(),
            shown_name::sort_key(scope),
            grounds(),
        ))
        .order((shown_name::sort_key(scope), persons::id))
        .load(connection)?;
    let mut found = Vec::with_capacity(rows.len());
    let mut kept = BTreeMap::new();
    for (person, name, participation, row, _, (report, leave)) in rows {
        let has_mark = row.as_ref().is_some_and(|row| row.withdrawn_at.is_none());
        if let Some(row) = row {
            kept.insert(person.to(), row);
        }
        if participation.is_none() && !has_mark {
            continue;
        }
        let reported = match (report, leave) {
            (Some(report), _) => Some(Ground::Report(report.to())),
            (None, Some(leave)) => Some(Ground::Leave(leave.to())),
            (None, None) => None,
        };
        let (name, is_expected) = (met(scope, person, name)?, participation.is_some());
        found.push(InSheet { person: person.to(), name, is_expected, reported });
    }
    Ok((found, kept))
}

/// Holds the lesson until the end of the transaction: its register is saved by one at a time.
///
/// # Errors
/// A failure of the database.
pub fn lock(tx: &mut Tx<'_>, id: LessonId) -> Result<(), Error> {
    tx.lock_in("lessons", &[Uid::of(id)])
}

/// Saves a new state of the register, as the next version after the one it was made from, in two statements.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn save(tx: &mut Tx<'_>, scope: &Scope, before: &Sheet, after: &Register) -> Result<(), Error> {
    let (now, organiser) = (tx.now(), Uid::of(scope.organiser()));
    let by = scope.account();
    let next = RegisterRow {
        organiser_id: organiser,
        id: Uid::of(before.id),
        version: 1,
        created_at: now,
        modified_at: now,
        withdrawn_at: None,
        state: after.state.code().to_owned(),
        registered_by_id: by.map(Uid::of),
        closed_at: None,
        closed_by_id: None,
    };
    let is_closed = after.state == RegisterState::Closed;
    match &before.row {
        None => {
            let closed_at = is_closed.then_some(now);
            let closed_by_id = closed_at.and(next.registered_by_id);
            tx.save(&[RegisterRow { closed_at, closed_by_id, ..next }], Vec::new())?;
        }
        Some(row) => {
            let stays_closed = is_closed && row.closed_at.is_some();
            let (closed_at, closed_by_id) = match (stays_closed, is_closed) {
                (true, _) => (row.closed_at, row.closed_by_id),
                (false, true) => (Some(now), next.registered_by_id),
                (false, false) => (None, None),
            };
            let next = RegisterRow { created_at: row.created_at, closed_at, closed_by_id, ..next };
            tx.write_states(vec![(row.clone(), next, true)])?;
        }
    }
    let place = Place { organiser, lesson: Uid::of(before.id), length: before.lesson.time.minutes(), by };
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
    tx.save(&new, changed)
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
