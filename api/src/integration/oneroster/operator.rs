//! An import from the command line: a folder or a zip on this machine.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use serde_json::json;
use skolhus_domain::{
    access::{Caller, Scope},
    id::{ControllerId, Id, JobId, OrganiserId},
    integration::JobState,
    organisation::{NewController, NewOrganiser},
};
use skolhus_persistence::{
    DatabaseConnection, Direction, PageRequest,
    integration::{
        job::{self, Job, JobFilter, JobSort},
        job_row::{self, ReportRow, ReportSort},
        source::organisers as source_of,
    },
    organisation::{controller, organiser},
};
use uuid::Uuid;

use super::{
    families::Family,
    import::RunError,
    rows::{Content, Org, OrgType, User},
    source::{Roster, SourceProblem},
    start_import::{ImportSettings, queue},
};
use crate::{
    http::{problem::Problem, state::State},
    integration::{
        jobs::{JobDocument, Progress},
        worker::{parts, run_job},
    },
};

/// The most rows of the report that are told at the terminal.
const MOST_LINES: u32 = 200;

/// An import that has come to its end.
pub struct Imported {
    /// The job.
    pub job: JobDocument,
    /// What was refused, and what was found to do, a line each; not of what is merely new, except
    /// in a dry run.
    pub lines: Vec<String>,
    /// What it changes, or would change, for families.
    pub families: Vec<Family>,
}

fn line(row: &ReportRow) -> String {
    if row.severity != "problem" {
        return row.detail.clone();
    }
    let file = row.file.as_deref().unwrap_or_default();
    let line = row.line.filter(|line| *line > 0).map(|line| format!(" line {line}")).unwrap_or_default();
    let field = row.field.as_ref().map(|field| format!(", {field}")).unwrap_or_default();
    format!("{file}{line}{field}: {}", row.detail)
}

/// How long an import waits for another that is being worked on here.
const PATIENCE: Duration = Duration::from_millis(200);

/// Imports a folder or a zip for an organiser, from its beginning to its end, and gives the job.
/// With none named it is the only one there is; in an empty database the set's district becomes
/// it, with a controller of the same name. `progress` is told after every chunk. A run that is broken
/// off is taken up again, under its own job, by the same command or by the server.
///
/// # Errors
/// [`RunError`]; a set that is refused is no error but a failed job.
pub async fn import_folder_or_zip(
    state: &State,
    organiser: Option<OrganiserId>,
    path: &Path,
    settings: &ImportSettings,
    progress: Arc<dyn Fn(&Progress) + Send + Sync>,
) -> Result<Imported, RunError> {
    let failed = |error: std::io::Error| RunError::Source(error.into());
    let path = tokio::fs::canonicalize(path).await.map_err(failed)?;
    let organiser = match organiser {
        Some(organiser) => organiser,
        None => only(state, path.clone()).await?,
    };
    // Nobody works on the job but us, whatever server shares the directory.
    let _at_work = loop {
        if let Some(at_work) = state.jobs.try_work().map_err(failed)? {
            break at_work;
        }
        tokio::time::sleep(PATIENCE).await;
    };
    let runner = state.jobs.runner(state.fresh_uuid()).map_err(failed)?;
    let never = Arc::new(AtomicBool::new(false));
    let named = path.to_string_lossy().into_owned();
    let mut taken_up = None;
    // What was broken off here stands in the way of everything else, and is brought to its end first.
    for begun in begun(state, organiser, runner).await? {
        let file = begun.path.clone().map_or_else(|| state.jobs.upload(begun.id), PathBuf::from);
        let parts = parts(state, Arc::clone(&never), Arc::clone(&progress));
        tracing::info!(job = %begun.id, "an import that was broken off goes on");
        let ended = run_job(parts, organiser, begun.id, file).await?;
        if begun.is(&named, settings) && ended != JobState::Failed {
            taken_up = Some(begun.id);
        }
    }
    let id = match taken_up {
        Some(id) => id,
        None => {
            let id: JobId = state.fresh();
            let caller = Caller::system("command line", organiser, id.uuid(), state.clock.now());
            let settings = settings.clone();
            state
                .database
                .write(&caller, move |tx, scope| {
                    queue(tx, scope, id, runner, &settings)?;
                    let before = job::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
                    let after = Job { resume_at: json!({ "path": named }), ..before.value.clone() };
                    job::update(tx, scope, &before, &after)?;
                    Ok::<_, Problem>(())
                })
                .await?;
            loop {
                let parts = parts(state, Arc::clone(&never), Arc::clone(&progress));
                match run_job(parts, organiser, id, path.clone()).await {
                    Ok(_) => break id,
                    // Another server works for the organiser.
                    Err(RunError::Busy) => tokio::time::sleep(PATIENCE).await,
                    Err(error) => return Err(error),
                }
            }
        }
    };
    let caller = Caller::system("command line", organiser, id.uuid(), state.clock.now());
    let imported = state
        .database
        .read(&caller, move |connection, scope| {
            let job = job::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
            let request = PageRequest {
                limit: MOST_LINES,
                sort: ReportSort::Number,
                direction: Direction::Ascending,
                after: None,
                modified_after: None,
            };
            // What is new is named where nothing has been saved yet; afterwards it is counted.
            let mut of = vec!["problem".to_owned(), "change".to_owned(), "end".to_owned()];
            if job.value.dry_run {
                of.push("add".to_owned());
            }
            let page = job_row::list(connection, scope, id, &of, &[], &request)?;
            let mut lines: Vec<String> = page.items.iter().map(line).collect();
            if page.next.is_some() {
                lines.push(format!("and more: GET /v1/jobs/{id}/rows"));
            }
            let families = families(connection, scope, id)?;
            Ok::<_, Problem>(Imported { job: JobDocument::of(job), lines, families })
        })
        .await?;
    Ok(imported)
}

