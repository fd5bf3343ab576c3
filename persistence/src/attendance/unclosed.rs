//! Lessons that have begun and whose registers nobody has closed.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    attendance::RegisterState,
    id::{LessonId, OfferingId, SchoolUnitId},
    schedule::LessonStateCode,
};

use crate::{
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset},
        reach,
        types::{Ts, Uid},
    },
    schema::{attendance_registers, course_offerings, lessons},
};

/// What a list of them is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum UnclosedSort {
    /// When the lesson begins.
    #[default]
    StartsAt,
}

/// A lesson whose register is not closed.
#[derive(Clone, Debug)]
pub struct Unclosed {
    /// The lesson.
    pub lesson: LessonId,
    /// Of what.
    pub offering: OfferingId,
    /// What that is called.
    pub offering_title: String,
    /// Where.
    pub school_unit: SchoolUnitId,
    /// When it began.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// Whether anything is registered.
    pub is_begun: bool,
}

#[diesel::dsl::auto_type]
fn joined() -> _ {
    let with_offering = course_offerings::organiser_id
        .eq(lessons::organiser_id)
        .and(course_offerings::id.eq(lessons::offering_id));
    let with_register = attendance_registers::organiser_id
        .eq(lessons::organiser_id)
        .and(attendance_registers::id.eq(lessons::id));
    lessons::table
        .inner_join(course_offerings::table.on(with_offering))
        .left_join(attendance_registers::table.on(with_register))
}

type Row = (Uid, Uid, String, Uid, Ts, Ts, Option<String>);

/// One page of the lessons of a day that the caller has in hand, that have begun, and whose registers are not closed.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    day: NaiveDate,
    request: &PageRequest<UnclosedSort>,
) -> Result<Page<Unclosed>, Error> {
    let mut query: diesel::dsl::IntoBoxed<'_, joined, MultiBackend> = joined()
        .into_boxed()
        .filter(reach::lessons_taught(scope))
        .filter(lessons::day.eq(day))
        .filter(lessons::state.eq(LessonStateCode::Planned.code()))
        .filter(lessons::starts_at.le(Ts::of(scope.now())))
        .filter(
            attendance_registers::state
                .nullable()
                .is_null()
                .or(attendance_registers::state.nullable().eq(RegisterState::Open.code())),
        );
    if let Some(after) = request.modified_after {
        query = query.filter(lessons::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        UnclosedSort::StartsAt => keyset!(query, request, lessons::starts_at, lessons::id, instant),
    };
    let rows: Vec<Row> = query
        .select((
            lessons::id,
            lessons::offering_id,
            course_offerings::title,
            course_offerings::school_unit_id,
            lessons::starts_at,
            lessons::ends_at,
            attendance_registers::state.nullable(),
        ))
        .load(connection)?;
    let cursor = |(id, _, _, _, starts_at, ..): &Row| Cursor { key: instant_key(*starts_at), id: id.0 };
    Page::cut(rows, request.limit, cursor).try_map(|row| {
        let (lesson, offering, offering_title, school_unit, starts_at, ends_at, state) = row;
        Ok(Unclosed {
            lesson: lesson.to(),
            offering: offering.to(),
            offering_title,
            school_unit: school_unit.to(),
            starts_at: starts_at.0,
            ends_at: ends_at.0,
            is_begun: state.is_some(),
        })
    })
}
