//! Jobs: long work that goes on after the request that asked for it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;
use skolhus_domain::{
    access::{Reach, Scope},
    code::Code,
    id::{AccountId, JobId, OrganiserId},
    integration::{JobKind, JobState},
    refusal::Refusal,
};
use uuid::Uuid;

use crate::{
    Saved,
    core::{
        connection::DatabaseConnection,
        error::Error,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset},
        record::record,
        tx::Tx,
        types::{Json, Ts, Uid},
    },
    schema::jobs,
};

record! {
    /// A job's row.
    pub(crate) struct JobRow in jobs as "job" {
        kind: String,
        state: String,
        dry_run: bool,
        partial: bool,
        ends_percent: i32,
        school_type: String,
        runner_id: Uid,
        account_id: Option<Uid>,
        system: Option<String>,
        fingerprint: Option<String>,
        progress: Json,
        results: Json,
        resume_at: Json,
        failure: Option<String>,
        started_at: Option<Ts>,
        running_since: Option<Ts>,
        ended_at: Option<Ts>,
        approved_by_id: Option<Uid>,
        approved_at: Option<Ts>,
        approval_reason: Option<String>,
    }
}

/// A job.
#[derive(Clone, PartialEq, Debug)]
pub struct Job {
    /// What it does.
    pub kind: JobKind,
    /// Where it stands.
    pub state: JobState,
    /// Whether it only says what it would do.
    pub dry_run: bool,
    /// Whether it goes on without the rows that are refused.
    pub partial: bool,
    /// Which share of a kind may end without a person's word, in percent, 0 to 100.
    pub ends_percent: u8,
    /// The school type that new school units get, as a code of SS 12000.
    pub school_type: Code,
    /// The server in whose directory the file lies.
    pub runner: Uuid,
    /// Whose account asked for it; none for the command line.
    pub account: Option<AccountId>,
    /// The source system, once it is known.
    pub system: Option<String>,
    /// The fingerprint of what it works on, once it has been read.
    pub fingerprint: Option<String>,
    /// How far each step has come.
    pub progress: Value,
    /// What came of it.
    pub results: Value,
    /// Where to go on after a stop.
    pub resume_at: Value,
    /// Why it could not be done.
    pub failure: Option<String>,
    /// When the work began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Who let it go on, when and why.
    pub approval: Option<Approval>,
}

/// A person's word that a stopped job may go on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Approval {
    /// Whose account.
    pub by: AccountId,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: String,
}

/// What a list of jobs is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum JobSort {
    /// When it was asked for.
    #[default]
    CreatedAt,
    /// When it was changed last.
    ModifiedAt,
}

/// Which jobs are asked for.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// Of these kinds.
    pub kinds: Vec<JobKind>,
    /// In these states.
    pub states: Vec<JobState>,
}

/// The jobs that a scope reaches: a job works on the whole organiser, so only those who do see it.
fn reachable<'a>(scope: &Scope) -> jobs::BoxedQuery<'a, crate::core::connection::MultiBackend> {
    let all = jobs::table
        .filter(jobs::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(jobs::withdrawn_at.is_null())
        .into_boxed();
    match scope.reach() {
        Reach::Organiser => all,
        Reach::Parts(_) => all.filter(jobs::id.eq_any(Vec::<Uid>::new())),
    }
}

/// One job.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: JobId,
) -> Result<Option<Saved<JobId, Job>>, Error> {
    let row: Option<JobRow> = reachable(scope)
        .filter(jobs::id.eq(Uid::of(id)))
        .select(JobRow::as_select())
        .first(connection)
        .optional()?;
    row.map(JobRow::into_saved).transpose()
}

