//! A run from its beginning, or from where it was stopped, to its end.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use serde_json::json;
use skolhus_domain::{
    access::{Caller, Scope},
    code::Table,
    id::{ControllerId, Id, JobId, OrganiserId},
    instant::{Clock, IdSource},
    integration::JobState,
};
use skolhus_persistence::{
    Database, DatabaseConnection, Direction, Error, Failure, PageRequest, Saved, Tx,
    integration::{
        job::{self, Job},
        job_row::{self, ReportRow},
        source,
    },
    organisation::{
        code,
        controller::{self, ControllerFilter, ControllerSort},
    },
};

use super::{
    super::{
        check::{CheckError, Checked, Key, KnownIds, Severity, Unavailable, check_reporting, id_key},
        plan::{Difference, Kind, Place, Plan, Sample, Tally},
        problem::RowProblem,
        rows::{
            AcademicSession, Class, Content, Course, Demographics, Enrollment, Org, Record, Role, Row,
            SourcedId, User,
        },
        source::{Mode, Roster, RosterFile, SourceProblem},
    },
    catalogue,
    context::{Context, place},
    ends,
    index::Index,
    organisation,
    pace::Pace,
    people, places,
    writes::{Decided, Found, entity},
};
use crate::{
    http::{catalogue::Code, problem::Problem},
    integration::jobs::{Counts, Progress, Results, StopDocument},
};

/// How long a run goes on over what is as it was before it notes how far it has come.
const QUIET: Duration = Duration::from_secs(1);
/// Rows of a report that are saved, or taken away, at a time.
const REPORT_ROWS: usize = 500;
/// The most rows of a report about problems and warnings; the rest is counted.
const MOST_REPORTED: i64 = 10_000;
/// The most differences of each kind that a report names.
const MOST_NAMED: usize = 1_000;
/// How often a chunk is compared anew when somebody changed the same things meanwhile.
const MOST_ATTEMPTS: u32 = 5;

/// What a run needs.
#[derive(Clone)]
pub struct Parts {
    /// The database.
    pub database: Database,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Fresh ids.
    pub ids: Arc<dyn IdSource>,
    /// Told after each chunk how far the step has come.
    pub progress: Arc<dyn Fn(&Progress) + Send + Sync>,
    /// Set to stop after the chunk at hand; the run can be taken up again.
    pub stop: Arc<AtomicBool>,
    /// Where the database's answers are awaited.
    pub runtime: tokio::runtime::Handle,
}

/// Why a run came to no end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The set cannot be read.
    #[error(transparent)]
    Source(#[from] SourceProblem),
    /// The check could not be brought to its end.
    #[error(transparent)]
    Check(CheckError),
    /// The register refused.
    #[error("{}", .0.cause().map_or_else(|| .0.to_string(), ToString::to_string))]
    Register(Problem),
    /// Another job of the organiser is running.
    #[error("another job of the organiser is running")]
    Busy,
    /// It was asked to stop, or a person has ended the job.
    #[error("the run was stopped")]
    Stopped,
    /// The rows that are refused, or another reason to be told.
    #[error("{0}")]
    Refused(String),
}

impl From<CheckError> for RunError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Source(source) => Self::Source(source),
            CheckError::Known(_) => Self::Check(error),
        }
    }
}

impl From<Problem> for RunError {
    fn from(problem: Problem) -> Self {
        match problem.cause() {
            Some(error) if error.violates("jobs_running_key") => Self::Busy,
            _ => Self::Register(problem),
        }
    }
}

impl From<Error> for RunError {
    fn from(error: Error) -> Self {
        Problem::from(error).into()
    }
}

/// Works on a job until it is done, waits or fails; gives its last state. Blocks: not for an
/// async worker.
///
/// # Errors
/// [`RunError::Busy`], [`RunError::Stopped`], and failures of the database, after which the job can
/// be taken up again. What is wrong with the set is no error: then the job has failed.
pub fn run(parts: &Parts, organiser: OrganiserId, id: JobId, path: &Path) -> Result<JobState, RunError> {
    let mut run = Run::begin(parts, organiser, id)?;
    match run.go(path) {
        Ok(state) => Ok(state),
        Err(RunError::Stopped) if run.is_cancelled()? => Ok(JobState::Cancelled),
        Err(error @ (RunError::Busy | RunError::Stopped)) => Err(error),
        Err(RunError::Register(problem)) if problem.code() != Code::Internal => Err(problem.into()),
        Err(RunError::Check(error @ CheckError::Known(_))) => Err(RunError::Check(error)),
        Err(error) => {
            tracing::warn!(job = %id, %error, "an import failed");
            let words = match &error {
                RunError::Register(_) | RunError::Source(SourceProblem::Io(_)) => {
                    "a fault on our side; it is in the log".to_owned()
                }
                told => told.to_string(),
            };
            run.finish(JobState::Failed, Some(words))?;
            Ok(JobState::Failed)
        }
    }
}

