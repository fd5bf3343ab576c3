//! The load program: makes a register of any size, starts the release server on it, drives it, and prints what
//! was measured beside a bare hello and a hand-written handler that were measured in the same run.
//!
//! README.md says how to run it and how to read the table. A case is one file in `cases/`.

mod cases;
mod data;
mod database;
mod drive;
mod hand;
mod options;
mod report;
mod server;

use std::{io::Write, process::ExitCode};

use clap::Parser;

use options::{Options, What};
use report::Report;

/// Whatever keeps the program from measuring; it goes to the terminal as it is.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let options = Options::parse();
    let ended = match options.what {
        // An actix server has a runtime of its own.
        What::Hand => hand::serve(&options).map(|()| true),
        _ => run(&options),
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "load: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures what was asked for; whether every target was met, or nobody asked.
fn run(options: &Options) -> Result<bool, Failure> {
    // One thread drives everything: what the load takes from the machine is the same for all who are measured.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        if options.what == What::Data {
            data::fill(options.into()?, &options.plan(options.persons)?).await?;
            return Ok(true);
        }
        let mut report = Report::default();
        let ended = cases::run(options, &mut report).await;
        let mut out = std::io::stdout().lock();
        let text = if options.json { report.as_json()? } else { report.as_text() };
        // What was measured before a case failed is worth reading.
        writeln!(out, "{text}")?;
        ended?;
        Ok(report.meets_targets() || !options.strict)
    })
}
