//! `skolhus config`: what is in force.

use super::{ProgramError, say, settings::Settings};

/// Prints the settings as TOML that could be used as a file.
pub(super) fn config(settings: &Settings) -> Result<(), ProgramError> {
    say(settings.shown().trim_end());
    Ok(())
}