/// Where a run goes on.
#[derive(Clone, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
struct Position {
    /// Saving has begun: the plan is made and approved.
    saving: bool,
    /// How many steps are done.
    steps: usize,
    /// The last line done of the step at hand.
    line: u64,
}

struct Run<'p> {
    parts: &'p Parts,
    organiser: OrganiserId,
    job: Saved<JobId, Job>,
    results: Results,
    progress: Vec<Progress>,
    position: Position,
    reported: i64,
    buffer: Vec<ReportRow>,
    pace: Pace,
    saved_at: Instant,
}

impl<'p> Run<'p> {
    fn begin(parts: &'p Parts, organiser: OrganiserId, id: JobId) -> Result<Self, RunError> {
        let caller = caller(parts, organiser, id);
        let job = parts.runtime.block_on(parts.database.write(&caller, move |tx, scope| {
            let before = job::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
            match before.value.state {
                JobState::Running => Ok(before),
                JobState::Queued => {
                    let started_at = before.value.started_at.or(Some(scope.now()));
                    let after = Job { state: JobState::Running, started_at, ..before.value.clone() };
                    Ok::<_, Problem>(job::update(tx, scope, &before, &after)?)
                }
                JobState::Waiting | JobState::Done | JobState::Failed | JobState::Cancelled => {
                    Err(Problem::new(Code::Conflict))
                }
            }
        }))?;
        let results = serde_json::from_value(job.value.results.clone()).unwrap_or_default();
        let progress = serde_json::from_value(job.value.progress.clone()).unwrap_or_default();
        let position = serde_json::from_value(job.value.resume_at.clone()).unwrap_or_default();
        Ok(Self {
            parts,
            organiser,
            job,
            results,
            progress,
            position,
            reported: 0,
            buffer: Vec::new(),
            pace: Pace::new(),
            saved_at: now(),
        })
    }

    fn caller(&self) -> Caller {
        caller(self.parts, self.organiser, self.job.id)
    }

