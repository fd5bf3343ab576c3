//! Log lines on standard error, and what happens to a panic.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use super::{
    ProgramError,
    settings::{LogFormat, Settings},
};

/// Begins to log. A server tells of every request; other commands only of trouble.
pub(super) fn start(settings: &Settings, server: bool) -> Result<(), ProgramError> {
    let filter = if server { settings.log_filter.as_str() } else { "warn" };
    let filter =
        EnvFilter::try_new(filter).map_err(|error| ProgramError::Refused(format!("log_filter: {error}")))?;
    let terminal = std::io::stderr().is_terminal();
    let format =
        settings.log_format.unwrap_or(if terminal || !server { LogFormat::Text } else { LogFormat::Json });
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).init(),
        LogFormat::Text => lines.with_ansi(terminal).with_target(false).init(),
    }
    if server {
        std::panic::set_hook(Box::new(log_panic));
    }
    Ok(())
}

/// Says where it was. The message is left out: it may quote what was being worked on.
fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(|| "unknown".to_owned(), ToString::to_string);
    let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
    tracing::error!(place, thread, "panicked");
}
