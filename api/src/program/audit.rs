//! `skolhus audit`: proves that the change log was not altered.

use serde::{Deserialize, Serialize};

use super::ProgramError;
use crate::http::state::State;

/// What `skolhus audit` does.
#[derive(clap::Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Audit {
    /// Check every seal against the changes under it.
    Verify,
    /// Print the latest seals, to be kept elsewhere.
    Anchor,
}

/// Does what is asked of the change log.
pub(super) async fn audit(_state: &State, command: Audit) -> Result<String, ProgramError> {
    match command {
        Audit::Verify | Audit::Anchor => Err(ProgramError::Refused("not yet".to_owned())),
    }
}
