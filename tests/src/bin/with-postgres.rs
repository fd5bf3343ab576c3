//! Runs a command beside a PostgreSQL server of its own.
//!
//! `cargo run -p skolhus-tests --bin with-postgres -- COMMAND …` gives the command an empty database in a
//! fresh server, as `DATABASE_URL`, and stops and removes the server when the command ends. It exits as the
//! command does, and with 2 where PostgreSQL is not installed.

use std::process::{Command, ExitCode};

use skolhus_tests::cluster::{Cluster, ClusterError};

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    let Some(program) = words.next() else {
        eprintln!("usage: with-postgres COMMAND [ARGUMENT …]");
        return ExitCode::from(2);
    };
    let Some(cluster) = Cluster::start_private(false) else { return ExitCode::from(2) };
    let result = prepared(&cluster).and_then(|url| {
        Command::new(&program)
            .args(words)
            .env("DATABASE_URL", url)
            .status()
            .map_err(|error| format!("{}: {error}", program.display()).into())
    });
    drop(cluster);
    match result {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(status) => ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)),
        Err(error) => {
            eprintln!("with-postgres: {error}");
            ExitCode::FAILURE
        }
    }
}

fn prepared(cluster: &Cluster) -> Result<String, ClusterError> {
    cluster.create_database("skolhus")?;
    Ok(cluster.url("skolhus"))
}
