//! Teachers who tick their pupils one by one, all at the same time: many registrations of one person within a second.

use std::time::Duration;

use super::{
    class::TEACHERS,
    classes::{Classes, Taught},
};
use crate::{
    Failure,
    data::{CLASS, Set},
    database::Database,
    drive::{Offer, open},
    options::Options,
    report::{Line, Report},
    server::Server,
};

/// Within how many milliseconds 99 of 100 are saved.
const P99: f64 = 250.0;

/// Measures it.
pub async fn run(options: &Options, database: &Database, report: &mut Report) -> Result<(), Failure> {
    let server = Server::serve(options, database).await?;
    let classes = Classes::of(database, TEACHERS);
    let mut lessons = classes.all_today();
    lessons.truncate(usize::try_from(options.single_saves / CLASS)?);
    // No other case leaves this set behind: everybody's mark changes.
    let saves = classes.single_saves(&classes.tokens(&server)?, &lessons, Set(3))?;
    let offer = Offer {
        rate: saves.len() as f64,
        lasting: Duration::from_secs(1),
        connections: options.connections * 4,
        patience: None,
        first: 0,
    };
    let mut outcome = open(server.address, &saves, &offer).await.all_answered()?;
    let saved: Vec<(Taught, Set)> = lessons.iter().map(|lesson| (*lesson, Set(3))).collect();
    classes.check(&saved)?;
    let line = Line {
        case: "single",
        database: database.kind.name(),
        persons: database.plan.persons,
        subject: format!("{} within a second", saves.len()),
        memory_mib: server.peak_memory(),
        ..Line::default()
    }
    .outcome(&mut outcome);
    report.at_most(&line, "p99 of one person saved, milliseconds", line.p99_milliseconds, P99);
    report.line(line);
    server.stop().await
}
