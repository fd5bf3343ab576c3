//! Stated reasons for absence: written, read and forgotten apart from everything else.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    attendance::{AbsenceReason, MarkCode, ReasonAbout, ReasonRule},
    code::Code,
    id::{AbsenceReasonId, AbsenceReportId, Id, LessonId, OrganiserId, PersonId},
    instant::school_day,
    person::PersonName,
};

use super::{
    named::{NameColumns, met, name_columns},
    setting,
};
use crate::{
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, date, keyset},
        reach,
        record::record,
        tx::Tx,
        types::{Json, Uid},
        value_row::inconsistent,
    },
    schema::{absence_reasons, attendances, persons},
};

record! {
    /// A reason's row. The change log follows that a reason was stated, by whom and when, and never which: what the row
    /// forgets is nowhere else.
    pub(crate) struct ReasonRow in absence_reasons as "absence reason" {
        person_id: Uid,
        lesson_id: Option<Uid>,
        report_id: Option<Uid>,
        day: NaiveDate,
        #[serde(skip)]
        code: Option<String>,
        stated_by_id: Option<Uid>,
    }
}

/// The row about a person and a lesson or a report, whether it holds or was withdrawn or forgotten.
#[derive(Clone, Debug)]
pub struct Known(ReasonRow);

impl Known {
    /// The version while it holds; 0 where there is no reason.
    #[must_use]
    pub fn version(&self) -> i64 {
        if self.holds() { self.0.version } else { 0 }
    }

    /// Whether it holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.0.withdrawn_at.is_none()
    }

    /// As it is shown to whoever has just stated it.
    #[must_use]
    pub fn shown(&self, reason: AbsenceReason, name: PersonName) -> ReasonView {
        let Self(ReasonRow { id, version, created_at, modified_at, .. }) = self;
        ReasonView {
            id: id.to(),
            version: *version,
            created_at: created_at.0,
            modified_at: modified_at.0,
            reason,
            name,
        }
    }

    /// Whether it holds, and the caller has stated the same. What another one has stated is never the same: whoever may
    /// not read it would learn it from an answer that nothing was changed.
    #[must_use]
    pub fn is_restated(&self, scope: &Scope, reason: &AbsenceReason) -> bool {
        self.holds()
            && self.0.code.as_deref() == Some(reason.code.as_str())
            && self.0.stated_by_id.is_some()
            && self.0.stated_by_id == scope.account().map(Uid::of)
    }
}

/// A reason as it is shown.
#[derive(Clone, Debug)]
pub struct ReasonView {
    /// The row.
    pub id: AbsenceReasonId,
    /// Its version.
    pub version: i64,
    /// When it was first entered.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub modified_at: DateTime<Utc>,
    /// The reason.
    pub reason: AbsenceReason,
    /// The name under which the caller meets the person.
    pub name: PersonName,
}

/// What a list of reasons is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ReasonSort {
    /// The day of the absence.
    #[default]
    Day,
}

/// Which reasons are asked for; never by the reason itself. An empty list asks for all.
#[derive(Clone, Debug, Default)]
pub struct ReasonFilter {
    /// Of these persons.
    pub persons: Vec<PersonId>,
    /// About absence from these lessons.
    pub lessons: Vec<LessonId>,
    /// About these reports.
    pub reports: Vec<AbsenceReportId>,
    /// About absence on this day or later.
    pub from: Option<NaiveDate>,
    /// About absence on this day or earlier.
    pub to: Option<NaiveDate>,
}

/// Reasons with persons.
#[diesel::dsl::auto_type]
fn joined() -> _ {
    let with_person = absence_reasons::organiser_id
        .eq(persons::organiser_id)
        .and(absence_reasons::person_id.eq(persons::id));
    absence_reasons::table.inner_join(persons::table.on(with_person))
}

type Joined<'a> = diesel::dsl::IntoBoxed<'a, joined, MultiBackend>;
type ViewRow = (ReasonRow, (NameColumns, Option<Json>));

