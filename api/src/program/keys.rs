//! `skolhus keys`: the server's own keys.

use serde::{Deserialize, Serialize};

use super::ProgramError;
use crate::http::state::State;

/// What `skolhus keys` does.
#[derive(clap::Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Keys {
    /// Make new keys; what the old ones made stays good until it expires.
    Rotate,
}

/// Does what is asked of the keys.
pub(super) async fn keys(state: &State, command: Keys) -> Result<String, ProgramError> {
    match command {
        Keys::Rotate => {
            let master = state
                .keyring
                .master()
                .ok_or_else(|| ProgramError::Refused("the keys are not kept in the database".to_owned()))?;
            crate::identity::keys::rotate(
                &state.database,
                master,
                state.clock.now(),
                state.randomness.as_ref(),
            )
            .await?;
            Ok("New keys are made. They come into use within two minutes.".to_owned())
        }
    }
}