    fn read<T: Send + 'static>(
        &self,
        work: impl Fn(&mut DatabaseConnection, &Scope) -> Result<T, Error> + Send + Sync + 'static,
    ) -> Result<T, RunError> {
        Ok(self.parts.runtime.block_on(self.parts.database.read(&self.caller(), work))?)
    }

    /// Saves something together with the job's own state, which must be as we know it: then
    /// nobody has ended the job meanwhile, and nobody else works on it. Gives how long the writer
    /// was held by it, from the save's own beginning to the answer.
    fn save<F>(&mut self, change: impl FnOnce(&mut Job), work: F) -> Result<Duration, RunError>
    where
        F: Fn(&mut Tx<'_>, &Scope) -> Result<(), Error> + Send + Sync + 'static,
    {
        let before = self.job.clone();
        let mut after = before.value.clone();
        after.results = json!(self.results);
        after.progress = json!(self.progress);
        let mut resume_at = json!(self.position);
        if let (Some(now), Some(old)) = (resume_at.as_object_mut(), before.value.resume_at.get("path")) {
            now.insert("path".to_owned(), old.clone());
        }
        after.resume_at = resume_at;
        change(&mut after);
        let rows = std::mem::take(&mut self.buffer);
        let id = self.job.id;
        // The wait for the writer is not counted: it holds nobody up.
        let (sent, waited) = (now(), Arc::new(AtomicU64::new(0)));
        let begun = Arc::clone(&waited);
        let saved =
            self.parts.runtime.block_on(self.parts.database.write(&self.caller(), move |tx, scope| {
                begun.store(micros(sent.elapsed()), Ordering::Relaxed);
                let present = job::find(tx.connection(), scope, id)?;
                if present.as_ref().is_none_or(|present| present.version != before.version) {
                    return Ok(None);
                }
                work(tx, scope)?;
                job_row::add(tx, scope, id, &rows)?;
                job::update(tx, scope, &before, &after).map(Some)
            }))?;
        let Some(job) = saved else { return Err(RunError::Stopped) };
        self.job = job;
        self.saved_at = now();
        let held = sent.elapsed().saturating_sub(Duration::from_micros(waited.load(Ordering::Relaxed)));
        let longest = &mut self.results.longest_write_milliseconds;
        *longest = (*longest).max(u64::try_from(held.as_millis()).unwrap_or(u64::MAX));
        Ok(held)
    }

    fn is_cancelled(&self) -> Result<bool, RunError> {
        let id = self.job.id;
        let job = self.read(move |connection, scope| job::find(connection, scope, id))?;
        Ok(job.is_none_or(|job| job.value.state == JobState::Cancelled))
    }

    fn finish(&mut self, state: JobState, failure: Option<String>) -> Result<(), RunError> {
        let now = self.parts.clock.now();
        self.save(
            move |job| {
                job.state = state;
                job.failure = failure;
                job.ended_at = state.is_final().then_some(now);
            },
            |_, _| Ok(()),
        )
        .map(drop)
    }

    fn tell(&mut self, step: &str, done: u64, total: u64) -> Result<(), RunError> {
        let progress = Progress { step: step.to_owned(), done, total };
        (self.parts.progress)(&progress);
        match self.progress.iter_mut().find(|known| known.step == step) {
            Some(known) => *known = progress,
            None => self.progress.push(progress),
        }
        if self.parts.stop.load(Ordering::Relaxed) { Err(RunError::Stopped) } else { Ok(()) }
    }

    /// Lets those who watch the job see how far it is, and learns whether somebody has ended it.
    fn save_now_and_then(&mut self) -> Result<(), RunError> {
        if self.saved_at.elapsed() < QUIET && self.buffer.len() < REPORT_ROWS {
            return Ok(());
        }
        self.save(|_| {}, |_, _| Ok(())).map(drop)
    }

    fn go(&mut self, path: &Path) -> Result<JobState, RunError> {
        let roster = Roster::open(path)?;
        let system = system_of(&roster);
        let again = self.position.saving;
        if !again {
            self.results = Results::default();
            self.progress.clear();
            self.clear_report()?;
        }
        let checked = self.check(&roster, &system, again)?;
        let fingerprint = checked.fingerprint.to_string();
        if self.job.value.fingerprint.as_ref().is_some_and(|before| *before != fingerprint) {
            return Err(RunError::Refused("the set is not the one that the job began with".to_owned()));
        }
        if !again {
            let system = system.clone();
            self.save(
                move |job| {
                    job.system = Some(system);
                    job.fingerprint = Some(fingerprint);
                },
                |_, _| Ok(()),
            )?;
        }
        if !checked.passes() && !self.job.value.partial {
            return Err(self.nothing_saved());
        }
        let index = Index::read(&roster)?;
        let mut context = self.context(system, index)?;
        if !again {
            if let Some(state) = self.plan(&roster, &checked, &context)? {
                return Ok(state);
            }
            self.position = Position { saving: true, ..Position::default() };
            self.save(|_| {}, |_, _| Ok(()))?;
        }
        if let Some(context) = Arc::get_mut(&mut context) {
            context.planning = false;
        }
        self.apply(&roster, &checked, &context)?;
        self.finish(JobState::Done, None)?;
        Ok(JobState::Done)
    }

    /// Takes away what an earlier beginning of the same job has reported, a part at a time.
    fn clear_report(&mut self) -> Result<(), RunError> {
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

    fn nothing_saved(&self) -> RunError {
        let (count, first) = (self.results.problems, self.first_problem());
        let first = first.map(|first| format!("; the first: {first}")).unwrap_or_default();
        RunError::Refused(format!("{count} problems; nothing was saved{first}"))
    }

    /// The first problem, for people at a terminal; the report has them all.
    fn first_problem(&self) -> Option<String> {
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
            job_row::list(connection, scope, id, &["problem".to_owned()], &request)
        });
        let row = saved.ok().and_then(|page| page.items.into_iter().next()).or(waiting)?;
        let line = row.line.filter(|line| *line > 0).map(|line| format!(" line {line}")).unwrap_or_default();
        let field = row.field.map(|field| format!(", {field}")).unwrap_or_default();
        Some(format!("{}{line}{field}: {}", row.file.unwrap_or_default(), row.detail))
    }

    fn check(&mut self, roster: &Roster, system: &str, again: bool) -> Result<Checked, RunError> {
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

    fn context(&self, system: String, index: Index) -> Result<Arc<Context>, RunError> {
        let (controller, [school_types, unit_code_kinds]) = self.read(|connection, scope| {
            let request = PageRequest {
                limit: 1,
                sort: ControllerSort::Name,
                direction: Direction::Ascending,
                after: None,
                modified_after: None,
            };
            let page = controller::list(connection, scope, &ControllerFilter::default(), &request)?;
            let controller: Option<ControllerId> = page.items.into_iter().next().map(|saved| saved.id);
            Ok((controller, code::entries_of(connection, [Table::SchoolType, Table::SchoolUnitCodeKind])?))
        })?;
        let controller = controller.ok_or_else(|| {
            RunError::Refused("the organiser has no controller yet; enter one before an import".to_owned())
        })?;
        Ok(Arc::new(Context {
            organiser: self.organiser,
            controller,
            system,
            index,
            today: self.caller().today(),
            planning: true,
            school_type: self.job.value.school_type.clone(),
            school_types,
            unit_code_kinds,
            ids: Arc::clone(&self.parts.ids),
        }))
    }

    /// Makes the plan; gives the state in which the job stays, if saving does not follow.
    fn plan(
        &mut self,
        roster: &Roster,
        checked: &Checked,
        context: &Arc<Context>,
    ) -> Result<Option<JobState>, RunError> {
        let mut plan = Plan::keeping(MOST_NAMED);
        let total: u64 = checked.counts.values().map(|count| count.rows).sum();
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

    fn existing(&self, context: &Context) -> Result<HashMap<Kind, u64>, RunError> {
        let system = context.system.clone();
        let present = self.read(move |connection, scope| source::present(connection, scope, &system))?;
        let mut existing: HashMap<Kind, u64> = HashMap::new();
        for step in STEPS {
            for (entity, kind) in ends::entities(step.file) {
                *existing.entry(*kind).or_default() += present.get(*entity).copied().unwrap_or_default();
            }
        }
        Ok(existing)
    }

    fn note(&mut self, plan: &mut Plan, decided: Decided) {
        self.note_problems(&decided);
        for Found { kind, difference, place, id } in decided.found {
            plan.note(kind, difference, place, id.as_ref());
        }
    }

    fn note_problems(&mut self, decided: &Decided) {
        let now = self.parts.clock.now();
        let all = decided
            .problems
            .iter()
            .map(|problem| (Severity::Problem, problem))
            .chain(decided.warnings.iter().map(|warning| (Severity::Warning, warning)));
        for (severity, problem) in all {
            match severity {
                Severity::Problem => self.results.problems += 1,
                Severity::Warning => self.results.warnings += 1,
            }
            if self.reported < MOST_REPORTED {
                self.reported += 1;
                self.buffer.push(report(self.reported, now, severity, problem));
            }
        }
    }

    fn report_samples(&mut self, samples: &[Sample]) -> Result<(), RunError> {
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
            });
            if self.buffer.len() >= REPORT_ROWS {
                self.save(|_| {}, |_, _| Ok(()))?;
            }
        }
        Ok(())
    }

    fn apply(&mut self, roster: &Roster, checked: &Checked, context: &Arc<Context>) -> Result<(), RunError> {
        for (number, step) in STEPS.iter().enumerate() {
            if number < self.position.steps {
                continue;
            }
            let name = step.file.name();
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

    fn save_decided(&mut self, context: &Arc<Context>, decided: Vec<Decided>) -> Result<(), RunError> {
        let before = self.results.clone();
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
                }
                Ok(())
            }
            Err(error) => {
                self.results = before;
                Err(error)
            }
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "how long the writer was held, not what time it is")]
fn now() -> Instant {
    Instant::now()
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn caller(parts: &Parts, organiser: OrganiserId, id: JobId) -> Caller {
    Caller::system("import", organiser, id.uuid(), parts.clock.now())
}

/// The source's name in external identifiers: `oneroster:` and its code or name in small letters.
fn system_of(roster: &Roster) -> String {
    let name = roster.system_code().or(roster.system_name()).unwrap_or_default();
    let plain: String = name
        .to_lowercase()
        .chars()
        .map(|character| match character {
            'å' | 'ä' => 'a',
            'ö' => 'o',
            plain if plain.is_ascii_alphanumeric() || matches!(plain, '.' | '_' | '-') => plain,
            _ => '-',
        })
        .take(80)
        .collect();
    let plain = plain.trim_matches(|character: char| !character.is_ascii_alphanumeric());
    if plain.is_empty() { "oneroster".to_owned() } else { format!("oneroster:{plain}") }
}

/// A kind as a word in reports: `teacher-assignment`.
fn word(kind: Kind) -> String {
    kind.singular().replace(' ', "-")
}

fn counts(tally: Tally) -> Counts {
    let Tally { add, change, end, unchanged } = tally;
    Counts { add, change, end, unchanged }
}

fn report(
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
                if kind == RosterFile::Users {
                    let contacts =
                        skolhus_persistence::integration::contact::find(connection, scope, &system, &asked)?;
                    found.extend(contacts.into_keys());
                }
                Ok(found)
            })
            .map_err(|error| error.to_string())?;
        Ok(values.iter().map(|value| found.contains(value)).collect())
    }
}