/// One page of the reasons within reach that are still kept under the rule in force, in one statement. What somebody did
/// not miss after all has no reason, though one was stated.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    rule: ReasonRule,
    filter: &ReasonFilter,
    request: &PageRequest<ReasonSort>,
) -> Result<Page<ReasonView>, Error> {
    let mut query = filtered(scope, filter);
    query = match rule.first_kept(scope.today()) {
        Some(first) => query.filter(absence_reasons::day.ge(first)),
        None => query.filter(diesel::dsl::sql::<diesel::sql_types::Bool>("1 = 0")),
    };
    let ReasonSort::Day = request.sort;
    let query = keyset!(query, request, absence_reasons::day, absence_reasons::id, date);
    let rows: Vec<ViewRow> =
        query.select((ReasonRow::as_select(), name_columns!(connection))).load(connection)?;
    let cursor = |(row, _): &ViewRow| Cursor { key: row.day.to_string(), id: row.id.0 };
    Page::cut(rows, request.limit, cursor).try_map(|(row, name)| view(scope, row, name))
}

fn filtered<'a>(scope: &Scope, filter: &ReasonFilter) -> Joined<'a> {
    let ReasonFilter { persons: of, lessons, reports, from, to } = filter;
    let missed = attendances::table
        .filter(attendances::organiser_id.eq(absence_reasons::organiser_id))
        .filter(attendances::lesson_id.nullable().eq(absence_reasons::lesson_id))
        .filter(attendances::person_id.eq(absence_reasons::person_id))
        .filter(attendances::withdrawn_at.is_null())
        .filter(
            attendances::mark
                .eq_any([MarkCode::AbsentAuthorised.code(), MarkCode::AbsentUnauthorised.code()])
                .or(attendances::late_minutes.gt(0))
                .or(attendances::left_early_minutes.gt(0)),
        );
    let mut query = joined()
        .into_boxed()
        .filter(absence_reasons::withdrawn_at.is_null())
        .filter(reach::absence_reasons(scope))
        .filter(absence_reasons::report_id.is_not_null().or(diesel::dsl::exists(missed)));
    if !of.is_empty() {
        query = query.filter(absence_reasons::person_id.eq_any(Uid::all(of)));
    }
    if !lessons.is_empty() {
        query = query.filter(absence_reasons::lesson_id.eq_any(Uid::all(lessons)));
    }
    if !reports.is_empty() {
        query = query.filter(absence_reasons::report_id.eq_any(Uid::all(reports)));
    }
    if let Some(day) = *from {
        query = query.filter(absence_reasons::day.ge(day));
    }
    if let Some(day) = *to {
        query = query.filter(absence_reasons::day.le(day));
    }
    query
}

fn view(scope: &Scope, row: ReasonRow, name: (NameColumns, Option<Json>)) -> Result<ReasonView, Error> {
    let name = met(scope, row.person_id, name)?;
    let unreadable = |detail: &str| Error::Inconsistent {
        table: "absence_reasons",
        id: row.id.0.to_string(),
        detail: detail.to_owned(),
    };
    let about = match (row.lesson_id, row.report_id) {
        (Some(lesson), None) => ReasonAbout::Lesson(lesson.to()),
        (None, Some(report)) => ReasonAbout::Report(report.to()),
        _ => return Err(unreadable("it is about neither a lesson nor a report")),
    };
    let code = row.code.as_deref().ok_or_else(|| unreadable("it is forgotten and not withdrawn"))?;
    let code = Code::new(code).map_err(inconsistent::<ReasonRow>(row.id))?;
    let reason = AbsenceReason { person: row.person_id.to(), about, day: row.day, code };
    Ok(Known(row).shown(reason, name))
}

/// The row about a person and a lesson or a report, in a transaction that holds the lesson or the report.
///
/// # Errors
/// A failure of the database.
pub fn known(
    tx: &mut Tx<'_>,
    scope: &Scope,
    person: PersonId,
    about: ReasonAbout,
) -> Result<Option<Known>, Error> {
    let query = absence_reasons::table
        .filter(absence_reasons::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(absence_reasons::person_id.eq(Uid::of(person)))
        // A merge may have brought another row along that was withdrawn.
        .order((absence_reasons::withdrawn_at.is_not_null(), absence_reasons::id))
        .select(ReasonRow::as_select())
        .into_boxed();
    let query = match about {
        ReasonAbout::Lesson(lesson) => query.filter(absence_reasons::lesson_id.eq(Uid::of(lesson))),
        ReasonAbout::Report(report) => query.filter(absence_reasons::report_id.eq(Uid::of(report))),
    };
    Ok(query.first(tx.connection()).optional()?.map(Known))
}

/// Saves a reason: the first of the person there, or the next version of what is known.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn save(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: Option<Known>,
    reason: &AbsenceReason,
) -> Result<Known, Error> {
    let new = new_row(tx, scope, reason);
    let Some(Known(old)) = before else {
        tx.insert(std::slice::from_ref(&new))?;
        return Ok(Known(new));
    };
    let new = ReasonRow { id: old.id, created_at: old.created_at, ..new };
    let saved = written(tx, vec![(old, new)])?.pop();
    saved.map(Known).ok_or(Error::Stale { entity: "absence reason" })
}

