//! What stands about attendance on one day: of some persons, for themselves and for those at home; in some lessons, for
//! whoever takes them. One statement each.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    attendance::{Ground, RegisterState, Registered},
    id::{AbsenceReportId, LeaveRequestId, LessonId, PersonId},
    person::PersonName,
};

use super::{
    expected::expected_in_lesson,
    grounds::{Grounds, ground, grounds},
    named::{NameColumns, met, name_columns},
    register_row::AttendanceRow,
};
use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        reach, shown_name,
        types::{Json, Uid},
    },
    schema::{attendance_registers, attendances, course_offerings, lessons, participations, persons},
};

/// Somebody whose day is read.
#[derive(Clone, Debug)]
pub struct InDay {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: PersonName,
    /// When they were born.
    pub birth_date: Option<NaiveDate>,
}

type PersonColumns = (Uid, Option<NaiveDate>, (NameColumns, Option<Json>));

/// Those of the persons whom the caller reaches, by name.
///
/// # Errors
/// A failure of the database.
pub fn people(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[PersonId],
) -> Result<Vec<InDay>, Error> {
    let mut rows: Vec<(PersonColumns, String)> = persons::table
        .filter(reach::among("persons.id", ids))
        .filter(reach::persons_under_shown_names(scope).kept())
        .select(((persons::id, persons::birth_date, name_columns!(connection)), shown_name::sort_key(scope)))
        .load(connection)?;
    // Sorted here: for the order SQLite would go through everybody by name.
    rows.sort_by(|one, other| (&one.1, one.0.0).cmp(&(&other.1, other.0.0)));
    rows.into_iter()
        .map(|((person, birth_date, name), _)| {
            Ok(InDay { person: person.to(), name: met(scope, person, name)?, birth_date })
        })
        .collect()
}

/// What stands about a person in a lesson in which they are expected.
#[derive(Clone, Debug)]
pub struct InLesson {
    /// Who.
    pub person: PersonId,
    /// In which lesson.
    pub lesson: LessonId,
    /// What is registered, where something is.
    pub registered: Option<Registered>,
    /// The report that makes their absence authorised.
    pub report: Option<AbsenceReportId>,
    /// The leave that does.
    pub leave: Option<LeaveRequestId>,
}

/// The lessons of a day in which the persons are expected, with what stands about them; by person and time.
///
/// # Errors
/// A failure of the database.
pub fn of_persons(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[PersonId],
    day: NaiveDate,
) -> Result<Vec<InLesson>, Error> {
    let postgres = connection.is_postgres();
    let organiser = Uid::of(scope.organiser());
    let rows: Vec<(Uid, Uid, Option<AttendanceRow>, Grounds)> = participations::table
        .inner_join(lessons::table.on(expected_in_lesson!(postgres)))
        .inner_join(
            course_offerings::table.on(course_offerings::organiser_id
                .eq(lessons::organiser_id)
                .and(course_offerings::id.eq(lessons::offering_id))),
        )
        .inner_join(
            persons::table.on(persons::organiser_id
                .eq(participations::organiser_id)
                .and(persons::id.eq(participations::person_id))),
        )
        .left_join(
            attendances::table.on(attendances::organiser_id
                .eq(lessons::organiser_id)
                .and(attendances::lesson_id.eq(lessons::id))
                .and(attendances::person_id.eq(persons::id))
                .and(attendances::withdrawn_at.is_null())),
        )
        .filter(participations::organiser_id.eq(organiser))
        .filter(reach::among("participations.person_id", ids))
        .filter(lessons::day.eq(day))
        .filter(reach::attendances(scope).kept())
        .order((participations::person_id, lessons::starts_at, lessons::id))
        .select((participations::person_id, lessons::id, Option::<AttendanceRow>::as_select(), grounds()))
        .load(connection)?;
    rows.into_iter()
        .map(|(person, lesson, row, (report, leave))| {
            Ok(InLesson {
                person: person.to(),
                lesson: lesson.to(),
                registered: row.map(|row| row.registered()).transpose()?,
                report: report.map(Uid::to),
                leave: leave.map(Uid::to),
            })
        })
        .collect()
}

/// How far the register of a lesson is, and whose absence is known beforehand.
#[derive(Clone, Debug)]
pub struct LessonDay {
    /// The register's version; 0 where nobody has saved it.
    pub version: i64,
    /// Whether it is finished.
    pub state: RegisterState,
    /// How many are expected.
    pub expected: usize,
    /// How many of them have no mark.
    pub without_mark: usize,
    /// Whose absence was reported or granted beforehand, by name.
    pub reported: Vec<(PersonId, PersonName, Ground)>,
}

/// Somebody of whom the caller may know that they are expected in a lesson.
#[derive(Queryable, Selectable)]
#[diesel(table_name = persons)]
struct ExpectedRow {
    id: Uid,
    given_name: String,
    middle_name: Option<String>,
    family_name: String,
    preferred_given_name: Option<String>,
}

type RegisterColumns = (Option<i64>, Option<String>);
type ExpectedFacts = (Uid, RegisterColumns, Option<ExpectedRow>, Option<Json>, Option<Uid>, Grounds);

/// How far the registers of the lessons are, of those of them that the caller has in hand.
///
/// # Errors
/// A failure of the database.
pub fn of_lessons(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[LessonId],
) -> Result<BTreeMap<LessonId, LessonDay>, Error> {
    let postgres = connection.is_postgres();
    let expected = expected_in_lesson!(postgres);
    // Whom the caller does not meet is joined to nobody: a lesson is read also where it has none but them.
    let met_there = persons::organiser_id
        .eq(participations::organiser_id)
        .and(persons::id.eq(participations::person_id))
        .and(reach::persons_met_in_lessons(scope).kept());
    let rows: Vec<ExpectedFacts> = lessons::table
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
        .left_join(participations::table.on(expected))
        .left_join(persons::table.on(met_there))
        .left_join(
            attendances::table.on(attendances::organiser_id
                .eq(lessons::organiser_id)
                .and(attendances::lesson_id.eq(lessons::id))
                .and(attendances::person_id.eq(persons::id))
                .and(attendances::withdrawn_at.is_null())),
        )
        .filter(lessons::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(reach::among("lessons.id", ids))
        .filter(reach::lessons_taught(scope).kept())
        .order((shown_name::sort_key(scope), persons::id))
        .select((
            lessons::id,
            (attendance_registers::version.nullable(), attendance_registers::state.nullable()),
            Option::<ExpectedRow>::as_select(),
            shown_name::column(postgres),
            attendances::id.nullable(),
            grounds(),
        ))
        .load(connection)?;
    let mut days: BTreeMap<LessonId, LessonDay> = BTreeMap::new();
    for (lesson, (version, state), person, plan, mark, grounds) in rows {
        let state = state.as_deref().map_or(Ok(RegisterState::Open), RegisterState::from_code);
        let state = state.map_err(|refusal| Error::Inconsistent {
            table: "attendance_registers",
            id: lesson.0.to_string(),
            detail: format!("{:?}", refusal.rule),
        })?;
        let of = days.entry(lesson.to()).or_insert_with(|| LessonDay {
            version: version.unwrap_or(0),
            state,
            expected: 0,
            without_mark: 0,
            reported: Vec::new(),
        });
        let Some(row) = person else { continue };
        of.expected += 1;
        of.without_mark += usize::from(mark.is_none());
        if let Some(ground) = ground(grounds) {
            let columns = (row.given_name, row.middle_name, row.family_name, row.preferred_given_name);
            of.reported.push((row.id.to(), met(scope, row.id, (columns, plan))?, ground));
        }
    }
    Ok(days)
}
