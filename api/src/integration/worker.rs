//! Works on the jobs whose files lie here, one after the other, those that were begun first.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use skolhus_domain::{
    access::Caller,
    id::{JobId, OrganiserId},
    integration::JobState,
};
use skolhus_persistence::integration::job;

use super::{
    jobs::Progress,
    oneroster::import::{Parts, RunError, run},
};
use crate::http::{problem::Problem, state::State};

/// How long the worker waits for a job before it looks again unasked.
const PATIENCE: Duration = Duration::from_secs(10);

/// A worker at work.
pub struct Worker {
    stop: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<()>,
    state: actix_web::web::Data<State>,
}

impl Worker {
    /// Starts working on the jobs of this server.
    #[must_use]
    pub fn start(state: actix_web::web::Data<State>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (flag, at_work) = (Arc::clone(&stop), state.clone());
        let task = actix_web::rt::spawn(async move {
            while !flag.load(Ordering::Relaxed) {
                if let Err(error) = work(&at_work, Arc::clone(&flag), Arc::new(|_: &Progress| {})).await {
                    tracing::warn!(%error, "the jobs rest; they are taken up again");
                }
                let _ = tokio::time::timeout(PATIENCE, at_work.jobs.woken()).await;
            }
        });
        Self { stop, task, state }
    }

    /// Stops after the chunk at hand. The job goes on at the next start.
    pub async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.state.jobs.wake();
        if self.task.await.is_err() {
            tracing::error!("the worker panicked");
        }
    }
}

/// Works on every job that is to be worked on; gives the states they came to.
///
/// # Errors
/// [`RunError::Stopped`]; a failure of the database.
pub async fn work(
    state: &State,
    stop: Arc<AtomicBool>,
    progress: Arc<dyn Fn(&Progress) + Send + Sync>,
) -> Result<Vec<(JobId, JobState)>, RunError> {
    let failed = |error: std::io::Error| RunError::Source(error.into());
    let runner = state.jobs.runner(state.fresh_uuid()).map_err(failed)?;
    let caller = Caller::system("jobs", Caller::every_organiser(), state.fresh_uuid(), state.clock.now());
    let mut done = Vec::new();
    let Some(_at_work) = state.jobs.try_work().map_err(failed)? else { return Ok(done) };
    loop {
        let waiting = state
            .database
            .read(&caller, move |connection, scope| {
                Ok::<_, Problem>(job::to_work_on(connection, scope, runner)?)
            })
            .await?;
        let mut went_on = false;
        for (organiser, id) in waiting {
            let parts = parts(state, Arc::clone(&stop), Arc::clone(&progress));
            let path = path(state, organiser, id).await?;
            match run_job(parts, organiser, id, path).await {
                Ok(ended) => {
                    went_on = true;
                    if ended.is_final() {
                        let _ = tokio::fs::remove_file(state.jobs.upload(id)).await;
                    }
                    done.push((id, ended));
                }
                // Another server works for this organiser; its turn comes.
                Err(RunError::Busy) => {}
                Err(error) => return Err(error),
            }
        }
        if !went_on {
            return Ok(done);
        }
    }
}

/// Works on one job.
pub(super) async fn run_job(
    parts: Parts,
    organiser: OrganiserId,
    id: JobId,
    path: PathBuf,
) -> Result<JobState, RunError> {
    match tokio::task::spawn_blocking(move || run(&parts, organiser, id, &path)).await {
        Ok(ended) => ended,
        // Its words may quote a row.
        Err(_) => {
            tracing::error!(job = %id, "a job panicked");
            Err(RunError::Stopped)
        }
    }
}

pub(super) fn parts(
    state: &State,
    stop: Arc<AtomicBool>,
    progress: Arc<dyn Fn(&Progress) + Send + Sync>,
) -> Parts {
    Parts {
        database: state.database.clone(),
        clock: Arc::clone(&state.clock),
        ids: Arc::clone(&state.ids),
        progress,
        stop,
        runtime: tokio::runtime::Handle::current(),
    }
}

/// Where a job's set lies: the upload, or what the command line named.
async fn path(state: &State, organiser: OrganiserId, id: JobId) -> Result<PathBuf, Problem> {
    let caller = Caller::system("jobs", organiser, state.fresh_uuid(), state.clock.now());
    let named = state
        .database
        .read(&caller, move |connection, scope| {
            let job = job::find(connection, scope, id)?;
            let named = job.and_then(|job| job.value.resume_at.get("path")?.as_str().map(PathBuf::from));
            Ok::<_, Problem>(named)
        })
        .await?;
    Ok(named.unwrap_or_else(|| state.jobs.upload(id)))
}
