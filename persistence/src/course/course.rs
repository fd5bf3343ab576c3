//! Courses and subjects of the catalogue.

use chrono::NaiveDate;
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    course::{Course, CourseKind},
    id::CourseId,
    period::Period,
    person::{search_key_of_query, search_key_of_text, sort_key_of_text},
    text::Text,
};

use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        feed::modified_after,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset, text},
        record::record,
        rows::MOST_IDS,
        tx::Tx,
        types::{Ts, Uid},
        value_row::{self, ValueRow, inconsistent, saved},
    },
    schema::{course_offerings, courses},
};

record! {
    /// A course's row.
    pub(crate) struct CourseRow in courses as "course" {
        code: String,
        title: String,
        title_sort_key: String,
        title_search_key: String,
        subject_code: Option<String>,
        kind: String,
        points: Option<i32>,
        valid_from: NaiveDate,
        valid_to: Option<NaiveDate>,
    }
}

/// What a list of courses is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CourseSort {
    /// Title, in Swedish order.
    #[default]
    Title,
    /// Code, byte by byte.
    Code,
    /// When it was changed last.
    ModifiedAt,
}

/// Which courses are asked for.
#[derive(Clone, Debug, Default)]
pub struct CourseFilter {
    /// With one of these codes, exactly.
    pub codes: Vec<String>,
    /// Words of the title, each by its beginning.
    pub title: Option<String>,
    /// Courses, subjects, or both.
    pub kinds: Vec<CourseKind>,
    /// Of these subjects.
    pub subject_codes: Vec<String>,
    /// Those that may be offered on this day.
    pub valid_on: Option<NaiveDate>,
}

/// The catalogue is one for the organiser, and no secret within it.
fn reachable<'a>(scope: &Scope) -> courses::BoxedQuery<'a, MultiBackend> {
    courses::table
        .filter(courses::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(courses::withdrawn_at.is_null())
        .into_boxed()
}

/// One course.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: CourseId,
) -> Result<Option<Saved<CourseId, Course>>, Error> {
    let row = reachable(scope)
        .filter(courses::id.eq(Uid::of(id)))
        .select(CourseRow::as_select())
        .first(connection)
        .optional()?;
    row.map(saved).transpose()
}

/// Those of the courses that there are, in no order.
///
/// # Errors
/// A failure of the database.
pub fn find_many(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[CourseId],
) -> Result<Vec<Saved<CourseId, Course>>, Error> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(MOST_IDS) {
        let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
        let rows: Vec<CourseRow> = reachable(scope)
            .filter(courses::id.eq_any(ids))
            .select(CourseRow::as_select())
            .load(connection)?;
        for row in rows {
            found.push(saved(row)?);
        }
    }
    Ok(found)
}

/// Whether the id is in use, also by a withdrawn course.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(connection: &mut DatabaseConnection, scope: &Scope, id: CourseId) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(diesel::dsl::exists(courses::table.find(key))).get_result(connection)?)
}

/// Another course that has the code on one of the days, if there is one.
///
/// # Errors
/// A failure of the database.
pub fn namesake(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: CourseId,
    course: &Course,
) -> Result<Option<Saved<CourseId, Course>>, Error> {
    let mut query = reachable(scope)
        .filter(courses::code.eq(course.code.as_str().to_owned()))
        .filter(courses::id.ne(Uid::of(id)))
        .filter(courses::valid_to.is_null().or(courses::valid_to.ge(course.valid.from())));
    if let Some(to) = course.valid.to() {
        query = query.filter(courses::valid_from.le(to));
    }
    let row = query
        .order((courses::valid_from, courses::id))
        .select(CourseRow::as_select())
        .first(connection)
        .optional()?;
    row.map(saved).transpose()
}

