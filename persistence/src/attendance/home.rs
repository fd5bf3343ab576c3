//! What the program must know of pupils whose register is closed: facts for its own decisions, shown to nobody.

use chrono::NaiveDate;
use diesel::{
    dsl::sql,
    expression::SqlLiteral,
    prelude::*,
    sql_types::{BigInt, Bool},
};
use skolhus_domain::{
    access::Scope,
    attendance::{RegisterState, SAME_DAY_DUTIES},
    id::{LessonId, OrganiserId, PersonId},
    schedule::LessonStateCode,
};

use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        rows::{Cell, load},
        tx::Tx,
        types::{Guid, Json, JsonDoc, Ts, Uid},
    },
    schema::{attendance_registers, attendances, course_offerings, lessons, persons},
};

/// A pupil in a lesson, with what bears on whether those at home are told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pupil {
    /// Who.
    pub person: PersonId,
    /// When they were born.
    pub birth_date: Option<NaiveDate>,
    /// Whether they are protected.
    pub is_protected: bool,
    /// Minutes of unauthorised absence in the lesson.
    pub unauthorised: u32,
    /// The same in all lessons of the day that were held.
    pub of_the_day: u32,
    /// Whether something was told of the day, or it is a case.
    pub is_told: bool,
    /// The school types in which they are enrolled on the day at the school unit whose lesson it is.
    pub school_types: Vec<String>,
}

/// A day of a lesson whose register is closed, with the pupils of whom something may follow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LessonDay {
    /// The day.
    pub day: NaiveDate,
    /// Those who were away unauthorised, and those of whom something was told or became a case.
    pub pupils: Vec<Pupil>,
}

/// Something was told of the row's pupil on the lesson's day, or a case waits.
const TOLD: &str = "(EXISTS (SELECT 1 FROM absence_notices AS told WHERE told.organiser_id = persons.organiser_id \
    AND told.person_id = persons.id AND told.day = lessons.day AND told.withdrawn_at IS NULL) \
    OR EXISTS (SELECT 1 FROM absence_cases AS told WHERE told.organiser_id = persons.organiser_id \
    AND told.person_id = persons.id AND told.day = lessons.day AND told.withdrawn_at IS NULL))";

const OF_THE_DAY: &str = "(SELECT COALESCE(SUM(day_a.unauthorised_minutes), 0) FROM attendances AS day_a \
    JOIN lessons AS day_l ON day_l.organiser_id = day_a.organiser_id AND day_l.id = day_a.lesson_id \
    WHERE day_a.organiser_id = persons.organiser_id AND day_a.person_id = persons.id \
    AND day_a.withdrawn_at IS NULL AND day_l.withdrawn_at IS NULL AND day_l.state = 'planned' \
    AND day_l.day = lessons.day)";

/// Ends in `FROM` and what follows, for the enrolments of the row's pupil on the day of the lesson.
macro_rules! enrolled {
    ($select:literal) => {
        concat!(
            "(SELECT ",
            $select,
            " FROM enrolments AS enrolled WHERE enrolled.organiser_id = persons.organiser_id \
             AND enrolled.person_id = persons.id AND enrolled.withdrawn_at IS NULL \
             AND enrolled.school_unit_id = course_offerings.school_unit_id \
             AND enrolled.valid_from <= lessons.day \
             AND (enrolled.valid_to IS NULL OR enrolled.valid_to >= lessons.day))"
        )
    };
}

fn school_types(postgres: bool) -> SqlLiteral<JsonDoc> {
    sql(if postgres {
        enrolled!("COALESCE(jsonb_agg(enrolled.school_type), '[]'::jsonb)")
    } else {
        enrolled!("json_group_array(enrolled.school_type)")
    })
}

type PupilFacts = (Uid, NaiveDate, Option<NaiveDate>, bool, (i32, Option<Ts>), (i64, bool), Json);

