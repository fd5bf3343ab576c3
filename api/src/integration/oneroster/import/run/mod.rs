//! A run from its beginning, or from where it was stopped, to its end.

mod checking;
mod error;
mod families;
mod planning;
mod report;
mod saving;
mod steps;

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::json;
use skolhus_domain::access::{Caller, Scope};
use skolhus_domain::code::Table;
use skolhus_domain::id::{ControllerId, Id, JobId, OrganiserId};
use skolhus_domain::instant::{Clock, IdSource};
use skolhus_domain::integration::JobState;
use skolhus_persistence::integration::job::Job;
use skolhus_persistence::integration::job_row::ReportRow;
use skolhus_persistence::integration::{job, job_row};
use skolhus_persistence::organisation::controller::{ControllerFilter, ControllerSort};
use skolhus_persistence::organisation::{code, controller};
use skolhus_persistence::{Database, DatabaseConnection, Direction, Error, PageRequest, Saved, Tx};

use super::super::check::CheckError;
use super::super::source::{Roster, SourceProblem};
use super::context::Context;
use super::index::Index;
use super::pace::Pace;
use crate::http::catalogue::Code;
use crate::http::problem::Problem;
use crate::integration::jobs::{Progress, Results};

use families::FamiliesTold;

pub use error::RunError;

/// How long a run goes on over what is as it was before it notes how far it has come.
const QUIET: Duration = Duration::from_secs(1);
/// How often the database is let know how large its tables have become.
const COUNTED: Duration = Duration::from_secs(5);
/// Rows of a report that are saved, or taken away, at a time.
const REPORT_ROWS: usize = 500;

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
    /// Problems and warnings of the comparison that stand in the report, each as a hash.
    noted: HashSet<u64>,
    /// How many of each kind of news about families the report has, and the relatives met.
    families: FamiliesTold,
    buffer: Vec<ReportRow>,
    pace: Pace,
    saved_at: Instant,
    counted_at: Option<Instant>,
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
            noted: HashSet::new(),
            families: FamiliesTold::default(),
            buffer: Vec::new(),
            pace: Pace::new(),
            saved_at: now(),
            counted_at: None,
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
        let rows = Arc::new(std::mem::take(&mut self.buffer));
        let written = Arc::clone(&rows);
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
                job_row::add(tx, scope, id, &written)?;
                job::update(tx, scope, &before, &after).map(Some)
            }));
        let saved = match saved {
            Ok(saved) => saved,
            Err(error) => {
                self.buffer = Arc::unwrap_or_clone(rows);
                return Err(error.into());
            }
        };
        let Some(job) = saved else { return Err(RunError::Stopped) };
        self.job = job;
        self.saved_at = now();
        let held = sent.elapsed().saturating_sub(Duration::from_micros(waited.load(Ordering::Relaxed)));
        let longest = &mut self.results.longest_write_milliseconds;
        *longest = (*longest).max(u64::try_from(held.as_millis()).unwrap_or(u64::MAX));
        Ok(held)
    }

    /// Lets the database know now and then how large its tables have become; the first time, when they may have been empty,
    /// as soon as something is saved. Where that fails, the database counts by itself after a while.
    fn count_now_and_then(&mut self) {
        if self.counted_at.is_some_and(|at| at.elapsed() < COUNTED) {
            return;
        }
        self.counted_at = Some(now());
        let counted = self.parts.runtime.block_on(self.parts.database.count_grown_tables(&self.caller()));
        if let Err(error) = counted {
            tracing::warn!(job = %self.job.id, %error, "the database did not count its tables during an import");
        }
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
        if again {
            self.recall_report()?;
        } else {
            self.results = Results::default();
            self.families = FamiliesTold::default();
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
            job: self.job.id,
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
