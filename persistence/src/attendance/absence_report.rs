//! Absence reports (frånvaroanmälningar).

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    attendance::{AbsenceReport, Extent, ExtentCode, ReportedBy, ReportedByCode},
    id::{AbsenceReportId, Id, LessonId, PersonId},
    instant::bounds_of_day,
    person::{PersonName, relation::Right},
    refusal::Refusal,
    schedule::{LessonStateCode, LessonTime},
};

use super::named::{NameColumns, met, name_columns};
use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset},
        reach,
        record::record,
        tx::Tx,
        types::{Json, Ts, Uid},
        value_row::inconsistent,
    },
    schema::{absence_report_lessons, absence_reports, lessons, participations, persons},
};

record! {
    /// A report's row.
    pub(crate) struct AbsenceReportRow in absence_reports as "absence report" {
        person_id: Uid,
        extent: String,
        first_day: Option<NaiveDate>,
        last_day: Option<NaiveDate>,
        starts_at: Option<Ts>,
        ends_at: Option<Ts>,
        reported_by: String,
        reported_by_id: Option<Uid>,
        entered_by_id: Option<Uid>,
        reported_at: Ts,
        ended_at: Option<Ts>,
    }
}

record! {
    /// A single lesson of a report.
    pub(crate) struct ReportLessonRow in absence_report_lessons as "absence report lesson" {
        report_id: Uid,
        lesson_id: Uid,
    }
}

/// What a list of reports is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ReportSort {
    /// When it was reported.
    #[default]
    ReportedAt,
    /// When it was changed last.
    ModifiedAt,
}

/// Which reports are asked for.
#[derive(Clone, Debug, Default)]
pub struct ReportFilter {
    /// Of these persons; empty for all.
    pub persons: Vec<PersonId>,
    /// About this day or later ones.
    pub from: Option<NaiveDate>,
    /// About this day or earlier ones.
    pub to: Option<NaiveDate>,
}

/// A report, with the name of whose absence it is.
#[derive(Clone, Debug)]
pub struct ReportView {
    /// The report.
    pub saved: Saved<AbsenceReportId, AbsenceReport>,
    /// The person's name, or the one under which the caller meets them.
    pub name: PersonName,
    row: AbsenceReportRow,
}

/// Somebody whose absence the caller may perhaps report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reportable {
    /// Who.
    pub person: PersonId,
    /// When they were born.
    pub birth_date: Option<NaiveDate>,
}

/// Those of the persons whom the caller reaches in any way; one statement.
///
/// # Errors
/// A failure of the database.
pub fn reportable(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[PersonId],
    right: Right,
) -> Result<Vec<Reportable>, Error> {
    let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
    let rows: Vec<(Uid, Option<NaiveDate>)> = persons::table
        .filter(persons::id.eq_any(ids))
        .filter(reach::persons_under_shown_names(scope).or(reach::wards_with(scope, right)))
        .select((persons::id, persons::birth_date))
        .load(connection)?;
    Ok(rows.into_iter().map(|(person, birth_date)| Reportable { person: person.to(), birth_date }).collect())
}