// --- the steps --------------------------------------------------------------

type Saw<'s> = dyn FnMut(&mut Run<'_>, Vec<Decided>, u64, usize) -> Result<(), RunError> + 's;
type SawEnd<'s> = dyn FnMut(&mut Run<'_>, Decided) -> Result<(), RunError> + 's;
type Each = fn(&mut Run<'_>, &Roster, &Checked, &Arc<Context>, u64, &mut Saw<'_>) -> Result<(), RunError>;

/// One file of the set.
struct Step {
    file: RosterFile,
    each: Each,
    seen: fn(&Roster) -> Result<HashSet<Key>, RunError>,
}

macro_rules! step {
    ($row:ty, $decide:path) => {
        Step {
            file: <$row as Record>::FILE,
            each: |run, roster, checked, context, after, saw| {
                each_chunk::<$row>(run, roster, checked, context, after, $decide, saw)
            },
            seen: seen::<$row>,
        }
    };
}

/// The files in the order of their references.
const STEPS: &[Step] = &[
    step!(Org, organisation::orgs),
    step!(AcademicSession, organisation::sessions),
    step!(Course, catalogue::courses),
    step!(Class, catalogue::classes),
    step!(User, people::users),
    step!(Demographics, people::demographics),
    step!(Role, places::roles),
    step!(Enrollment, places::enrollments),
];

