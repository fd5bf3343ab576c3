//! Calendars: the lessons of a person or a group over many days, in one statement that begins with whose they are, so
//! that it also tells whether the person or group is within reach.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Nullable, Text},
};
use skolhus_domain::{
    access::Scope,
    id::{GroupId, LessonId, PersonId},
    schedule::{CalendarSubject, LessonStateCode, LessonTime},
};

use super::{
    lesson_parts::{LessonRoom, read_rooms, rooms_text},
    lesson_row::inconsistent,
};
use crate::core::{
    connection::DatabaseConnection,
    error::Error,
    reach,
    statement::Statement,
    types::{Guid, Instant, Json, JsonDoc, Ts, Uid},
};

/// A lesson as a calendar shows it. Nobody is named in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CalendarLesson {
    /// Which one.
    pub id: LessonId,
    /// Its version, from 1.
    pub version: i64,
    /// When it was changed last.
    pub modified_at: DateTime<Utc>,
    /// When it is.
    pub time: LessonTime,
    /// Whether it is held.
    pub state: LessonStateCode,
    /// What its offering is called.
    pub offering_title: String,
    /// What it is about, where that is said.
    pub title: Option<String>,
    /// Its rooms and resources, by name.
    pub rooms: Vec<LessonRoom>,
}

/// A row; without a lesson where there is none.
#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Nullable<Guid>)]
    id: Option<Uid>,
    #[diesel(sql_type = Nullable<BigInt>)]
    version: Option<i64>,
    #[diesel(sql_type = Nullable<Instant>)]
    modified_at: Option<Ts>,
    #[diesel(sql_type = Nullable<Instant>)]
    starts_at: Option<Ts>,
    #[diesel(sql_type = Nullable<Instant>)]
    ends_at: Option<Ts>,
    #[diesel(sql_type = Nullable<Text>)]
    state: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    offering_title: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    title: Option<String>,
    #[diesel(sql_type = Nullable<JsonDoc>)]
    rooms: Option<Json>,
}

/// The lessons of a person or a group from one day to another, by the time at which they begin, the first `most` of
/// them; none at all where the scope may have no calendar of the person or group. They are the lessons that
/// [`super::lesson::list`] finds for the scope: of a person those of the filters by participant and by teacher.
///
/// # Errors
/// A failure of the database.
pub fn lessons(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    subject: CalendarSubject,
    days: (NaiveDate, NaiveDate),
    most: u32,
) -> Result<Option<Vec<CalendarLesson>>, Error> {
    let rooms = rooms_text(connection.is_postgres());
    let organiser = Uid::of(scope.organiser());
    let mut statement = Statement::default();
    // A list of ids, made of several: with OR between them the databases would go through everybody's lessons. The words
    // CROSS JOIN keep SQLite, which knows nothing of the tables' sizes, to the order of the tables.
    statement.sql("WITH theirs (id) AS (SELECT DISTINCT each.id FROM (");
    match subject {
        CalendarSubject::Person(person) => of_person(&mut statement, organiser, person, days),
        CalendarSubject::Group(group) => of_group(&mut statement, organiser, group, days),
    }
    statement.sql(&format!(
        ") AS each), shown AS (SELECT lessons.id AS id, lessons.version AS version, lessons.modified_at AS modified_at, \
         lessons.starts_at AS starts_at, lessons.ends_at AS ends_at, lessons.state AS state, \
         course_offerings.title AS offering_title, lessons.title AS title, {rooms} AS rooms \
         FROM theirs CROSS JOIN lessons CROSS JOIN course_offerings WHERE lessons.id = theirs.id \
         AND course_offerings.organiser_id = lessons.organiser_id AND course_offerings.id = lessons.offering_id AND "
    ));
    statement.condition(&reach::lessons_in_calendars(scope));
    statement.sql(&format!(" ORDER BY lessons.starts_at, lessons.id LIMIT {most}) SELECT shown.* FROM "));
    match subject {
        CalendarSubject::Person(person) => {
            statement.sql("persons LEFT JOIN shown ON TRUE WHERE persons.id = ");
            statement.bind(Uid::of(person));
            statement.sql(" AND ");
            statement.condition(&reach::persons_in_calendars(scope));
        }
        CalendarSubject::Group(group) => {
            statement.sql("groups LEFT JOIN shown ON TRUE WHERE groups.id = ");
            statement.bind(Uid::of(group));
            statement.sql(" AND ");
            statement.condition(&reach::groups_in_calendars(scope));
        }
    }
    statement.sql(" ORDER BY shown.starts_at, shown.id");
    let rows: Vec<Row> = statement.load(connection)?;
    if rows.is_empty() {
        return Ok(None);
    }
    rows.into_iter().filter_map(|row| row.id.map(|id| read(id, row))).collect::<Result<_, _>>().map(Some)
}

/// The first and the last day.
type Days = (NaiveDate, NaiveDate);

