//! The plan: everything is compared, and nothing is saved.

use std::collections::HashMap;
use std::sync::Arc;

use skolhus_domain::integration::JobState;
use skolhus_persistence::integration::source;

use super::super::super::check::Checked;
use super::super::super::plan::{Kind, Plan, Tally};
use super::super::super::source::Roster;
use super::super::context::Context;
use super::super::ends;
use super::super::writes::{Decided, Found};
use super::report::word;
use super::steps::{STEPS, Step};
use super::{Run, RunError};
use crate::integration::jobs::{Counts, StopDocument};

/// The most differences of each kind that a report names.
const MOST_NAMED: usize = 1_000;

impl Run<'_> {
    /// Makes the plan; gives the state in which the job stays, if saving does not follow.
    pub(super) fn plan(
        &mut self,
        roster: &Roster,
        checked: &Checked,
        context: &Arc<Context>,
    ) -> Result<Option<JobState>, RunError> {
        let mut plan = Plan::keeping(MOST_NAMED);
        let rows = |step: &Step| checked.counts.get(&step.file).map_or(0, |count| count.rows);
        let total: u64 = STEPS.iter().map(rows).sum();
        let mut done = 0_u64;
        for step in STEPS {
            step.each(self, roster, checked, context, 0, &mut |run, decided, _, rows| {
                for decided in decided {
                    run.note(&mut plan, decided);
                }
                done += u64::try_from(rows).unwrap_or_default();
                run.tell("plan", done.min(total), total)?;
                run.save_now_and_then()
            })?;
        }
        for step in STEPS.iter().rev() {
            step.each_end(self, roster, context, &mut |run, decided| {
                run.note(&mut plan, decided);
                run.tell("plan", done.min(total), total)?;
                run.save_now_and_then()
            })?;
        }
        self.results.planned = plan.tallies().map(|(kind, tally)| (word(kind), counts(tally))).collect();
        self.report_samples(plan.samples())?;
        if self.results.problems > 0 && !self.job.value.partial {
            return Err(self.nothing_saved());
        }
        let existing = self.existing(context)?;
        let stops = plan
            .may_apply(|kind| existing.get(&kind).copied().unwrap_or_default(), self.job.value.ends_percent)
            .err()
            .unwrap_or_default();
        self.results.stops = stops
            .iter()
            .map(|stop| StopDocument {
                kind: word(stop.kind),
                existing: stop.excess.existing,
                to_end: stop.excess.to_end,
            })
            .collect();
        let state = if self.job.value.dry_run {
            JobState::Done
        } else if stops.is_empty() || self.job.value.approval.is_some() {
            return Ok(None);
        } else {
            JobState::Waiting
        };
        self.finish(state, None)?;
        Ok(Some(state))
    }

    pub(super) fn existing(&self, context: &Context) -> Result<HashMap<Kind, u64>, RunError> {
        let system = context.system.clone();
        let present = self.read(move |connection, scope| source::present(connection, scope, &system))?;
        let mut existing: HashMap<Kind, u64> = HashMap::new();
        for step in STEPS.iter().filter(|step| step.ends) {
            for (entity, kind) in ends::entities(step.file) {
                *existing.entry(*kind).or_default() += present.get(*entity).copied().unwrap_or_default();
            }
        }
        Ok(existing)
    }

    pub(super) fn note(&mut self, plan: &mut Plan, decided: Decided) {
        self.note_problems(&decided);
        self.note_families(&decided);
        for Found { kind, difference, place, id } in decided.found {
            plan.note(kind, difference, place, id.as_ref());
        }
    }
}

fn counts(tally: Tally) -> Counts {
    let Tally { add, change, end, unchanged } = tally;
    Counts { add, change, end, unchanged }
}
