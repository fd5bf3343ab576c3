//! The cases, each in a file of its own. Cases that need a register share one of the size that was asked for.

mod growth;
mod idle;
mod overload;
mod pages;
mod roster;
mod start;
mod walk;

use crate::{
    Failure,
    database::{Database, Kind},
    options::{Options, What},
    report::Report,
};

/// The most memory that the server may have in any case, in MiB.
const MOST_MEMORY: f64 = 300.0;

/// Runs what was asked for, on each database in turn.
pub async fn run(options: &Options) -> Result<Report, Failure> {
    let mut report = Report::default();
    for kind in options.kinds() {
        on_one_register(options, *kind, &mut report).await?;
        if wanted(options, What::Growth) {
            growth::run(options, *kind, &mut report).await?;
        }
    }
    // A demo is on SQLite.
    if wanted(options, What::Idle) && options.kinds().contains(&Kind::Sqlite) {
        idle::run(options, &mut report).await?;
    }
    Ok(report)
}

async fn on_one_register(options: &Options, kind: Kind, report: &mut Report) -> Result<(), Failure> {
    let cases = [What::Start, What::Roster, What::Walk, What::Overload];
    if !cases.into_iter().any(|case| wanted(options, case)) {
        return Ok(());
    }
    let plan = options.plan(options.persons)?;
    let Some(database) = Database::make(&options.server()?, kind, plan).await? else { return Ok(()) };
    if wanted(options, What::Start) {
        start::run(options, &database, report).await?;
    }
    if wanted(options, What::Roster) {
        roster::run(options, &database, report).await?;
    }
    if wanted(options, What::Walk) {
        walk::run(options, &database, report).await?;
    }
    if wanted(options, What::Overload) {
        overload::run(options, &database, report).await?;
    }
    Ok(())
}

fn wanted(options: &Options, case: What) -> bool {
    options.what == What::All || options.what == case
}
