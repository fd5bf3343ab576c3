//! The saving, file by file and then from the last file to the first for what has ended.

use std::sync::Arc;

use super::super::super::check::Checked;
use super::super::super::plan::Difference;
use super::super::super::source::Roster;
use super::super::context::Context;
use super::super::writes::{Decided, Found};
use super::report::word;
use super::steps::STEPS;
use super::{Position, QUIET, REPORT_ROWS, Run, RunError};

impl Run<'_> {
    pub(super) fn apply(
        &mut self,
        roster: &Roster,
        checked: &Checked,
        context: &Arc<Context>,
    ) -> Result<(), RunError> {
        for (number, step) in STEPS.iter().enumerate() {
            if number < self.position.steps {
                continue;
            }
            let name = step.name;
            let total = checked.counts.get(&step.file).map_or(0, |count| count.rows);
            let mut done =
                self.progress.iter().find(|known| known.step == name).map_or(0, |known| known.done);
            let after = self.position.line;
            self.pace.next_kind();
            step.each(self, roster, checked, context, after, &mut |run, decided, line, rows| {
                done += u64::try_from(rows).unwrap_or_default();
                run.position.line = line;
                run.save_decided(context, decided)?;
                run.tell(name, done.min(total), total)
            })?;
            self.position = Position { saving: true, steps: number + 1, line: 0 };
        }
        for (number, step) in STEPS.iter().rev().enumerate() {
            if STEPS.len() + number < self.position.steps {
                continue;
            }
            self.pace.next_kind();
            step.each_end(self, roster, context, &mut |run, decided| {
                run.save_decided(context, vec![decided])
            })?;
            self.position.steps = STEPS.len() + number + 1;
        }
        Ok(())
    }

    pub(super) fn save_decided(
        &mut self,
        context: &Arc<Context>,
        decided: Vec<Decided>,
    ) -> Result<(), RunError> {
        let before = self.results.applied.clone();
        for decided in &decided {
            self.note_problems(decided);
            for Found { kind, difference, .. } in &decided.found {
                let counts = self.results.applied.entry(word(*kind)).or_default();
                match difference {
                    Difference::Add => counts.add += 1,
                    Difference::Change { .. } => counts.change += 1,
                    Difference::End => counts.end += 1,
                    Difference::Unchanged => counts.unchanged += 1,
                }
            }
        }
        let records: usize = decided.iter().map(|decided| decided.writes.records()).sum();
        if records == 0 && self.buffer.len() < REPORT_ROWS && self.saved_at.elapsed() < QUIET {
            // Noted with the next save; a run taken up before that finds the same once more.
            return Ok(());
        }
        let ids: Vec<Vec<uuid::Uuid>> = decided
            .iter()
            .map(|decided| decided.writes.identifiers.iter().map(|_| self.parts.ids.fresh()).collect())
            .collect();
        let system = context.system.clone();
        let saved = self.save(
            |_| {},
            move |tx, scope| {
                for (decided, ids) in decided.iter().zip(&ids) {
                    decided.writes.save(tx, scope, &system, ids)?;
                }
                Ok(())
            },
        );
        match saved {
            Ok(held) => {
                if records > 0 {
                    self.pace.took(records, held);
                    self.count_now_and_then();
                }
                Ok(())
            }
            Err(error) => {
                self.results.applied = before;
                Err(error)
            }
        }
    }
}
