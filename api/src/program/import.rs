//! `skolhus import oneroster PATH`: brings a roster in from this machine, with the server
//! running or not.

use std::{path::PathBuf, sync::Arc};

use serde::{Deserialize, Serialize};
use skolhus_domain::{id::Id, terminology::Language};
use uuid::Uuid;

use crate::{
    http::state::State,
    integration::{
        jobs::{JobDocument, Progress},
        oneroster::{
            ImportSettings, Imported,
            families::{self, Family},
            import_folder_or_zip, names_in,
        },
    },
};

/// What `skolhus import` takes.
#[derive(Clone, Debug, clap::Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Import {
    /// A OneRoster 1.2 CSV set.
    Oneroster(Oneroster),
}

/// What `skolhus import oneroster` takes.
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Oneroster {
    /// The folder or the zip.
    path: PathBuf,
    /// Only say what would be added, changed and ended.
    #[arg(long)]
    dry_run: bool,
    /// As a dry run, and say in plain words what would change for families: against a copy of yesterday's
    /// database, before the import is trusted.
    #[arg(long)]
    rehearse: bool,
    /// The language of the rehearsal: sv or en.
    #[arg(long, default_value = "sv", value_parser = ["sv", "en"])]
    language: String,
    /// Go on without the rows that are refused.
    #[arg(long)]
    partial: bool,
    /// Which share of a kind may end without a person's word, in percent.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(0..=100))]
    ends_percent: u8,
    /// The school type that new school units get, as a code of SS 12000.
    #[arg(long, default_value = "GR")]
    school_type: String,
    /// For which organiser; needed where there are several.
    #[arg(long, value_name = "ID")]
    organiser: Option<Uuid>,
}

impl Import {
    /// The same with its path made whole, so that a server with another working directory finds it.
    #[must_use]
    pub fn absolute(self) -> Self {
        let Self::Oneroster(mut arguments) = self;
        arguments.path = std::path::absolute(&arguments.path).unwrap_or(arguments.path);
        Self::Oneroster(arguments)
    }
}

/// Imports, and says what came of it. `progress` is told after every chunk.
///
/// # Errors
/// What to tell the person at the terminal.
pub async fn import(
    state: &State,
    command: Import,
    progress: Arc<dyn Fn(&Progress) + Send + Sync>,
) -> Result<String, String> {
    let Import::Oneroster(arguments) = command;
    let Oneroster { path, dry_run, rehearse, language, partial, ends_percent, school_type, organiser } =
        arguments;
    let settings = ImportSettings { dry_run: dry_run || rehearse, partial, ends_percent, school_type };
    settings.check().map_err(|problem| {
        problem.refused().first().map_or_else(|| problem.to_string(), |refusal| refusal.detail.clone())
    })?;
    let organiser = organiser.map(Id::from_uuid);
    let Imported { job, lines, families } =
        import_folder_or_zip(state, organiser, &path, &settings, progress)
            .await
            .map_err(|error| error.to_string())?;
    let mut text = told(&job);
    let lines = if rehearse && job.state == "done" {
        let set = path.clone();
        rehearsal(&job, families, set, &language).await?
    } else {
        lines
    };
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    if job.state == "done" { Ok(text) } else { Err(text) }
}

/// What would change for families, in plain words.
async fn rehearsal(
    job: &JobDocument,
    families: Vec<Family>,
    set: PathBuf,
    language: &str,
) -> Result<Vec<String>, String> {
    let language = Language::of_header(language);
    let read = tokio::task::spawn_blocking(move || {
        let names = names_in(&set, &families);
        (families, names)
    });
    let (families, names) = read.await.map_err(|error| error.to_string())?;
    let names = names.map_err(|error| error.to_string())?;
    let mut lines = families::summary(&job.results.families, language);
    let naming = |id: &str| names.get(id).cloned().unwrap_or_else(|| id.to_owned());
    lines.extend(families.iter().map(|family| format!("- {}", family.words(language, &naming))));
    Ok(lines)
}

/// Shows progress: a bar on a terminal, a line at the beginning of each step elsewhere.
pub(super) fn meter() -> Arc<dyn Fn(&Progress) + Send + Sync> {
    let bar = indicatif::ProgressBar::new(0);
    let last = std::sync::Mutex::new(String::new());
    Arc::new(move |progress| {
        let mut last = last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *last != progress.step {
            last.clone_from(&progress.step);
            bar.set_message(progress.step.clone());
            tracing::info!(step = progress.step, rows = progress.total, "importing");
        }
        bar.set_length(progress.total);
        bar.set_position(progress.done);
    })
}

fn told(job: &JobDocument) -> String {
    let done = if job.dry_run { &job.results.planned } else { &job.results.applied };
    let mut text = format!("job {}: {}\n", job.id, job.state);
    text.push_str(&format!("{:<20}{:>10}{:>10}{:>10}{:>12}\n", "", "add", "change", "end", "unchanged"));
    for (kind, counts) in done {
        let line = format!(
            "{kind:<20}{:>10}{:>10}{:>10}{:>12}\n",
            counts.add, counts.change, counts.end, counts.unchanged
        );
        text.push_str(&line);
    }
    for stop in &job.results.stops {
        text.push_str(&format!(
            "{} of {} {} would end, more than {} percent: somebody must approve it, or say --ends-percent\n",
            stop.to_end, stop.existing, stop.kind, job.ends_percent
        ));
    }
    if let Some(failure) = &job.failure {
        text.push_str(failure);
        text.push('\n');
    }
    text
}