/// Those of the lessons that are held and in which one of the persons is expected, with their times; one statement.
///
/// # Errors
/// A failure of the database.
pub fn expected_in(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    of: &[PersonId],
    which: &[LessonId],
) -> Result<BTreeMap<(PersonId, LessonId), LessonTime>, Error> {
    if which.is_empty() {
        return Ok(BTreeMap::new());
    }
    let of: Vec<Uid> = of.iter().copied().map(Uid::of).collect();
    let which: Vec<Uid> = which.iter().copied().map(Uid::of).collect();
    let rows: Vec<(Uid, Uid, Ts, Ts)> = lessons::table
        .inner_join(
            participations::table.on(participations::organiser_id
                .eq(lessons::organiser_id)
                .and(participations::offering_id.eq(lessons::offering_id))),
        )
        .filter(lessons::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(lessons::id.eq_any(which))
        .filter(lessons::withdrawn_at.is_null())
        .filter(lessons::state.eq(LessonStateCode::Planned.code()))
        .filter(participations::person_id.eq_any(of))
        .filter(participations::withdrawn_at.is_null())
        .filter(participations::held_from.le(lessons::day.nullable()))
        .filter(participations::held_to.ge(lessons::day.nullable()))
        .filter(reach::is_not_exempted())
        .select((participations::person_id, lessons::id, lessons::starts_at, lessons::ends_at))
        .load(connection)?;
    rows.into_iter()
        .map(|(person, lesson, from, to)| {
            let time = LessonTime::new(from.0, to.0).map_err(|refusal| Error::Inconsistent {
                table: "lessons",
                id: lesson.0.to_string(),
                detail: format!("{:?}", refusal.rule),
            })?;
            Ok(((person.to(), lesson.to()), time))
        })
        .collect()
}

/// Reports with those whose absence they are about.
#[diesel::dsl::auto_type]
fn joined() -> _ {
    let with_person = absence_reports::organiser_id
        .eq(persons::organiser_id)
        .and(absence_reports::person_id.eq(persons::id));
    absence_reports::table.inner_join(persons::table.on(with_person))
}

type Joined<'a> = diesel::dsl::IntoBoxed<'a, joined, MultiBackend>;
type ViewRow = (AbsenceReportRow, (NameColumns, Option<Json>));

fn load(connection: &mut DatabaseConnection, query: Joined<'_>) -> Result<Vec<ViewRow>, Error> {
    Ok(query.select((AbsenceReportRow::as_select(), name_columns!(connection))).load(connection)?)
}

/// The reports of rows, with their lessons; one statement more where some are about single lessons.
fn views(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    rows: Vec<ViewRow>,
) -> Result<Vec<ReportView>, Error> {
    let with_lessons: Vec<Uid> = rows
        .iter()
        .filter(|(row, _)| row.extent == ExtentCode::Lessons.code())
        .map(|(row, _)| row.id)
        .collect();
    let mut of: BTreeMap<Uid, Vec<LessonId>> = BTreeMap::new();
    if !with_lessons.is_empty() {
        let found: Vec<(Uid, Uid)> = absence_report_lessons::table
            .filter(absence_report_lessons::organiser_id.eq(Uid::of(scope.organiser())))
            .filter(absence_report_lessons::report_id.eq_any(with_lessons))
            .filter(absence_report_lessons::withdrawn_at.is_null())
            .select((absence_report_lessons::report_id, absence_report_lessons::lesson_id))
            .load(connection)?;
        for (report, lesson) in found {
            of.entry(report).or_default().push(lesson.to());
        }
    }
    rows.into_iter()
        .map(|(row, name)| {
            let name = met(scope, row.person_id, name)?;
            let lessons = of.remove(&row.id).unwrap_or_default();
            Ok(ReportView { saved: row.clone().into_saved(lessons)?, name, row })
        })
        .collect()
}

/// Those of the reports that are within reach, in no order.
///
/// # Errors
/// A failure of the database.
pub fn find_many(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[AbsenceReportId],
) -> Result<Vec<ReportView>, Error> {
    let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
    let query =
        joined().into_boxed().filter(reach::absence_reports(scope)).filter(absence_reports::id.eq_any(ids));
    let rows = load(connection, query)?;
    views(connection, scope, rows)
}

/// The reports about a day of some persons, by when they were made; one statement, and one more where some are about
/// single lessons.
///
/// # Errors
/// A failure of the database.
pub fn about_day(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    of: &[PersonId],
    day: NaiveDate,
) -> Result<Vec<ReportView>, Error> {
    let filter = ReportFilter { persons: of.to_vec(), from: Some(day), to: Some(day) };
    let query = filtered(scope, &filter).order((absence_reports::reported_at, absence_reports::id));
    let rows = load(connection, query)?;
    views(connection, scope, rows)
}

/// One page of the reports.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &ReportFilter,
    request: &PageRequest<ReportSort>,
) -> Result<Page<ReportView>, Error> {
    let mut query = filtered(scope, filter);
    if let Some(after) = request.modified_after {
        query = query.filter(absence_reports::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        ReportSort::ReportedAt => {
            keyset!(query, request, absence_reports::reported_at, absence_reports::id, instant)
        }
        ReportSort::ModifiedAt => {
            keyset!(query, request, absence_reports::modified_at, absence_reports::id, instant)
        }
    };
    let rows = load(connection, query)?;
    let cursor = |(row, _): &ViewRow| Cursor {
        key: instant_key(match request.sort {
            ReportSort::ReportedAt => row.reported_at,
            ReportSort::ModifiedAt => row.modified_at,
        }),
        id: row.id.0,
    };
    let Page { items, next, as_of } = Page::cut(rows, request.limit, cursor);
    Ok(Page { items: views(connection, scope, items)?, next, as_of })
}

fn filtered<'a>(scope: &Scope, filter: &ReportFilter) -> Joined<'a> {
    let ReportFilter { persons, from, to } = filter;
    let mut query = joined().into_boxed().filter(reach::absence_reports(scope));
    if !persons.is_empty() {
        let persons: Vec<Uid> = persons.iter().copied().map(Uid::of).collect();
        query = query.filter(absence_reports::person_id.eq_any(persons));
    }
    let single = || {
        absence_report_lessons::table
            .inner_join(
                lessons::table.on(lessons::organiser_id
                    .eq(absence_report_lessons::organiser_id)
                    .and(lessons::id.eq(absence_report_lessons::lesson_id))),
            )
            .filter(absence_report_lessons::organiser_id.eq(absence_reports::organiser_id))
            .filter(absence_report_lessons::report_id.eq(absence_reports::id))
            .filter(absence_report_lessons::withdrawn_at.is_null())
    };
    if let Some(day) = *from {
        let begins = Ts::of(bounds_of_day(day).0);
        let of_lessons = diesel::dsl::exists(single().filter(lessons::day.ge(day)));
        query = query
            .filter(absence_reports::last_day.ge(day).or(absence_reports::ends_at.gt(begins)).or(of_lessons));
    }
    if let Some(day) = *to {
        let ends = Ts::of(bounds_of_day(day).1);
        let of_lessons = diesel::dsl::exists(single().filter(lessons::day.le(day)));
        query = query.filter(
            absence_reports::first_day.le(day).or(absence_reports::starts_at.lt(ends)).or(of_lessons),
        );
    }
    query
}

/// Enters reports, in one statement and one for their lessons.
///
/// # Errors
/// A failure of the database.
pub fn insert_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    new: &[(AbsenceReportId, AbsenceReport)],
) -> Result<(), Error> {
    let (organiser, now) = (Uid::of(scope.organiser()), tx.now());
    let by = scope.account().map(Uid::of);
    let mut rows = Vec::with_capacity(new.len());
    let mut single = Vec::new();
    for (id, report) in new {
        let row = AbsenceReportRow::of(organiser, Uid::of(*id), now, report, by);
        if let Extent::Lessons(lessons) = &report.extent {
            single.extend(lessons.iter().map(|lesson| ReportLessonRow {
                organiser_id: organiser,
                id: Uid::derived("absence_report_lessons", row.id, &[lesson.uuid().as_bytes()]),
                version: 1,
                created_at: now,
                modified_at: now,
                withdrawn_at: None,
                report_id: row.id,
                lesson_id: Uid::of(*lesson),
            }));
        }
        rows.push(row);
    }
    tx.insert(&rows)?;
    tx.insert(&single)
}