type Decide<T> = fn(&Context, &mut DatabaseConnection, &Scope, &[Row<T>]) -> Result<Decided, Error>;

impl Step {
    fn each(
        &self,
        run: &mut Run<'_>,
        roster: &Roster,
        checked: &Checked,
        context: &Arc<Context>,
        after: u64,
        saw: &mut Saw<'_>,
    ) -> Result<(), RunError> {
        (self.each)(run, roster, checked, context, after, saw)
    }

    /// What a whole file leaves out.
    fn each_end(
        &self,
        run: &mut Run<'_>,
        roster: &Roster,
        context: &Arc<Context>,
        saw: &mut SawEnd<'_>,
    ) -> Result<(), RunError> {
        if roster.mode(self.file) != Mode::Bulk || ends::entities(self.file).is_empty() {
            return Ok(());
        }
        let seen = (self.seen)(roster)?;
        for (entity, kind) in ends::entities(self.file).iter().copied() {
            // The organiser and its school years do not end by a roster.
            if entity == entity::ORGANISER || entity == entity::SCHOOL_YEAR {
                continue;
            }
            let mut after: Option<String> = None;
            loop {
                let (system, from) = (context.system.clone(), after.clone());
                let page = run.read(move |connection, scope| {
                    source::after(connection, scope, entity, &system, from.as_deref(), 1_000)
                })?;
                let Some(last) = page.last() else { break };
                after = Some(last.value.clone());
                let missing: Vec<_> = page
                    .into_iter()
                    .filter(|thing| !thing.absent)
                    .filter(|thing| SourcedId::new(&thing.value).is_ok_and(|id| !seen.contains(&id_key(&id))))
                    .collect();
                for missing in missing.chunks(run.pace.rows()) {
                    let (things, of) = (missing.to_vec(), Arc::clone(context));
                    let decided = run.read(move |connection, scope| {
                        ends::end(&of, connection, scope, (entity, kind), &things, &HashMap::new())
                    })?;
                    saw(run, decided)?;
                }
            }
        }
        Ok(())
    }
}

