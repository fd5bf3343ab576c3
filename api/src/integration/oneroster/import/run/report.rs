//! The report that a run writes: problems, warnings, and what it found to do.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use skolhus_persistence::integration::job_row;
use skolhus_persistence::integration::job_row::ReportRow;
use skolhus_persistence::{Direction, PageRequest};

use super::super::super::check::Severity;
use super::super::super::plan::{Difference, Kind, Sample};
use super::super::super::problem::RowProblem;
use super::super::writes::Decided;
use super::{REPORT_ROWS, Run, RunError};

/// The most rows of a report about problems and warnings; the rest is counted.
pub(super) const MOST_REPORTED: i64 = 10_000;

impl Run<'_> {
    /// Takes away what an earlier beginning of the same job has reported, a part at a time.
    pub(super) fn clear_report(&mut self) -> Result<(), RunError> {
        let id = self.job.id;
        loop {
            let left = Arc::new(AtomicBool::new(false));
            let more = Arc::clone(&left);
            self.save(
                |_| {},
                move |tx, scope| {
                    let taken = job_row::clear(tx, scope, id, REPORT_ROWS)?;
                    more.store(taken == REPORT_ROWS, Ordering::Relaxed);
                    Ok(())
                },
            )?;
            if !left.load(Ordering::Relaxed) {
                return Ok(());
            }
        }
    }

    /// Learns what the report says already, before a run that was stopped goes on.
    pub(super) fn recall_report(&mut self) -> Result<(), RunError> {
        let id = self.job.id;
        let mut request = PageRequest {
            limit: 1,
            sort: job_row::ReportSort::Number,
            direction: Direction::Descending,
            after: None,
            modified_after: None,
        };
        let latest = request.clone();
        let last =
            self.read(move |connection, scope| job_row::list(connection, scope, id, &[], &[], &latest))?;
        self.reported = last.items.first().map_or(0, |row| row.number);
        (request.direction, request.limit) = (Direction::Ascending, 1_000);
        loop {
            let asked = request.clone();
            let told = ["problem".to_owned(), "warning".to_owned()];
            let page =
                self.read(move |connection, scope| job_row::list(connection, scope, id, &told, &[], &asked))?;
            self.noted.extend(page.items.iter().map(mark));
            match page.next {
                Some(next) => request.after = Some(next),
                None => return Ok(()),
            }
        }
    }

    pub(super) fn nothing_saved(&self) -> RunError {
        let (count, first) = (self.results.problems, self.first_problem());
        let first = first.map(|first| format!("; the first: {first}")).unwrap_or_default();
        RunError::Refused(format!("{count} problems; nothing was saved{first}"))
    }

    /// The first problem, for people at a terminal; the report has them all.
    pub(super) fn first_problem(&self) -> Option<String> {
        let id = self.job.id;
        let request = PageRequest {
            limit: 1,
            sort: job_row::ReportSort::Number,
            direction: Direction::Ascending,
            after: None,
            modified_after: None,
        };
        let waiting = self.buffer.iter().find(|row| row.severity == "problem").cloned();
        let saved = self.read(move |connection, scope| {
            job_row::list(connection, scope, id, &["problem".to_owned()], &[], &request)
        });
        let row = saved.ok().and_then(|page| page.items.into_iter().next()).or(waiting)?;
        let line = row.line.filter(|line| *line > 0).map(|line| format!(" line {line}")).unwrap_or_default();
        let field = row.field.map(|field| format!(", {field}")).unwrap_or_default();
        Some(format!("{}{line}{field}: {}", row.file.unwrap_or_default(), row.detail))
    }

    pub(super) fn note_problems(&mut self, decided: &Decided) {
        let now = self.parts.clock.now();
        let all = decided
            .problems
            .iter()
            .map(|problem| (Severity::Problem, problem))
            .chain(decided.warnings.iter().map(|warning| (Severity::Warning, warning)));
        for (severity, problem) in all {
            let row = report(self.reported + 1, now, severity, problem);
            // What the plan has told is not told again by the saving.
            if !self.noted.insert(mark(&row)) {
                continue;
            }
            match severity {
                Severity::Problem => self.results.problems += 1,
                Severity::Warning => self.results.warnings += 1,
            }
            if self.reported < MOST_REPORTED {
                self.reported += 1;
                self.buffer.push(row);
            }
        }
    }

    pub(super) fn report_samples(&mut self, samples: &[Sample]) -> Result<(), RunError> {
        let now = self.parts.clock.now();
        for sample in samples {
            self.reported += 1;
            let (severity, field) = match &sample.difference {
                Difference::Add => ("add", None),
                Difference::Change { fields } => ("change", Some(fields.join(","))),
                Difference::End => ("end", None),
                Difference::Unchanged => continue,
            };
            self.buffer.push(ReportRow {
                number: self.reported,
                noted_at: now,
                severity: severity.to_owned(),
                kind: Some(word(sample.kind)),
                file: sample.place.map(|place| place.file.to_string()),
                line: sample.place.and_then(|place| i64::try_from(place.line).ok()),
                field,
                code: None,
                source_id: sample.sourced_id.as_ref().map(|id| id.as_str().to_owned()),
                detail: sample.to_string(),
                facts: None,
            });
            if self.buffer.len() >= REPORT_ROWS {
                self.save(|_| {}, |_, _| Ok(()))?;
            }
        }
        Ok(())
    }
}

/// A kind as a word in reports: `teacher-assignment`.
pub(super) fn word(kind: Kind) -> String {
    kind.code().to_owned()
}

pub(super) fn report(
    number: i64,
    now: chrono::DateTime<chrono::Utc>,
    severity: Severity,
    problem: &RowProblem,
) -> ReportRow {
    let RowProblem { file, line, field, code, detail } = problem;
    ReportRow {
        number,
        noted_at: now,
        severity: match severity {
            Severity::Problem => "problem",
            Severity::Warning => "warning",
        }
        .to_owned(),
        kind: None,
        file: Some(file.to_string()),
        line: i64::try_from(*line).ok(),
        field: field.clone(),
        code: serde_json::to_value(code.0).ok().and_then(|code| code.as_str().map(str::to_owned)),
        source_id: None,
        detail: detail.clone(),
        facts: None,
    }
}

/// Which problem of which place a row of the report is.
fn mark(row: &ReportRow) -> u64 {
    let mut hash = DefaultHasher::new();
    (&row.severity, &row.file, row.line, &row.field, &row.code).hash(&mut hash);
    hash.finish()
}
