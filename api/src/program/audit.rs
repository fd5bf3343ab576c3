//! `skolhus audit`: proves that the change log was not altered.

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use skolhus_domain::access::Caller;
use skolhus_persistence::change::{
    Anchor,
    audit::{anchors, verify},
};

use super::{ProgramError, operator::refused};
use crate::{
    change::worker,
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
            let told = Arc::new(Mutex::new(Vec::new()));
            let heard = Arc::clone(&told);
            let report = state
                .database
                .read(&caller, move |connection, scope| {
                    let mut found = heard.lock().unwrap_or_else(PoisonError::into_inner);
                    found.clear();
                    verify(connection, scope, anchor.as_ref(), &mut |finding| {
                        if found.len() < MOST_TOLD {
                            found.push(finding.to_string());
                        }
                    })
                    .map_err(Problem::from)
                })
                .await
                .map_err(|problem| refused(&problem))?;
            let summary = format!(
                "{} organisers, {} seals, {} changes checked, {} purged, {} not yet sealed",
                report.organisers, report.seals, report.changes, report.purged, report.unsealed
            );
            if report.findings == 0 {
                return Ok(format!("The log is whole: {summary}."));
            }
            let told = told.lock().unwrap_or_else(PoisonError::into_inner);
            Err(ProgramError::Refused(format!(
                "the log was altered: {} findings ({summary})\n{}",
                report.findings,
                told.join("\n")
            )))
        }
    }
}