/// One page of the jobs.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &JobFilter,
    request: &PageRequest<JobSort>,
) -> Result<Page<Saved<JobId, Job>>, Error> {
    let mut query = reachable(scope);
    if !filter.kinds.is_empty() {
        query =
            query.filter(jobs::kind.eq_any(filter.kinds.iter().map(|kind| kind.code()).collect::<Vec<_>>()));
    }
    if !filter.states.is_empty() {
        let states: Vec<&str> = filter.states.iter().map(|state| state.code()).collect();
        query = query.filter(jobs::state.eq_any(states));
    }
    if let Some(after) = request.modified_after {
        query = query.filter(jobs::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        JobSort::CreatedAt => keyset!(query, request, jobs::created_at, jobs::id, instant),
        JobSort::ModifiedAt => keyset!(query, request, jobs::modified_at, jobs::id, instant),
    };
    let rows: Vec<JobRow> = query.select(JobRow::as_select()).load(connection)?;
    let cursor = |row: &JobRow| Cursor {
        key: instant_key(match request.sort {
            JobSort::CreatedAt => row.created_at,
            JobSort::ModifiedAt => row.modified_at,
        }),
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(JobRow::into_saved)
}

/// The jobs of a server that are to be worked on, those begun first, of every organiser. Only for
/// the program's own scope.
///
/// # Errors
/// A failure of the database.
pub fn to_work_on(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    runner: Uuid,
) -> Result<Vec<(OrganiserId, JobId)>, Error> {
    if !scope.is_system() {
        return Ok(Vec::new());
    }
    let rows: Vec<(Uid, Uid)> = jobs::table
        .filter(jobs::runner_id.eq(Uid(runner)))
        .filter(jobs::state.eq_any([JobState::Running.code(), JobState::Queued.code()]))
        .filter(jobs::withdrawn_at.is_null())
        // "running" comes after "queued".
        .order((jobs::state.desc(), jobs::created_at.asc(), jobs::id.asc()))
        .select((jobs::organiser_id, jobs::id))
        .limit(100)
        .load(connection)?;
    Ok(rows.into_iter().map(|(organiser, id)| (organiser.to(), id.to())).collect())
}

/// Enters a job.
///
/// # Errors
/// A failure of the database.
pub fn insert(tx: &mut Tx<'_>, scope: &Scope, id: JobId, job: &Job) -> Result<Saved<JobId, Job>, Error> {
    let row = JobRow::of(Uid::of(scope.organiser()), Uid::of(id), tx.now(), job);
    tx.insert(std::slice::from_ref(&row))?;
    row.into_saved()
}

/// Saves a new state of a job, as the next version after `before`.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; `jobs_running_key` when another job of the
/// organiser is running; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<JobId, Job>,
    job: &Job,
) -> Result<Saved<JobId, Job>, Error> {
    let organiser = Uid::of(scope.organiser());
    let row = |job| JobRow::of(organiser, Uid::of(before.id), Ts::of(before.created_at), job);
    let old =
        JobRow { version: before.version, modified_at: Ts::of(before.modified_at), ..row(&before.value) };
    tx.update(&old, row(job))?.into_saved()
}

impl JobRow {
    fn of(organiser_id: Uid, id: Uid, now: Ts, job: &Job) -> Self {
        let Job {
            kind,
            state,
            dry_run,
            partial,
            ends_percent,
            school_type,
            runner,
            account,
            system,
            fingerprint,
            progress,
            results,
            resume_at,
            failure,
            started_at,
            ended_at,
            approval,
        } = job.clone();
        let (by, at, reason) = match approval {
            Some(Approval { by, at, reason }) => (Some(by), Some(at), Some(reason)),
            None => (None, None, None),
        };
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            kind: kind.code().to_owned(),
            state: state.code().to_owned(),
            dry_run,
            partial,
            ends_percent: i32::from(ends_percent),
            school_type: school_type.as_str().to_owned(),
            runner_id: Uid(runner),
            account_id: account.map(Uid::of),
            system,
            fingerprint,
            progress: Json(progress),
            results: Json(results),
            resume_at: Json(resume_at),
            failure,
            started_at: started_at.map(Ts::of),
            running_since: started_at.filter(|_| state == JobState::Running).map(Ts::of),
            ended_at: ended_at.map(Ts::of),
            approved_by_id: by.map(Uid::of),
            approved_at: at.map(Ts::of),
            approval_reason: reason,
        }
    }

    fn into_saved(self) -> Result<Saved<JobId, Job>, Error> {
        let Self {
            organiser_id: _,
            id,
            version,
            created_at,
            modified_at,
            withdrawn_at: _,
            kind,
            state,
            dry_run,
            partial,
            ends_percent,
            school_type,
            runner_id,
            account_id,
            system,
            fingerprint,
            progress,
            results,
            resume_at,
            failure,
            started_at,
            running_since: _,
            ended_at,
            approved_by_id,
            approved_at,
            approval_reason,
        } = self;
        let refused = |refusal: Refusal| Error::Inconsistent {
            table: "jobs",
            id: id.0.to_string(),
            detail: format!("{:?}", refusal.rule),
        };
        let approval = match (approved_by_id, approved_at, approval_reason) {
            (Some(by), Some(at), Some(reason)) => Some(Approval { by: by.to(), at: at.0, reason }),
            _ => None,
        };
        let value = Job {
            kind: JobKind::from_code(&kind).map_err(refused)?,
            state: JobState::from_code(&state).map_err(refused)?,
            dry_run,
            partial,
            ends_percent: u8::try_from(ends_percent).unwrap_or(0),
            school_type: Code::new(&school_type).map_err(refused)?,
            runner: runner_id.0,
            account: account_id.map(Uid::to),
            system,
            fingerprint,
            progress: progress.0,
            results: results.0,
            resume_at: resume_at.0,
            failure,
            started_at: started_at.map(|at| at.0),
            ended_at: ended_at.map(|at| at.0),
            approval,
        };
        Ok(Saved { id: id.to(), version, created_at: created_at.0, modified_at: modified_at.0, value })
    }
}