/// Enters the first reasons of records that are new themselves, in one statement.
///
/// # Errors
/// A failure of the database.
pub fn insert_many(tx: &mut Tx<'_>, scope: &Scope, reasons: &[AbsenceReason]) -> Result<(), Error> {
    let rows: Vec<ReasonRow> = reasons.iter().map(|reason| new_row(tx, scope, reason)).collect();
    tx.insert(&rows)
}

/// Withdraws a reason: it is forgotten.
///
/// # Errors
/// As [`save`].
pub fn withdraw(tx: &mut Tx<'_>, before: Known) -> Result<(), Error> {
    let Known(old) = before;
    let new = forgotten(tx, &old);
    written(tx, vec![(old, new)]).map(drop)
}

/// Forgets at most `most` of the reasons that are kept no longer, of all organisers, in two statements and the change
/// log's; returns how many.
///
/// # Errors
/// A failure of the database.
pub fn forget_old(tx: &mut Tx<'_>, now: DateTime<Utc>, most: u32) -> Result<usize, Error> {
    let today = school_day(now);
    let rules = setting::reason_rules(tx.connection())?;
    let asked: Vec<Uid> = rules.iter().map(|(organiser, _)| Uid::of(*organiser)).collect();
    let mut query = absence_reasons::table
        .filter(absence_reasons::withdrawn_at.is_null())
        .filter(absence_reasons::organiser_id.ne_all(asked))
        .order((absence_reasons::organiser_id, absence_reasons::day, absence_reasons::id))
        .limit(most.into())
        .select(ReasonRow::as_select())
        .into_boxed();
    for (first, of) in by_first_kept(&rules, today) {
        query = query.or_filter(
            absence_reasons::withdrawn_at
                .is_null()
                .and(absence_reasons::organiser_id.eq_any(of))
                .and(absence_reasons::day.lt(first)),
        );
    }
    let rows: Vec<ReasonRow> = query.load(tx.connection())?;
    let pairs = rows.into_iter().map(|row| (row.clone(), forgotten(tx, &row))).collect();
    Ok(written(tx, pairs)?.len())
}

/// The organisers that ask, by the first day of which they keep reasons.
fn by_first_kept(rules: &[(OrganiserId, ReasonRule)], today: NaiveDate) -> BTreeMap<NaiveDate, Vec<Uid>> {
    let mut of: BTreeMap<NaiveDate, Vec<Uid>> = BTreeMap::new();
    for (organiser, rule) in rules {
        if let Some(first) = rule.first_kept(today) {
            of.entry(first).or_default().push(Uid::of(*organiser));
        }
    }
    of
}

fn new_row(tx: &Tx<'_>, scope: &Scope, reason: &AbsenceReason) -> ReasonRow {
    let AbsenceReason { person, about, day, code } = reason;
    let now = tx.now();
    let (at, lesson_id, report_id) = match about {
        ReasonAbout::Lesson(lesson) => (Uid::of(*lesson), Some(Uid::of(*lesson)), None),
        ReasonAbout::Report(report) => (Uid::of(*report), None, Some(Uid::of(*report))),
    };
    ReasonRow {
        organiser_id: Uid::of(scope.organiser()),
        id: Uid::derived("absence_reasons", at, &[person.uuid().as_bytes()]),
        version: 1,
        created_at: now,
        modified_at: now,
        withdrawn_at: None,
        person_id: Uid::of(*person),
        lesson_id,
        report_id,
        day: *day,
        code: Some(code.as_str().to_owned()),
        stated_by_id: scope.account().map(Uid::of),
    }
}

fn forgotten(tx: &Tx<'_>, row: &ReasonRow) -> ReasonRow {
    ReasonRow { withdrawn_at: Some(tx.now()), code: None, ..row.clone() }
}

/// Each state is a new version, though the change log does not see the code.
fn written(tx: &mut Tx<'_>, pairs: Vec<(ReasonRow, ReasonRow)>) -> Result<Vec<ReasonRow>, Error> {
    tx.write_states(pairs.into_iter().map(|(before, after)| (before, after, true)).collect())
}
