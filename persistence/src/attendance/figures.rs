//! What figures are made of: how often persons stood in lessons in the same way. The database counts what is alike, and
//! the domain adds it up; no row is read for each lesson of each person.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::{
    QueryableByName,
    prelude::*,
    sql_types::{BigInt, Bool, Date, Integer, Nullable, Text},
};
use skolhus_domain::{
    access::Scope,
    attendance::{Counted, Fact, Mark, MarkCode, Missed, Setting, Unit},
    id::{GroupId, OfferingId, PersonId, SchoolUnitId},
    person::PersonName,
    refusal::Refusal,
};

use super::named;
use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        reach,
        statement::Statement,
        types::{Guid, Ts, Uid},
    },
    schema::{course_offerings, groups, participations, persons, school_units},
};

/// What is counted together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Key {
    /// Everything.
    Whole,
    /// What concerns a person; protected ones only under the name by which the caller meets them.
    Person,
    /// What is in lessons of an offering.
    Offering,
    /// What concerns those who belong to a group on the day.
    Group,
    /// What is in lessons at a school unit.
    SchoolUnit,
    /// What is on a day.
    Day,
    /// What concerns a person on a day.
    PersonAndDay,
}

/// What is counted. An empty list asks for all.
#[derive(Clone, Debug)]
pub struct FactFilter {
    /// Of these persons; of protected ones only what the caller meets under a name.
    pub persons: Vec<PersonId>,
    /// In lessons of these offerings.
    pub offerings: Vec<OfferingId>,
    /// Of those who belong to one of these groups on the day.
    pub groups: Vec<GroupId>,
    /// In lessons at these school units.
    pub school_units: Vec<SchoolUnitId>,
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// Only in lessons that have begun by then.
    pub begun_by: DateTime<Utc>,
}

/// What is alike, under one key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CountedUnder {
    /// The person, the offering, the group or the school unit; none where nothing or days are the key.
    pub key: Option<uuid::Uuid>,
    /// The day, where days are the key.
    pub day: Option<NaiveDate>,
    /// What and how often.
    pub counted: Counted,
}

/// How attendance is counted for everybody, as the organiser has decided; in the unit that is asked for, if one is. Every
/// figure asks here, so that a decision holds for all of them.
///
/// # Errors
/// A failure of the database.
pub fn setting(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    unit: Option<Unit>,
) -> Result<Setting, Error> {
    let counting = super::setting::in_force(connection, scope)?.counting;
    Ok(Setting { unit: unit.unwrap_or(counting.unit), ..counting })
}

#[derive(QueryableByName)]
struct CountedRow {
    #[diesel(sql_type = Nullable<Guid>)]
    key: Option<Uid>,
    #[diesel(sql_type = Nullable<Date>)]
    day: Option<NaiveDate>,
    #[diesel(sql_type = Integer)]
    length: i32,
    #[diesel(sql_type = Bool)]
    held: bool,
    #[diesel(sql_type = Nullable<Text>)]
    mark: Option<String>,
    #[diesel(sql_type = Nullable<Integer>)]
    late_minutes: Option<i32>,
    #[diesel(sql_type = Nullable<Integer>)]
    left_early_minutes: Option<i32>,
    #[diesel(sql_type = Nullable<Bool>)]
    missed_authorised: Option<bool>,
    #[diesel(sql_type = BigInt)]
    times: i64,
}