/// Every identifier of a file, refused rows' too: what is refused has not ended.
fn seen<T: Record>(roster: &Roster) -> Result<HashSet<Key>, RunError> {
    Ok(roster.rows::<T, _>(|rows| {
        let mut seen = HashSet::new();
        for parsed in rows {
            if let Some(id) = parsed?.id {
                seen.insert(id_key(&id));
            }
        }
        Ok::<_, SourceProblem>(seen)
    })??)
}

fn each_chunk<T: Record + Clone + Send + Sync + 'static>(
    run: &mut Run<'_>,
    roster: &Roster,
    checked: &Checked,
    context: &Arc<Context>,
    after: u64,
    decide: Decide<T>,
    saw: &mut Saw<'_>,
) -> Result<(), RunError> {
    roster.rows::<T, _>(|rows| {
        rows.skip_through(after)?;
        let mut chunk: Vec<Row<T>> = Vec::new();
        let mut line = after;
        let mut ended = false;
        while !ended {
            let mut read = 0;
            // A plan only reads, which holds nobody up.
            let most = if context.planning { Pace::LARGEST } else { run.pace.rows() };
            while chunk.len() < most {
                let Some(parsed) = rows.next() else {
                    ended = true;
                    break;
                };
                let parsed = parsed?;
                line = parsed.line;
                read += 1;
                if let Ok(row) = parsed.row
                    && !checked.is_refused(T::FILE, line)
                {
                    chunk.push(row);
                }
            }
            if read > 0 {
                decide_chunk(run, context, std::mem::take(&mut chunk), decide, line, read, saw)?;
            }
        }
        Ok(())
    })?
}

/// Compares a chunk and hands it on; compares it anew when somebody changed the same meanwhile.
fn decide_chunk<T: Record + Clone + Send + Sync + 'static>(
    run: &mut Run<'_>,
    context: &Arc<Context>,
    chunk: Vec<Row<T>>,
    decide: Decide<T>,
    line: u64,
    read: usize,
    saw: &mut Saw<'_>,
) -> Result<(), RunError> {
    let chunk = Arc::new(chunk);
    let mut attempt = 0;
    loop {
        attempt += 1;
        let (rows, of) = (Arc::clone(&chunk), Arc::clone(context));
        let decided = run.read(move |connection, scope| {
            let mut decided = vec![decide(&of, connection, scope, &rows)?];
            decided.extend(ended(&of, connection, scope, &rows)?);
            Ok(decided)
        })?;
        match saw(run, decided, line, read) {
            Err(RunError::Register(problem))
                if attempt < MOST_ATTEMPTS
                    && (problem.code() == Code::Stale
                        || problem.database().is_some_and(|error| matches!(error, Error::Collision(_)))) => {}
            other => return other,
        }
    }
}

/// What the rows of a chunk say has ended.
fn ended<T: Record>(
    context: &Context,
    connection: &mut DatabaseConnection,
    scope: &Scope,
    rows: &[Row<T>],
) -> Result<Vec<Decided>, Error> {
    let gone: HashMap<String, Place> = rows
        .iter()
        .filter(|row| matches!(row.content, Content::ToBeDeleted))
        .map(|row| (row.id.as_str().to_owned(), place(row)))
        .collect();
    let mut decided = Vec::new();
    if gone.is_empty() {
        return Ok(decided);
    }
    for (entity, kind) in ends::entities(T::FILE).iter().copied() {
        if entity == entity::ORGANISER || entity == entity::SCHOOL_YEAR {
            continue;
        }
        let known = context.known(connection, scope, entity, gone.keys().map(String::as_str))?;
        let things: Vec<_> = known.into_values().collect();
        decided.push(ends::end(context, connection, scope, (entity, kind), &things, &gone)?);
    }
    Ok(decided)
}