/// The ids of the lessons in which a person is expected, and of those that they take: as a teacher of the offering on
/// the day who is not away, or standing in.
fn of_person(statement: &mut Statement, organiser: Uid, person: PersonId, days: Days) {
    statement.sql(
        "SELECT of_lesson.id FROM participations AS of_part CROSS JOIN lessons AS of_lesson \
         WHERE of_lesson.organiser_id = of_part.organiser_id AND of_lesson.offering_id = of_part.offering_id \
         AND of_lesson.day >= of_part.held_from AND of_lesson.day <= of_part.held_to \
         AND of_part.withdrawn_at IS NULL AND NOT EXISTS (SELECT 1 FROM attendance_exemptions AS exempted \
         WHERE exempted.organiser_id = of_lesson.organiser_id AND exempted.lesson_id = of_lesson.id \
         AND exempted.person_id = of_part.person_id AND exempted.withdrawn_at IS NULL) AND of_part.person_id = ",
    );
    statement.bind(Uid::of(person));
    of_organiser(statement, organiser, days);
    statement.sql(
        " UNION ALL SELECT of_lesson.id FROM offering_teachers AS of_part CROSS JOIN lessons AS of_lesson \
         WHERE of_lesson.organiser_id = of_part.organiser_id AND of_lesson.offering_id = of_part.offering_id \
         AND of_lesson.day >= of_part.valid_from AND (of_part.valid_to IS NULL OR of_lesson.day <= of_part.valid_to) \
         AND of_part.withdrawn_at IS NULL AND NOT EXISTS (SELECT 1 FROM lesson_staff AS of_staff \
         WHERE of_staff.organiser_id = of_lesson.organiser_id AND of_staff.lesson_id = of_lesson.id \
         AND of_staff.withdrawn_at IS NULL AND of_staff.part = 'away' AND of_staff.duty_id = of_part.duty_id)",
    );
    of_duties(statement, organiser, person);
    of_organiser(statement, organiser, days);
    statement.sql(
        " UNION ALL SELECT of_lesson.id FROM lesson_staff AS of_part CROSS JOIN lessons AS of_lesson \
         WHERE of_lesson.organiser_id = of_part.organiser_id AND of_lesson.id = of_part.lesson_id \
         AND of_part.withdrawn_at IS NULL AND of_part.part <> 'away'",
    );
    of_duties(statement, organiser, person);
    of_organiser(statement, organiser, days);
}

/// The ids of the lessons of the offerings that a group drives on the day.
fn of_group(statement: &mut Statement, organiser: Uid, group: GroupId, days: Days) {
    statement.sql(
        "SELECT of_lesson.id FROM offering_groups AS of_part CROSS JOIN lessons AS of_lesson \
         WHERE of_lesson.organiser_id = of_part.organiser_id AND of_lesson.offering_id = of_part.offering_id \
         AND of_lesson.day >= of_part.valid_from AND (of_part.valid_to IS NULL OR of_lesson.day <= of_part.valid_to) \
         AND of_part.withdrawn_at IS NULL AND of_part.group_id = ",
    );
    statement.bind(Uid::of(group));
    of_organiser(statement, organiser, days);
}

/// `AND` the duty is one of the person's.
fn of_duties(statement: &mut Statement, organiser: Uid, person: PersonId) {
    statement.sql(
        " AND of_part.duty_id IN (SELECT of_duty.id FROM duties AS of_duty WHERE of_duty.withdrawn_at IS NULL \
         AND of_duty.organiser_id = ",
    );
    statement.bind(organiser);
    statement.sql(" AND of_duty.person_id = ");
    statement.bind(Uid::of(person));
    statement.sql(")");
}

/// `AND` it is the organiser's, and on one of the days.
fn of_organiser(statement: &mut Statement, organiser: Uid, (from, to): Days) {
    statement.sql(" AND of_part.organiser_id = ");
    statement.bind(organiser);
    statement.sql(" AND of_lesson.day >= ");
    statement.bind(from);
    statement.sql(" AND of_lesson.day <= ");
    statement.bind(to);
}

fn read(id: Uid, row: Row) -> Result<CalendarLesson, Error> {
    let Row { id: _, version, modified_at, starts_at, ends_at, state, offering_title, title, rooms } = row;
    let missing = || inconsistent(id, "a column is missing");
    let (starts_at, ends_at) = (starts_at.ok_or_else(missing)?, ends_at.ok_or_else(missing)?);
    let unreadable = |_| inconsistent(id, "its time or its state cannot be read");
    Ok(CalendarLesson {
        id: id.to(),
        version: version.ok_or_else(missing)?,
        modified_at: modified_at.ok_or_else(missing)?.0,
        time: LessonTime::new(starts_at.0, ends_at.0).map_err(unreadable)?,
        state: LessonStateCode::from_code(&state.ok_or_else(missing)?).map_err(unreadable)?,
        offering_title: offering_title.ok_or_else(missing)?,
        title,
        rooms: read_rooms(id, rooms)?,
    })
}