/// Counts what is alike, in one statement. In a lesson are those who take part in its offering on the day, are not on
/// a study break and not exempted, and those who have a mark in it although they are not; each once.
///
/// # Errors
/// A failure of the database.
pub fn count(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &FactFilter,
    key: Key,
) -> Result<Vec<CountedUnder>, Error> {
    let postgres = connection.is_postgres();
    let is_named = matches!(key, Key::Person | Key::PersonAndDay) || !filter.persons.is_empty();
    let within =
        if is_named { reach::attendances_by_person(scope) } else { reach::attendances_counted(scope) };
    let length = if postgres {
        "CAST(EXTRACT(EPOCH FROM (lessons.ends_at - lessons.starts_at)) / 60 AS INTEGER)"
    } else {
        "(lessons.ends_at - lessons.starts_at) / 60000000"
    };
    let met = format!(
        "SELECT lessons.id AS lesson_id, lessons.day AS day, {length} AS length, \
         lessons.state <> 'cancelled' AS held, lessons.offering_id AS offering_id, \
         course_offerings.school_unit_id AS school_unit_id, persons.id AS person_id FROM "
    );
    let mut statement = Statement::default();
    // A UNION without ALL would let SQLite go through the lessons of the whole organiser, to merge the two in order.
    statement.sql("WITH met AS (SELECT DISTINCT * FROM (");
    statement.sql(&met);
    statement.sql(
        "participations JOIN persons ON persons.organiser_id = participations.organiser_id \
         AND persons.id = participations.person_id \
         JOIN course_offerings ON course_offerings.organiser_id = participations.organiser_id \
         AND course_offerings.id = participations.offering_id \
         JOIN lessons ON lessons.organiser_id = participations.organiser_id \
         AND lessons.offering_id = participations.offering_id \
         AND lessons.day BETWEEN participations.held_from AND participations.held_to \
         WHERE participations.withdrawn_at IS NULL AND ",
    );
    statement.condition(&reach::attends(postgres));
    asked(&mut statement, filter, &within);
    statement.sql(" UNION ALL ");
    statement.sql(&met);
    statement.sql(
        "attendances JOIN persons ON persons.organiser_id = attendances.organiser_id \
         AND persons.id = attendances.person_id \
         JOIN lessons ON lessons.organiser_id = attendances.organiser_id AND lessons.id = attendances.lesson_id \
         JOIN course_offerings ON course_offerings.organiser_id = lessons.organiser_id \
         AND course_offerings.id = lessons.offering_id WHERE attendances.withdrawn_at IS NULL",
    );
    asked(&mut statement, filter, &within);
    let (by, day, grouped) = match key {
        Key::Whole => ("NULL", "NULL", ""),
        Key::Person => ("met.person_id", "NULL", "met.person_id, "),
        Key::Offering => ("met.offering_id", "NULL", "met.offering_id, "),
        Key::SchoolUnit => ("met.school_unit_id", "NULL", "met.school_unit_id, "),
        Key::Day => ("NULL", "met.day", "met.day, "),
        Key::PersonAndDay => ("met.person_id", "met.day", "met.person_id, met.day, "),
        Key::Group => ("member.group_id", "NULL", "member.group_id, "),
    };
    statement.sql(&format!(
        ") AS each) SELECT {by} AS key, {day} AS day, met.length AS length, met.held AS held, a.mark AS mark, \
         a.late_minutes AS late_minutes, a.left_early_minutes AS left_early_minutes, \
         a.missed_authorised AS missed_authorised, COUNT(*) AS times FROM met \
         LEFT JOIN attendances a ON a.lesson_id = met.lesson_id AND a.person_id = met.person_id \
         AND a.withdrawn_at IS NULL AND a.organiser_id = "
    ));
    statement.bind(Uid::of(scope.organiser()));
    if key == Key::Group {
        statement.sql(
            " JOIN group_memberships member ON member.person_id = met.person_id AND member.withdrawn_at IS NULL \
             AND member.valid_from <= met.day AND (member.valid_to IS NULL OR member.valid_to >= met.day) \
             AND member.organiser_id = ",
        );
        statement.bind(Uid::of(scope.organiser()));
        statement.within("member.group_id", &filter.groups);
    }
    statement.sql(&format!(
        " GROUP BY {grouped}met.length, met.held, a.mark, a.late_minutes, a.left_early_minutes, a.missed_authorised"
    ));
    let rows: Vec<CountedRow> = statement.load(connection)?;
    rows.into_iter().map(|row| counted(row, filter)).collect()
}

/// What both halves of the statement ask of a lesson and a person.
fn asked(statement: &mut Statement, filter: &FactFilter, within: &reach::Condition) {
    let FactFilter { persons, offerings, groups, school_units, from, to, begun_by } = filter;
    statement.sql(" AND ");
    statement.condition(within);
    statement.sql(" AND lessons.day >= ");
    statement.bind(*from);
    statement.sql(" AND lessons.day <= ");
    statement.bind(*to);
    statement.sql(" AND lessons.starts_at <= ");
    statement.bind(Ts::of(*begun_by));
    statement.within("persons.id", persons);
    statement.within("lessons.offering_id", offerings);
    statement.within("course_offerings.school_unit_id", school_units);
    if !groups.is_empty() {
        statement.sql(
            " AND EXISTS (SELECT 1 FROM group_memberships asked WHERE asked.organiser_id = persons.organiser_id \
             AND asked.person_id = persons.id AND asked.withdrawn_at IS NULL AND asked.valid_from <= lessons.day \
             AND (asked.valid_to IS NULL OR asked.valid_to >= lessons.day) AND asked.group_id",
        );
        statement.one_of(groups);
        statement.sql(")");
    }
}

fn counted(row: CountedRow, filter: &FactFilter) -> Result<CountedUnder, Error> {
    let unreadable = |detail: &str| Error::Inconsistent {
        table: "attendances",
        id: row.key.map_or_else(String::new, |key| key.0.to_string()),
        detail: format!("{detail} cannot be read"),
    };
    let refused = |refusal: Refusal| unreadable(&format!("{:?}", refusal.rule));
    let minutes =
        |minutes: Option<i32>| u32::try_from(minutes.unwrap_or(0)).map_err(|_| unreadable("minutes"));
    let mark = match &row.mark {
        None => None,
        Some(code) => {
            let code = MarkCode::from_code(code).map_err(refused)?;
            let authorised = row.missed_authorised.unwrap_or(false);
            let missed =
                Missed::registered(minutes(row.late_minutes)?, minutes(row.left_early_minutes)?, authorised)
                    .map_err(refused)?;
            Some(Mark::kept(code, missed))
        }
    };
    let fact = Fact {
        day: row.day.unwrap_or(filter.from),
        length: minutes(Some(row.length))?,
        is_held: row.held,
        mark,
    };
    let times = u64::try_from(row.times).map_err(|_| unreadable("the number"))?;
    Ok(CountedUnder { key: row.key.map(|key| key.0), day: row.day, counted: Counted { fact, times } })
}

