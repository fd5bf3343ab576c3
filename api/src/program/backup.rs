//! `skolhus backup`: a copy of the embedded database.

use std::path::PathBuf;

use super::{ProgramError, operator};
use crate::http::state::State;

/// What `skolhus backup` takes.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The file to make; it must not be there.
    path: PathBuf,
}

impl Arguments {
    /// The command, with a path that means the same to the server as here.
    pub(super) fn command(self) -> Result<operator::Command, ProgramError> {
        let path = std::path::absolute(&self.path)
            .map_err(|source| ProgramError::File { path: self.path.clone(), source })?;
        Ok(operator::Command::Backup { path })
    }
}

/// Makes the copy.
pub(super) async fn backup(state: &State, path: PathBuf) -> Result<String, ProgramError> {
    state.database.backup(path.clone()).await?;
    tracing::info!("a backup was made");
    Ok(format!(
        "{} is written and checked. The key file is not in it: keep a copy of that apart.",
        path.display()
    ))
}
