//! The program around the server: the command line and the composition root.

mod account;
mod audit;
mod backup;
mod bankid;
mod certificate_authority;
pub mod chance;
mod config;
mod demo;
pub mod demo_data;
mod health;
mod heap;
pub mod import;
mod keys;
mod logs;
mod migrate;
mod openapi;
mod operator;
mod organiser;
mod runtime;
mod serve;
pub mod settings;
mod sms;
mod tls;

use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use skolhus_persistence::{BackupError, MigrationError, OpenError};

use crate::{
    http::{server::ServerError, tls::TlsError},
    identity::keys::KeysError,
};
use settings::{Settings, SettingsError};

/// An open school administration backend for Sweden.
#[derive(Parser)]
#[command(name = "skolhus", version, propagate_version = true)]
struct Cli {
    /// The configuration file, instead of ./skolhus.toml.
    #[arg(long, global = true, value_name = "PATH")]
    config: Option<PathBuf>,
    /// Sets any setting, as in `--set queue=100`; `skolhus config` lists them.
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", value_parser = key_and_value)]
    settings: Vec<(String, String)>,
    /// The database: sqlite:PATH or postgres://…
    #[arg(long, global = true, value_name = "ADDRESS")]
    database_url: Option<String>,
    #[command(subcommand)]
    command: Command,
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

#[derive(Subcommand)]
enum Command {
    /// Serve the register.
    Serve(serve::Arguments),
    /// Make a demo database if there is none, and serve it.
    Demo(demo::Arguments),
    /// Bring the database's schema up to date.
    Migrate,
    /// Write the OpenAPI document.
    Openapi(openapi::Arguments),
    /// Print the settings in force, secrets hidden.
    Config,
    /// Ask the running server whether it can work.
    Health,
    /// The organisers (huvudmän) of this installation.
    #[command(subcommand)]
    Organiser(organiser::Organiser),
    /// The accounts, and tokens for them.
    #[command(subcommand)]
    Account(account::Arguments),
    /// The change log.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// The server's own keys.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Who issues the certificates of integrators' clients.
    #[command(subcommand)]
    CertificateAuthority(certificate_authority::Arguments),
    /// Bring in what another system has.
    #[command(subcommand)]
    Import(import::Import),
    /// Copy the embedded database to a new file, also while it is in use.
    Backup(backup::Arguments),
}

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
enum ProgramError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Migration(#[from] MigrationError),
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error("{path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    /// Anything else, in words for the person at the terminal.
    #[error("{0}")]
    Refused(String),
}

/// Runs the command that the command line names. A server publishes `document`, which is `openapi/skolhus.json` as it was
/// when the program was built.
#[must_use]
pub fn main(document: &'static str) -> ExitCode {
    heap::share();
    let cli = Cli::parse();
    // Installed once per process; a second time it is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match run(cli, document) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "skolhus: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli, document: &'static str) -> Result<(), ProgramError> {
    let Cli { config, settings: mut given, database_url, command } = cli;
    given.extend(database_url.map(|url| ("database_url".to_owned(), url)));
    match &command {
        Command::Serve(arguments) => given.extend(arguments.settings()),
        Command::Demo(arguments) => given.extend(arguments.settings()),
        _ => {}
    }
    // A variable that is not UTF-8 is none of ours.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let settings = Settings::read(config.as_deref(), environment, &given)?;
    let server = matches!(command, Command::Serve(_) | Command::Demo(_));
    logs::start(&settings, server)?;
    actix_web::rt::System::new().block_on(async move {
        match command {
            Command::Serve(_) => serve::serve(&settings, document).await,
            Command::Demo(arguments) => demo::demo(settings, &arguments, document).await,
            Command::Migrate => migrate::migrate(&settings),
            Command::Openapi(arguments) => openapi::openapi(&arguments),
            Command::Config => config::config(&settings),
            Command::Health => health::health(&settings).await,
            Command::Organiser(command) => {
                operator::run(&settings, operator::Command::Organiser(command)).await
            }
            Command::Account(arguments) => {
                operator::run(&settings, operator::Command::Account(arguments.command()?)).await
            }
            Command::Audit(command) => operator::run(&settings, operator::Command::Audit(command)).await,
            Command::Keys(command) => operator::run(&settings, operator::Command::Keys(command)).await,
            Command::CertificateAuthority(arguments) => {
                operator::run(&settings, operator::Command::CertificateAuthority(arguments.command()?)).await
            }
            Command::Import(command) => {
                operator::run(&settings, operator::Command::Import(command.absolute())).await
            }
            Command::Backup(arguments) => operator::run(&settings, arguments.command()?).await,
        }
    })
}

/// Prints to standard output. A reader that has gone away is no failure.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _ = out.write_all(b"\n");
    }
    let _ = out.flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