/// Holds a report until the end of the transaction.
///
/// # Errors
/// A failure of the database.
pub fn lock(tx: &mut Tx<'_>, id: AbsenceReportId) -> Result<(), Error> {
    tx.lock_in("absence_reports", &[Uid::of(id)])
}

/// Saves that a report is ended.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn save_ended(tx: &mut Tx<'_>, before: &ReportView, after: &AbsenceReport) -> Result<(), Error> {
    let row = AbsenceReportRow { ended_at: after.ended_at.map(Ts::of), ..before.row.clone() };
    tx.update(&before.row, row).map(drop)
}

impl AbsenceReportRow {
    fn of(organiser_id: Uid, id: Uid, now: Ts, report: &AbsenceReport, entered_by_id: Option<Uid>) -> Self {
        let AbsenceReport { person, extent, reported_by, reported_at, ended_at } = report;
        let (first_day, last_day, starts_at, ends_at) = match extent {
            Extent::Day(day) => (Some(*day), Some(*day), None, None),
            Extent::Days { first, last } => (Some(*first), Some(*last), None, None),
            Extent::Span { from, to } => (None, None, Some(Ts::of(*from)), Some(Ts::of(*to))),
            Extent::Lessons(_) => (None, None, None, None),
        };
        let reported_by_id = match reported_by {
            ReportedBy::Relative(relative) => Some(Uid::of(*relative)),
            ReportedBy::Themselves | ReportedBy::Staff => None,
        };
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            person_id: Uid::of(*person),
            extent: extent.code().code().to_owned(),
            first_day,
            last_day,
            starts_at,
            ends_at,
            reported_by: reported_by.code().code().to_owned(),
            reported_by_id,
            entered_by_id,
            reported_at: Ts::of(*reported_at),
            ended_at: ended_at.map(Ts::of),
        }
    }

    fn into_saved(self, mut lessons: Vec<LessonId>) -> Result<Saved<AbsenceReportId, AbsenceReport>, Error> {
        let Self {
            organiser_id: _,
            id,
            version,
            created_at,
            modified_at,
            withdrawn_at: _,
            person_id,
            extent,
            first_day,
            last_day,
            starts_at,
            ends_at,
            reported_by,
            reported_by_id,
            entered_by_id: _,
            reported_at,
            ended_at,
        } = self;
        let refused = inconsistent::<Self>(id);
        let missing = || refused(Refusal::new(skolhus_domain::refusal::Rule::Required, "is missing"));
        lessons.sort_unstable();
        let extent = match ExtentCode::from_code(&extent).map_err(refused)? {
            ExtentCode::Day => Extent::Day(first_day.ok_or_else(missing)?),
            ExtentCode::Days => {
                Extent::Days { first: first_day.ok_or_else(missing)?, last: last_day.ok_or_else(missing)? }
            }
            ExtentCode::Span => {
                Extent::Span { from: starts_at.ok_or_else(missing)?.0, to: ends_at.ok_or_else(missing)?.0 }
            }
            ExtentCode::Lessons => Extent::Lessons(lessons),
        };
        let reported_by = match ReportedByCode::from_code(&reported_by).map_err(refused)? {
            ReportedByCode::Relative => ReportedBy::Relative(reported_by_id.ok_or_else(missing)?.to()),
            ReportedByCode::Themselves => ReportedBy::Themselves,
            ReportedByCode::Staff => ReportedBy::Staff,
        };
        let value = AbsenceReport {
            person: person_id.to(),
            extent,
            reported_by,
            reported_at: reported_at.0,
            ended_at: ended_at.map(|at| at.0),
        };
        Ok(Saved { id: id.to(), version, created_at: created_at.0, modified_at: modified_at.0, value })
    }
}
