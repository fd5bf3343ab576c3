//! The cases, each in a file of its own. Cases that need a register share one of the size that was asked for.

mod alone;
mod authority;
mod beside;
mod class;
mod classes;
mod day;
mod families;
mod growth;
mod idle;
mod logins;
mod morning;
mod overload;
mod pages;
mod roster;
mod single;
mod start;
mod statistics;
mod today;
mod walk;

use crate::{
    Failure,
    database::{Database, Kind},
    options::{Options, What},
    report::Report,
    server::Server,
};

/// The most memory that the server may have in any case, in MiB.
const MOST_MEMORY: f64 = 300.0;

/// Runs what was asked for, on each database in turn.
pub async fn run(options: &Options, report: &mut Report) -> Result<(), Failure> {
    for kind in options.kinds() {
        on_one_register(options, *kind, report).await?;
        if wanted(options, What::Growth) {
            growth::run(options, *kind, report).await?;
        }
    }
    // A demo is on SQLite.
    if wanted(options, What::Idle) && options.kinds().contains(&Kind::Sqlite) {
        idle::run(options, report).await?;
    }
    if wanted(options, What::Logins) && options.kinds().contains(&Kind::Sqlite) {
        logins::run(options, report).await?;
    }
    Ok(())
}

async fn on_one_register(options: &Options, kind: Kind, report: &mut Report) -> Result<(), Failure> {
    let cases = [
        What::Start,
        What::Roster,
        What::Class,
        What::Day,
        What::Today,
        What::Statistics,
        What::Authority,
        What::Single,
        What::Morning,
        What::Walk,
        What::Overload,
    ];
    let cases: Vec<What> = cases.into_iter().filter(|case| wanted(options, *case)).collect();
    if cases.is_empty() {
        return Ok(());
    }
    let plan = options.plan(options.persons)?;
    let Some(database) = Database::make(&options.server()?, kind, plan).await? else { return Ok(()) };
    for case in cases {
        match case {
            What::Start => start::run(options, &database, report).await?,
            What::Roster => roster::run(options, &database, report).await?,
            What::Class => class::run(options, &database, report).await?,
            What::Day => day::run(options, &database, report).await?,
            What::Today => today::run(options, &database, report).await?,
            What::Statistics => statistics::run(options, &database, report).await?,
            What::Authority => authority::run(options, &database, report).await?,
            What::Single => single::run(options, &database, report).await?,
            What::Morning => morning::run(options, &database, report).await?,
            What::Walk => walk::run(options, &database, report).await?,
            What::Overload => overload::run(options, &database, report).await?,
            What::All | What::Idle | What::Logins | What::Growth | What::Data | What::Hand => {}
        }
    }
    Ok(())
}

fn wanted(options: &Options, case: What) -> bool {
    options.what == What::All || options.what == case
}

/// How long the server's threads have run on a processor so far.
fn seconds_of_processor(server: &Server) -> Result<f64, Failure> {
    server.seconds_of_processor().ok_or_else(|| "this system does not tell how long a process has run".into())
}