/// The names of those who were counted, in the order of lists. One statement.
///
/// # Errors
/// A failure of the database.
pub fn names(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    counted: &[PersonId],
) -> Result<Vec<(PersonId, PersonName)>, Error> {
    named::names(connection, scope, counted)
}

/// When those who were counted were born, where that is known. One statement.
///
/// # Errors
/// A failure of the database.
pub fn birth_dates(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    counted: &[PersonId],
) -> Result<Vec<(PersonId, Option<NaiveDate>)>, Error> {
    let ids: Vec<Uid> = counted.iter().copied().map(Uid::of).collect();
    let found: Vec<(Uid, Option<NaiveDate>)> = persons::table
        .filter(persons::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(persons::id.eq_any(ids))
        .select((persons::id, persons::birth_date))
        .load(connection)?;
    Ok(found.into_iter().map(|(id, born)| (id.to(), born)).collect())
}

/// The offerings that are asked about, by title: within reach, with days in the period; those without lessons among
/// them. At most `most` and one more. One statement.
///
/// # Errors
/// A failure of the database.
pub fn offerings(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &FactFilter,
    counted: &[OfferingId],
    most: i64,
) -> Result<Vec<(OfferingId, String)>, Error> {
    let FactFilter { persons: of, offerings, groups: in_groups, school_units: at, from, to, begun_by: _ } =
        filter;
    let ids = |ids: &[OfferingId]| -> Vec<Uid> { ids.iter().copied().map(Uid::of).collect() };
    let mut query = course_offerings::table
        .filter(reach::offerings(scope))
        .order((course_offerings::title_sort_key, course_offerings::id))
        .select((course_offerings::id, course_offerings::title))
        .limit(most + 1)
        .into_boxed();
    let is_counted = course_offerings::id.eq_any(ids(counted));
    if in_groups.is_empty() {
        let overlaps = course_offerings::first_day.le(*to).and(course_offerings::last_day.ge(*from));
        query = query.filter(is_counted.or(overlaps));
    } else {
        query = query.filter(is_counted);
    }
    if !offerings.is_empty() {
        query = query.filter(course_offerings::id.eq_any(ids(offerings)));
    }
    if !at.is_empty() {
        let at: Vec<Uid> = at.iter().copied().map(Uid::of).collect();
        query = query.filter(course_offerings::school_unit_id.eq_any(at));
    }
    if !of.is_empty() {
        // Whoever is out of reach is found by nobody, not even through what they take part in.
        let of: Vec<Uid> = of.iter().copied().map(Uid::of).collect();
        let theirs = participations::table
            .inner_join(
                persons::table.on(persons::organiser_id
                    .eq(participations::organiser_id)
                    .and(persons::id.eq(participations::person_id))),
            )
            .filter(participations::organiser_id.eq(course_offerings::organiser_id))
            .filter(participations::offering_id.eq(course_offerings::id))
            .filter(participations::withdrawn_at.is_null())
            .filter(participations::held_from.le(*to))
            .filter(participations::held_to.ge(*from))
            .filter(participations::person_id.eq_any(of))
            .filter(reach::persons(scope));
        let is_counted = course_offerings::id.eq_any(ids(counted));
        query = query.filter(is_counted.or(diesel::dsl::exists(theirs)));
    }
    let found: Vec<(Uid, String)> = query.load(connection)?;
    Ok(found.into_iter().map(|(id, title)| (id.to(), title)).collect())
}

/// Those of the groups that are within reach, by name. One statement.
///
/// # Errors
/// A failure of the database.
pub fn groups_named(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    counted: &[GroupId],
) -> Result<Vec<(GroupId, String)>, Error> {
    let ids: Vec<Uid> = counted.iter().copied().map(Uid::of).collect();
    let found: Vec<(Uid, String)> = groups::table
        .filter(reach::groups(scope))
        .filter(groups::id.eq_any(ids))
        .order((groups::name_sort_key, groups::id))
        .select((groups::id, groups::name))
        .load(connection)?;
    Ok(found.into_iter().map(|(id, name)| (id.to(), name)).collect())
}

/// What the school units are called, by name. One statement.
///
/// # Errors
/// A failure of the database.
pub fn school_units_named(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    counted: &[SchoolUnitId],
) -> Result<Vec<(SchoolUnitId, String)>, Error> {
    let ids: Vec<Uid> = counted.iter().copied().map(Uid::of).collect();
    let found: Vec<(Uid, String)> = school_units::table
        .filter(school_units::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(school_units::id.eq_any(ids))
        .order((school_units::name_sort_key, school_units::id))
        .select((school_units::id, school_units::name))
        .load(connection)?;
    Ok(found.into_iter().map(|(id, name)| (id.to(), name)).collect())
}