/// What a job's report tells about families.
fn families(connection: &mut DatabaseConnection, scope: &Scope, id: JobId) -> Result<Vec<Family>, Problem> {
    let mut request = PageRequest {
        limit: 500,
        sort: ReportSort::Number,
        direction: Direction::Ascending,
        after: None,
        modified_after: None,
    };
    let mut families = Vec::new();
    loop {
        let page = job_row::list(connection, scope, id, &["notice".to_owned()], &[], &request)?;
        let facts = page.items.into_iter().filter_map(|row| row.facts);
        families.extend(facts.filter_map(|facts| serde_json::from_value(facts).ok()));
        match page.next {
            Some(next) => request.after = Some(next),
            None => return Ok(families),
        }
    }
}

/// How a set calls the persons whom news about families name: for the terminal alone, nothing keeps it.
///
/// # Errors
/// When the set cannot be read.
pub fn names_in(path: &Path, families: &[Family]) -> Result<HashMap<String, String>, SourceProblem> {
    let asked: HashSet<&str> = families.iter().flat_map(Family::named).collect();
    let mut names = HashMap::new();
    if asked.is_empty() {
        return Ok(names);
    }
    Roster::open(path)?.rows::<User, _>(|rows| {
        for parsed in rows {
            if let Ok(row) = parsed?.row
                && let Content::Active(user) = row.content
                && asked.contains(row.id.as_str())
            {
                let name = format!("{} {}", user.given_name.as_str(), user.family_name.as_str());
                names.insert(row.id.as_str().to_owned(), name);
            }
        }
        Ok(names)
    })?
}

/// An import of ours that was broken off.
struct Begun {
    id: JobId,
    /// What the command line named; none for an upload.
    path: Option<String>,
    value: Job,
}

impl Begun {
    /// Whether it is the same import: of the same place, done in the same way.
    fn is(&self, path: &str, settings: &ImportSettings) -> bool {
        let ImportSettings { dry_run, partial, ends_percent, school_type } = settings;
        self.path.as_deref() == Some(path)
            && self.value.dry_run == *dry_run
            && self.value.partial == *partial
            && self.value.ends_percent == *ends_percent
            && self.value.school_type.as_str() == school_type.as_str()
    }
}

/// The imports of ours that were broken off: the one that is said to run although nobody works on
/// it, and those of the command line that did not come to their turn. The one that runs comes first.
async fn begun(state: &State, organiser: OrganiserId, runner: Uuid) -> Result<Vec<Begun>, RunError> {
    let caller = Caller::system("command line", organiser, state.fresh_uuid(), state.clock.now());
    let running = state
        .database
        .read(&caller, |connection, scope| {
            let filter =
                JobFilter { states: vec![JobState::Running, JobState::Queued], ..JobFilter::default() };
            let request = PageRequest {
                limit: 500,
                sort: JobSort::CreatedAt,
                direction: Direction::Ascending,
                after: None,
                modified_after: None,
            };
            Ok::<_, Problem>(job::list(connection, scope, &filter, &request)?.items)
        })
        .await?;
    let mut ours: Vec<_> = running
        .into_iter()
        .filter(|job| job.value.runner == runner)
        .filter(|job| job.value.state == JobState::Running || job.value.resume_at.get("path").is_some())
        .collect();
    ours.sort_by_key(|job| job.value.state != JobState::Running);
    Ok(ours
        .into_iter()
        .map(|job| Begun {
            id: job.id,
            path: job.value.resume_at.get("path").and_then(|path| path.as_str()).map(str::to_owned),
            value: job.value,
        })
        .collect())
}

/// The only organiser, or the one that the set's district names.
async fn only(state: &State, path: PathBuf) -> Result<OrganiserId, RunError> {
    let nobody = Caller::every_organiser();
    let caller = Caller::system("command line", nobody, state.fresh_uuid(), state.clock.now());
    let there = state
        .database
        .read(&caller, |connection, scope| Ok::<_, Problem>(source_of(connection, scope)?))
        .await?;
    match there.as_slice() {
        [] => found(state, path).await,
        [only] => Ok(*only),
        _ => Err(RunError::Refused("there are several organisers: name one".to_owned())),
    }
}

/// Founds the organiser that the set's district names.
async fn found(state: &State, path: PathBuf) -> Result<OrganiserId, RunError> {
    let name = tokio::task::spawn_blocking(move || district(&path))
        .await
        .map_err(|_| RunError::Stopped)??
        .ok_or_else(|| {
            RunError::Refused("the set names no district; enter the organiser first".to_owned())
        })?;
    let (organiser, controller): (OrganiserId, ControllerId) = (state.fresh(), state.fresh());
    let caller = Caller::system("command line", organiser, state.fresh_uuid(), state.clock.now());
    state
        .database
        .write(&caller, move |tx, scope| {
            let new = NewOrganiser { name: &name, organisation_number: None };
            organiser::insert(tx, organiser, &new.validate()?)?;
            // Most who send rosters are municipalities; the kind is corrected over HTTP.
            let new = NewController { name: &name, kind: "public" };
            controller::insert(tx, scope, controller, &new.validate()?)?;
            Ok::<_, Problem>(())
        })
        .await?;
    Ok(organiser)
}

fn district(path: &Path) -> Result<Option<String>, SourceProblem> {
    let roster = Roster::open(path)?;
    roster.rows::<Org, _>(|rows| {
        for parsed in rows {
            if let Ok(row) = parsed?.row
                && let Content::Active(org) = row.content
                && org.kind == OrgType::District
            {
                return Ok(Some(org.name.as_str().chars().take(200).collect()));
            }
        }
        Ok(None)
    })?
}
