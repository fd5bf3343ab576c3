//! The check, which asks the register about what the set refers to and does not hold.

use std::collections::HashSet;

use skolhus_persistence::integration::job_row::ReportRow;
use skolhus_persistence::integration::source;

use super::super::super::check::{Checked, KnownIds, Severity, Unavailable, check_reporting};
use super::super::super::rows::SourcedId;
use super::super::super::source::{Roster, RosterFile};
use super::super::ends;
use super::report::{MOST_REPORTED, report};
use super::{REPORT_ROWS, Run, RunError};

impl Run<'_> {
    pub(super) fn check(&mut self, roster: &Roster, system: &str, again: bool) -> Result<Checked, RunError> {
        let (problems, warnings) = (self.results.problems, self.results.warnings);
        self.tell("check", 0, 0)?;
        let register = Register { run: self, system: system.to_owned() };
        let now = self.parts.clock.now();
        let mut rows: Vec<ReportRow> = Vec::new();
        let mut number = self.reported;
        let mut counts = (0_u64, 0_u64);
        let checked = check_reporting(roster, &register, &mut |severity, problem| {
            match severity {
                Severity::Problem => counts.0 += 1,
                Severity::Warning => counts.1 += 1,
            }
            if number < MOST_REPORTED {
                number += 1;
                rows.push(report(number, now, severity, problem));
            }
        })?;
        if again {
            (self.results.problems, self.results.warnings) = (problems, warnings);
            return Ok(checked);
        }
        self.reported = number;
        (self.results.problems, self.results.warnings) = counts;
        let read: u64 = checked.counts.values().map(|count| count.rows).sum();
        self.tell("check", read, read)?;
        for rows in rows.chunks(REPORT_ROWS) {
            self.buffer = rows.to_vec();
            self.save(|_| {}, |_, _| Ok(()))?;
        }
        Ok(checked)
    }
}

/// What the register knows of a source's identifiers.
struct Register<'r, 'p> {
    run: &'r Run<'p>,
    system: String,
}

impl KnownIds for Register<'_, '_> {
    fn known(&self, kind: RosterFile, ids: &[SourcedId]) -> Result<Vec<bool>, Unavailable> {
        let values: Vec<String> = ids.iter().map(|id| id.as_str().to_owned()).collect();
        let system = self.system.clone();
        let asked = values.clone();
        let found = self
            .run
            .read(move |connection, scope| {
                let mut found: HashSet<String> = HashSet::new();
                for (entity, _) in ends::entities(kind) {
                    let known = source::find(connection, scope, entity, &system, &asked)?;
                    found.extend(known.into_values().filter(|known| !known.absent).map(|known| known.value));
                }
                Ok(found)
            })
            .map_err(|error| error.to_string())?;
        Ok(values.iter().map(|value| found.contains(value)).collect())
    }
}
