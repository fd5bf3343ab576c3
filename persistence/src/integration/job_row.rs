//! The rows of a job's report: a technical table, written with the job's own progress.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;
use skolhus_domain::{
    access::{Reach, Scope},
    id::JobId,
};
use uuid::Uuid;

use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        page::{Cursor, Direction, Page, PageRequest},
        rows::{OnConflict, write_rows},
        tx::Tx,
        types::{Json, Ts, Uid},
    },
    schema::job_rows,
};

/// One row of a report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReportRow {
    /// Its number in the report, from 1.
    pub number: i64,
    /// When it was noted.
    pub noted_at: DateTime<Utc>,
    /// `problem`, `warning`, `notice`, or a difference: `add`, `change`, `end`.
    pub severity: String,
    /// What kind of thing it is about.
    pub kind: Option<String>,
    /// The file.
    pub file: Option<String>,
    /// The line in the file, from 1.
    pub line: Option<i64>,
    /// The column, or the fields that differ.
    pub field: Option<String>,
    /// The rule.
    pub code: Option<String>,
    /// The source's identifier.
    pub source_id: Option<String>,
    /// In words. Never the value.
    pub detail: String,
    /// The facts behind the words, where they are told in the reader's language.
    pub facts: Option<Value>,
}

/// What a report is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ReportSort {
    /// The order in which it was written.
    #[default]
    Number,
}

/// Adds rows to a report. Rows that stand there already (from before a stop) are left.
///
/// # Errors
/// A failure of the database.
pub fn add(tx: &mut Tx<'_>, scope: &Scope, job: JobId, rows: &[ReportRow]) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    const COLUMNS: [&str; 13] = [
        "organiser_id",
        "job_id",
        "number",
        "noted_at",
        "severity",
        "kind",
        "file",
        "line",
        "field",
        "code",
        "source_id",
        "detail",
        "facts",
    ];
    let cells = rows
        .iter()
        .cloned()
        .map(|row| {
            let ReportRow {
                number,
                noted_at,
                severity,
                kind,
                file,
                line,
                field,
                code,
                source_id,
                detail,
                facts,
            } = row;
            vec![
                Uid::of(scope.organiser()).into(),
                Uid::of(job).into(),
                number.into(),
                Ts::of(noted_at).into(),
                severity.into(),
                kind.into(),
                file.into(),
                line.into(),
                field.into(),
                code.into(),
                source_id.into(),
                detail.into(),
                facts.map(Json).into(),
            ]
        })
        .collect();
    let keep = OnConflict::Keep(&["organiser_id", "job_id", "number"]);
    write_rows(tx.connection(), "job_rows", &COLUMNS, cells, keep)?;
    Ok(())
}

/// Takes at most `most` rows out of a report, before the work begins anew; gives how many there
/// were, so that fewer than `most` means that it is empty.
///
/// # Errors
/// A failure of the database.
pub fn clear(tx: &mut Tx<'_>, scope: &Scope, job: JobId, most: usize) -> Result<usize, Error> {
    let (organiser, id) = (Uid::of(scope.organiser()), Uid::of(job));
    let numbers: Vec<i64> = job_rows::table
        .filter(job_rows::organiser_id.eq(organiser))
        .filter(job_rows::job_id.eq(id))
        .order(job_rows::number)
        .limit(i64::try_from(most).unwrap_or(i64::MAX))
        .select(job_rows::number)
        .load(tx.connection())?;
    let Some(last) = numbers.last() else { return Ok(0) };
    let rows = job_rows::table
        .filter(job_rows::organiser_id.eq(organiser))
        .filter(job_rows::job_id.eq(id))
        .filter(job_rows::number.le(*last));
    Ok(diesel::delete(rows).execute(tx.connection())?)
}

type Columns = (
    i64,
    Ts,
    String,
    Option<String>,
    Option<String>,
    Option<i64>,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
    Option<Json>,
);

/// One page of a report; with `severities` or `kinds`, only of those.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    job: JobId,
    severities: &[String],
    kinds: &[String],
    request: &PageRequest<ReportSort>,
) -> Result<Page<ReportRow>, Error> {
    if scope.reach() != &Reach::Organiser {
        return Ok(Page { items: Vec::new(), next: None, as_of: None });
    }
    let mut query = job_rows::table
        .filter(job_rows::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(job_rows::job_id.eq(Uid::of(job)))
        .into_boxed();
    if !severities.is_empty() {
        query = query.filter(job_rows::severity.eq_any(severities.to_vec()));
    }
    if !kinds.is_empty() {
        query = query.filter(job_rows::kind.eq_any(kinds.to_vec()).assume_not_null());
    }
    if let Some(after) = request.modified_after {
        query = query.filter(job_rows::noted_at.gt(Ts::of(after)));
    }
    let after = request.after.as_ref().and_then(|cursor| cursor.key.parse::<i64>().ok());
    let query = match (request.direction, after) {
        (Direction::Ascending, Some(after)) => query.filter(job_rows::number.gt(after)),
        (Direction::Descending, Some(after)) => query.filter(job_rows::number.lt(after)),
        (_, None) => query,
    };
    let query = match request.direction {
        Direction::Ascending => query.order(job_rows::number.asc()),
        Direction::Descending => query.order(job_rows::number.desc()),
    };
    let rows: Vec<Columns> = query
        .limit(i64::from(request.limit) + 1)
        .select((
            job_rows::number,
            job_rows::noted_at,
            job_rows::severity,
            job_rows::kind,
            job_rows::file,
            job_rows::line,
            job_rows::field,
            job_rows::code,
            job_rows::source_id,
            job_rows::detail,
            job_rows::facts,
        ))
        .load(connection)?;
    let cursor = |row: &Columns| Cursor { key: row.0.to_string(), id: Uuid::nil() };
    Page::cut(rows, request.limit, cursor).try_map(|row| {
        let (number, noted_at, severity, kind, file, line, field, code, source_id, detail, facts) = row;
        Ok(ReportRow {
            number,
            noted_at: noted_at.0,
            severity,
            kind,
            file,
            line,
            field,
            code,
            source_id,
            detail,
            facts: facts.map(|Json(facts)| facts),
        })
    })
}
