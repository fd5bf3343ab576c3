//! What is registered of persons in lessons, as lists show it.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    attendance::Registered,
    id::{AccountId, GroupId, Id, LessonId, OfferingId, PersonId, SchoolUnitId},
    person::PersonName,
};

use super::{
    named::{NameColumns, named},
    register_row::AttendanceRow,
};
use crate::{
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset},
        reach, shown_name,
        types::{Json, Ts, Uid},
    },
    schema::{attendances, course_offerings, group_memberships, lessons, persons},
};

/// What a list of attendance is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MarkSort {
    /// When the lesson begins.
    #[default]
    StartsAt,
    /// When it was changed last.
    ModifiedAt,
}

/// Which attendance is asked for. An empty list asks for all.
#[derive(Clone, Debug, Default)]
pub struct MarkFilter {
    /// Of these persons.
    pub persons: Vec<PersonId>,
    /// In lessons of these offerings.
    pub offerings: Vec<OfferingId>,
    /// Of those who belong to one of these groups on the day.
    pub groups: Vec<GroupId>,
    /// In lessons of offerings of these school units.
    pub school_units: Vec<SchoolUnitId>,
    /// On this day or later.
    pub from: Option<NaiveDate>,
    /// On this day or earlier.
    pub to: Option<NaiveDate>,
}

/// What is registered of a person in a lesson, with what it is shown with.
#[derive(Clone, Debug)]
pub struct MarkView {
    /// The row.
    pub id: uuid::Uuid,
    /// Its version.
    pub version: i64,
    /// When it was first entered.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub modified_at: DateTime<Utc>,
    /// Of whom.
    pub person: PersonId,
    /// The name under which the caller meets them.
    pub name: PersonName,
    /// In which lesson.
    pub lesson: LessonId,
    /// The lesson's offering.
    pub offering: OfferingId,
    /// What the offering is called.
    pub offering_title: String,
    /// Where.
    pub school_unit: SchoolUnitId,
    /// When the lesson begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// Whether it is cancelled: then the mark counts in nothing.
    pub is_cancelled: bool,
    /// What is registered.
    pub registered: Registered,
    /// By which account; none by the program itself.
    pub registered_by: Option<AccountId>,
}

/// Attendance with lessons, offerings and persons.
#[diesel::dsl::auto_type]
fn joined() -> _ {
    let with_lesson =
        lessons::organiser_id.eq(attendances::organiser_id).and(lessons::id.eq(attendances::lesson_id));
    let with_offering = course_offerings::organiser_id
        .eq(lessons::organiser_id)
        .and(course_offerings::id.eq(lessons::offering_id));
    let with_person =
        persons::organiser_id.eq(attendances::organiser_id).and(persons::id.eq(attendances::person_id));
    attendances::table
        .inner_join(lessons::table.on(with_lesson))
        .inner_join(course_offerings::table.on(with_offering))
        .inner_join(persons::table.on(with_person))
}

type Joined<'a> = diesel::dsl::IntoBoxed<'a, joined, MultiBackend>;
type LessonColumns = (Uid, String, Uid, Ts, Ts, String);
type ViewRow = (AttendanceRow, LessonColumns, NameColumns, Option<Json>);

/// One page of the attendance within reach, in one statement.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &MarkFilter,
    request: &PageRequest<MarkSort>,
) -> Result<Page<MarkView>, Error> {
    let postgres = connection.is_postgres();
    let mut query = filtered(scope, filter);
    if let Some(after) = request.modified_after {
        query = query.filter(attendances::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        MarkSort::StartsAt => keyset!(query, request, lessons::starts_at, attendances::id, instant),
        MarkSort::ModifiedAt => keyset!(query, request, attendances::modified_at, attendances::id, instant),
    };
    let rows: Vec<ViewRow> = query
        .select((
            AttendanceRow::as_select(),
            (
                lessons::offering_id,
                course_offerings::title,
                course_offerings::school_unit_id,
                lessons::starts_at,
                lessons::ends_at,
                lessons::state,
            ),
            (persons::given_name, persons::middle_name, persons::family_name, persons::preferred_given_name),
            shown_name::column(postgres),
        ))
        .load(connection)?;
    let cursor = |(row, (.., starts_at, _, _), ..): &ViewRow| Cursor {
        key: instant_key(match request.sort {
            MarkSort::StartsAt => *starts_at,
            MarkSort::ModifiedAt => row.modified_at,
        }),
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(|row| view(scope, row))
}

fn view(scope: &Scope, (row, lesson, name, plan): ViewRow) -> Result<MarkView, Error> {
    let (offering, offering_title, school_unit, starts_at, ends_at, state) = lesson;
    let person: PersonId = row.person_id.to();
    Ok(MarkView {
        id: row.id.0,
        version: row.version,
        created_at: row.created_at.0,
        modified_at: row.modified_at.0,
        person,
        name: named(scope, person, name, plan)?,
        lesson: row.lesson_id.to(),
        offering: offering.to(),
        offering_title,
        school_unit: school_unit.to(),
        starts_at: starts_at.0,
        ends_at: ends_at.0,
        is_cancelled: state == "cancelled",
        registered: row.registered()?,
        registered_by: row.registered_by_id.map(|id| AccountId::from_uuid(id.0)),
    })
}

fn filtered<'a>(scope: &Scope, filter: &MarkFilter) -> Joined<'a> {
    let MarkFilter { persons: of, offerings, groups, school_units, from, to } = filter;
    let mut query =
        joined().into_boxed().filter(attendances::withdrawn_at.is_null()).filter(reach::attendances(scope));
    if !of.is_empty() {
        query = query.filter(attendances::person_id.eq_any(Uid::all(of)));
    }
    if !offerings.is_empty() {
        query = query.filter(lessons::offering_id.eq_any(Uid::all(offerings)));
    }
    if !school_units.is_empty() {
        query = query.filter(course_offerings::school_unit_id.eq_any(Uid::all(school_units)));
    }
    if !groups.is_empty() {
        let members = group_memberships::table
            .filter(group_memberships::organiser_id.eq(attendances::organiser_id))
            .filter(group_memberships::person_id.eq(attendances::person_id))
            .filter(group_memberships::withdrawn_at.is_null())
            .filter(group_memberships::group_id.eq_any(Uid::all(groups)))
            .filter(group_memberships::valid_from.le(lessons::day))
            .filter(
                group_memberships::valid_to
                    .is_null()
                    .or(group_memberships::valid_to.ge(lessons::day.nullable())),
            );
        query = query.filter(diesel::dsl::exists(members));
    }
    if let Some(day) = *from {
        query = query.filter(lessons::day.ge(day));
    }
    if let Some(day) = *to {
        query = query.filter(lessons::day.le(day));
    }
    query
}
