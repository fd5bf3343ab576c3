//! `skolhus audit`: proves that the change log was not altered.

use serde::{Deserialize, Serialize};
use skolhus_domain::access::Caller;
use skolhus_persistence::{
    Error,
    change::{
        Anchor,
        audit::{PART, Report, anchors, last_position},
    },
};

use super::{ProgramError, operator::refused};
use crate::{
    change::{proof::verify, worker},
    http::{problem::Problem, state::State},
};

/// What `skolhus audit` does.
#[derive(clap::Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Audit {
    /// Check every seal against the changes under it; fails and names what was altered.
    Verify {
        /// A line of `audit anchor`, kept elsewhere: that chain is checked up to it.
        #[arg(long, value_name = "ANCHOR")]
        up_to: Option<String>,
    },
    /// Print the latest seal of each organiser, to be kept elsewhere.
    Anchor,
}

/// Findings that are told in full; the number of all of them is told always.
const MOST_TOLD: usize = 200;

/// Does what is asked of the change log.
pub(super) async fn audit(state: &State, command: Audit) -> Result<String, ProgramError> {
    // What was written last gets its seal first; while a server does that, nothing is left to do.
    worker::settle_log(state).await.map_err(|error| refused(&Problem::from(error)))?;
    let caller = Caller::system("audit", Caller::every_organiser(), state.fresh_uuid(), state.clock.now());
    match command {
        Audit::Anchor => {
            let found = state
                .database
                .read(&caller, |connection, scope| anchors(connection, scope).map_err(Problem::from))
                .await
                .map_err(|problem| refused(&problem))?;
            Ok(found.iter().map(|anchor| format!("{anchor}\n")).collect())
        }
        Audit::Verify { up_to } => {
            let anchor: Option<Anchor> = up_to
                .map(|text| text.trim().parse())
                .transpose()
                .map_err(|reason: &str| ProgramError::Refused(format!("--up-to: {reason}")))?;
            let mut told = Vec::new();
            let meter = Meter::start(state).await.map_err(|error| refused(&error.into()))?;
            let report = verify(state, anchor, PART, |report, findings| {
                meter.tell(report);
                let room = MOST_TOLD.saturating_sub(told.len());
                told.extend(findings.iter().take(room).map(ToString::to_string));
            })
            .await
            .map_err(|error| refused(&error.into()))?;
            let summary = format!(
                "{} organisers, {} seals, {} changes checked, {} purged, {} not yet sealed",
                report.organisers, report.seals, report.changes, report.purged, report.unsealed
            );
            if report.findings == 0 {
                return Ok(format!("The log is whole: {summary}."));
            }
            Err(ProgramError::Refused(format!(
                "the log was altered: {} findings ({summary})\n{}",
                report.findings,
                told.join("\n")
            )))
        }
    }
}

/// Shows how far it is: a bar on a terminal, a line in the log now and then.
struct Meter {
    bar: indicatif::ProgressBar,
    changes: u64,
    next_line: std::cell::Cell<u64>,
}

/// Changes between two lines in the log.
const LINE_EVERY: u64 = 100_000;

impl Meter {
    async fn start(state: &State) -> Result<Self, Error> {
        let caller =
            Caller::system("audit", Caller::every_organiser(), state.fresh_uuid(), state.clock.now());
        let changes = state.database.read(&caller, last_position).await?;
        let next_line = std::cell::Cell::new(LINE_EVERY);
        Ok(Self { bar: indicatif::ProgressBar::new(changes), changes, next_line })
    }

    fn tell(&self, report: &Report) {
        self.bar.set_position(report.changes);
        if report.changes >= self.next_line.get() {
            self.next_line.set(report.changes + LINE_EVERY);
            tracing::info!(checked = report.changes, of = self.changes, "checking the change log");
        }
    }
}
