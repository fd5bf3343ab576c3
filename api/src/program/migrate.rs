//! `skolhus migrate`: the schema, brought up to date.

use skolhus_persistence::{SchemaState, schema_state};

use super::{ProgramError, runtime, say, settings::Settings};

/// Runs what is pending and names it.
pub(super) fn migrate(settings: &Settings) -> Result<(), ProgramError> {
    let address = settings.address()?;
    if let SchemaState::Newer(unknown) = schema_state(&address)? {
        return Err(runtime::too_new(&unknown));
    }
    let ran = skolhus_persistence::migrate(&address)?;
    if ran.is_empty() {
        say("The schema is up to date.");
    } else {
        for name in &ran {
            say(name);
        }
        say(&format!("{} migrations ran; the schema is up to date.", ran.len()));
    }
    Ok(())
}