/// The pupils of a lesson of whom something may follow for those at home; one statement. None of them where nobody was
/// away unauthorised and nothing was told.
///
/// # Errors
/// A failure of the database.
pub fn pupils(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    lesson: LessonId,
) -> Result<Option<LessonDay>, Error> {
    let postgres = connection.is_postgres();
    let rows: Vec<PupilFacts> = attendances::table
        .inner_join(lessons::table.on(
            lessons::organiser_id.eq(attendances::organiser_id).and(lessons::id.eq(attendances::lesson_id)),
        ))
        .inner_join(
            course_offerings::table.on(course_offerings::organiser_id
                .eq(lessons::organiser_id)
                .and(course_offerings::id.eq(lessons::offering_id))),
        )
        .inner_join(persons::table.on(
            persons::organiser_id.eq(attendances::organiser_id).and(persons::id.eq(attendances::person_id)),
        ))
        .filter(attendances::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(attendances::lesson_id.eq(Uid::of(lesson)))
        .filter(persons::withdrawn_at.is_null())
        .filter(attendances::unauthorised_minutes.gt(0).and(attendances::withdrawn_at.is_null()).or(sql::<
            Bool,
        >(
            TOLD
        )))
        .select((
            persons::id,
            lessons::day,
            persons::birth_date,
            persons::is_protected,
            (attendances::unauthorised_minutes, attendances::withdrawn_at),
            (sql::<BigInt>(OF_THE_DAY), sql::<Bool>(TOLD)),
            school_types(postgres),
        ))
        .order(persons::id)
        .load(connection)?;
    let Some(day) = rows.first().map(|(_, day, ..)| *day) else { return Ok(None) };
    let pupils = rows
        .into_iter()
        .map(|(person, _, birth_date, is_protected, (minutes, withdrawn), (of_the_day, is_told), types)| {
            let school_types = serde_json::from_value(types.0).map_err(|_| Error::Inconsistent {
                table: "enrolments",
                id: person.0.to_string(),
                detail: "the school types cannot be read".to_owned(),
            })?;
            let minutes = if withdrawn.is_some() { 0 } else { minutes };
            Ok(Pupil {
                person: person.to(),
                birth_date,
                is_protected,
                unauthorised: u32::try_from(minutes).unwrap_or(0),
                of_the_day: u32::try_from(of_the_day).unwrap_or(u32::MAX),
                is_told,
                school_types,
            })
        })
        .collect::<Result<_, Error>>()?;
    Ok(Some(LessonDay { day, pupils }))
}

/// Holds the pupils until the end of the transaction: what is told of them is decided by one at a time.
///
/// # Errors
/// A failure of the database.
pub fn lock(tx: &mut Tx<'_>, of: &[PersonId]) -> Result<(), Error> {
    let of: Vec<Uid> = of.iter().copied().map(Uid::of).collect();
    tx.lock_in("persons", &of)
}

/// The lock that lets one server of all look for what was missed at a time.
const LOCK: i64 = 0x736b_6f6c_6875_7307;

/// Whether it is this transaction's turn to look for what was missed.
///
/// # Errors
/// A failure of the database.
pub fn is_our_turn(tx: &mut Tx<'_>) -> Result<bool, Error> {
    tx.alone(LOCK)
}

/// Lessons of a day whose registers are closed, in which a pupil of a school type with the duty was away unauthorised,
/// and of whom nothing was told and nothing became a case; at most `most`. Of all organisers: only the program asks.
///
/// # Errors
/// A failure of the database.
pub fn missed(
    connection: &mut DatabaseConnection,
    day: NaiveDate,
    after: Option<(OrganiserId, LessonId)>,
    most: u32,
) -> Result<Vec<(OrganiserId, LessonId)>, Error> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = Guid)]
        organiser_id: Uid,
        #[diesel(sql_type = Guid)]
        id: Uid,
    }
    let mut cells: Vec<Cell> = vec![day.into()];
    let mut types = Vec::new();
    for duty in SAME_DAY_DUTIES {
        if let skolhus_domain::attendance::DutyOf::SchoolType(code) = duty.of {
            cells.push(code.to_owned().into());
            types.push(format!("${}", cells.len()));
        }
    }
    let begin = match after {
        None => String::new(),
        Some((organiser, lesson)) => {
            cells.push(Uid::of(organiser).into());
            cells.push(Uid::of(lesson).into());
            format!("AND (lessons.organiser_id, lessons.id) > (${}, ${})", cells.len() - 1, cells.len())
        }
    };
    let enrolled = enrolled!("1");
    let enrolled = enrolled.strip_suffix(')').unwrap_or(enrolled);
    let text = format!(
        "SELECT lessons.organiser_id, lessons.id FROM lessons \
         JOIN course_offerings ON course_offerings.organiser_id = lessons.organiser_id \
         AND course_offerings.id = lessons.offering_id \
         JOIN attendance_registers ON attendance_registers.organiser_id = lessons.organiser_id \
         AND attendance_registers.id = lessons.id AND attendance_registers.state = 'closed' \
         WHERE lessons.day = $1 AND lessons.withdrawn_at IS NULL AND lessons.state = 'planned' {begin} \
         AND EXISTS (SELECT 1 FROM attendances JOIN persons ON persons.organiser_id = attendances.organiser_id \
         AND persons.id = attendances.person_id WHERE attendances.organiser_id = lessons.organiser_id \
         AND attendances.lesson_id = lessons.id AND attendances.withdrawn_at IS NULL \
         AND attendances.unauthorised_minutes > 0 AND persons.withdrawn_at IS NULL AND NOT {TOLD} \
         AND EXISTS {enrolled} AND enrolled.school_type IN ({types}))) \
         ORDER BY lessons.organiser_id, lessons.id LIMIT {most}",
        types = types.join(", ")
    );
    let rows: Vec<Row> = load(connection, text, cells)?;
    Ok(rows.into_iter().map(|row| (row.organiser_id.to(), row.id.to())).collect())
}

/// Whether the register of a lesson that is held is closed.
///
/// # Errors
/// A failure of the database.
pub fn is_closed(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    lesson: LessonId,
) -> Result<bool, Error> {
    let closed = attendance_registers::table
        .inner_join(
            lessons::table.on(lessons::organiser_id
                .eq(attendance_registers::organiser_id)
                .and(lessons::id.eq(attendance_registers::id))),
        )
        .filter(attendance_registers::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(attendance_registers::id.eq(Uid::of(lesson)))
        .filter(attendance_registers::state.eq(RegisterState::Closed.code()))
        .filter(lessons::withdrawn_at.is_null())
        .filter(lessons::state.eq(LessonStateCode::Planned.code()));
    Ok(diesel::select(diesel::dsl::exists(closed)).get_result(connection)?)
}