/// Whether any offering of the course stands in the register, within the caller's reach or not.
///
/// # Errors
/// A failure of the database.
pub fn is_offered(connection: &mut DatabaseConnection, scope: &Scope, id: CourseId) -> Result<bool, Error> {
    let offerings = course_offerings::table
        .filter(course_offerings::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(course_offerings::course_id.eq(Uid::of(id)))
        .filter(course_offerings::withdrawn_at.is_null());
    Ok(diesel::select(diesel::dsl::exists(offerings)).get_result(connection)?)
}

/// The first days of the earliest and the latest offering of the course, within the caller's
/// reach or not; none when it is not offered.
///
/// # Errors
/// A failure of the database.
pub fn offered_between(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: CourseId,
) -> Result<Option<(NaiveDate, NaiveDate)>, Error> {
    use diesel::dsl::{max, min};
    let (first, last): (Option<NaiveDate>, Option<NaiveDate>) = course_offerings::table
        .filter(course_offerings::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(course_offerings::course_id.eq(Uid::of(id)))
        .filter(course_offerings::withdrawn_at.is_null())
        .select((min(course_offerings::first_day), max(course_offerings::first_day)))
        .first(connection)?;
    Ok(first.zip(last))
}

/// One page of the courses.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &CourseFilter,
    request: &PageRequest<CourseSort>,
) -> Result<Page<Saved<CourseId, Course>>, Error> {
    let CourseFilter { codes, title, kinds, subject_codes, valid_on } = filter;
    let mut query = reachable(scope);
    if !codes.is_empty() {
        query = query.filter(courses::code.eq_any(codes.clone()));
    }
    for word in search_key_of_query(title.as_deref().unwrap_or_default()).split_whitespace() {
        query = query.filter(courses::title_search_key.like(format!("% {word}%")));
    }
    if !kinds.is_empty() {
        query = query.filter(courses::kind.eq_any(kinds.iter().map(|kind| kind.code()).collect::<Vec<_>>()));
    }
    if !subject_codes.is_empty() {
        query = query.filter(courses::subject_code.eq_any(subject_codes.clone()));
    }
    if let Some(day) = *valid_on {
        query = query
            .filter(courses::valid_from.le(day))
            .filter(courses::valid_to.is_null().or(courses::valid_to.ge(day)));
    }
    let query = modified_after!(query, request, scope, courses, "course");
    let query = match request.sort {
        CourseSort::Title => keyset!(query, request, courses::title_sort_key, courses::id, text),
        CourseSort::Code => keyset!(query, request, courses::code, courses::id, text),
        CourseSort::ModifiedAt => keyset!(query, request, courses::modified_at, courses::id, instant),
    };
    let rows = query.select(CourseRow::as_select()).load(connection)?;
    let cursor = |row: &CourseRow| Cursor {
        key: match request.sort {
            CourseSort::Title => row.title_sort_key.clone(),
            CourseSort::Code => row.code.clone(),
            CourseSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).followed(connection, "course", scope, request)?.try_map(saved)
}

/// Holds the catalogue until the end of the transaction: a code is one course's on any one day.
///
/// # Errors
/// A failure of the database.
pub fn lock_catalogue(tx: &mut Tx<'_>, scope: &Scope) -> Result<(), Error> {
    tx.lock_in("organisers", &[Uid::of(scope.organiser())])
}

/// Holds one course until the end of the transaction, so that it stays while it is being offered.
///
/// # Errors
/// A failure of the database.
pub fn lock(tx: &mut Tx<'_>, _scope: &Scope, id: CourseId) -> Result<(), Error> {
    tx.lock_in("courses", &[Uid::of(id)])
}

/// As [`lock`], for several.
///
/// # Errors
/// A failure of the database.
pub fn lock_many(tx: &mut Tx<'_>, _scope: &Scope, ids: &[CourseId]) -> Result<(), Error> {
    let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
    tx.lock_in("courses", &ids)
}

/// Enters courses.
///
/// # Errors
/// A failure of the database.
pub fn insert_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    new: &[(CourseId, Course)],
) -> Result<Vec<Saved<CourseId, Course>>, Error> {
    value_row::insert_many::<CourseRow>(tx, scope, new)
}

/// Saves new states of courses, each as the next version after the state it was made from.
///
/// # Errors
/// [`Error::Stale`] when one has changed meanwhile; a failure of the database.
pub fn update_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    changes: &[(Saved<CourseId, Course>, Course)],
) -> Result<Vec<Saved<CourseId, Course>>, Error> {
    value_row::update_many::<CourseRow>(tx, scope, changes)
}

/// Withdraws a course as a mistaken entry.
///
/// # Errors
/// As [`update_many`].
pub fn withdraw(tx: &mut Tx<'_>, scope: &Scope, before: &Saved<CourseId, Course>) -> Result<(), Error> {
    value_row::withdraw_many::<CourseRow>(tx, scope, std::slice::from_ref(before))
}

impl ValueRow for CourseRow {
    type Id = CourseId;
    type Value = Course;

    fn of(organiser_id: Uid, id: Uid, now: Ts, course: &Course) -> Self {
        let Course { code, title, subject_code, kind, points, valid } = course;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            code: code.as_str().to_owned(),
            title: title.as_str().to_owned(),
            title_sort_key: sort_key_of_text(title.as_str()),
            title_search_key: search_key_of_text(title.as_str()),
            subject_code: subject_code.as_ref().map(|code| code.as_str().to_owned()),
            kind: kind.code().to_owned(),
            // At most 5000.
            points: points.and_then(|points| i32::try_from(points).ok()),
            valid_from: valid.from(),
            valid_to: valid.to(),
        }
    }

    fn into_value(self) -> Result<Course, Error> {
        let Self {
            organiser_id: _,
            id,
            version: _,
            created_at: _,
            modified_at: _,
            withdrawn_at: _,
            code,
            title,
            title_sort_key: _,
            title_search_key: _,
            subject_code,
            kind,
            points,
            valid_from,
            valid_to,
        } = self;
        let refused = inconsistent::<CourseRow>(id);
        Ok(Course {
            code: Text::line(&code, 40).map_err(refused)?,
            title: Text::line(&title, 200).map_err(refused)?,
            subject_code: subject_code.map(|code| Text::line(&code, 40)).transpose().map_err(refused)?,
            kind: CourseKind::from_code(&kind).map_err(refused)?,
            points: points.and_then(|points| u32::try_from(points).ok()),
            valid: Period::new(valid_from, valid_to).map_err(refused)?,
        })
    }
}
