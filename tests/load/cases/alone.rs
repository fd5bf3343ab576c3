//! What the server does with nothing beside it: where there is no hand-written handler to compare it with.

use super::MOST_MEMORY;
use crate::{
    Failure,
    database::Database,
    drive::{Outcome, Request, closed},
    options::Options,
    report::{Line, Report},
    server::Server,
};

/// Measures requests of one kind. Tokens are renewed between rounds, so `requests` makes them with fresh ones.
pub async fn run(
    (case, subject): (&'static str, &str),
    (options, database): (&Options, &Database),
    server: &Server,
    requests: impl Fn() -> Result<Vec<Request>, Failure>,
    report: &mut Report,
) -> Result<(), Failure> {
    let statements = server.cost(&requests()?).await?;
    let mut outcome = Outcome::default();
    for _ in 0..options.rounds {
        let (asked, first) = (requests()?, outcome.answered.len());
        let round = closed(server.address, &asked, first, options.connections, options.round()).await;
        outcome.add(round.without_failures()?);
    }
    let line = Line {
        case,
        database: database.kind.name(),
        persons: database.plan.persons,
        subject: subject.to_owned(),
        statements: Some(statements),
        memory_mib: server.peak_memory(),
        ..Line::default()
    }
    .outcome(&mut outcome);
    if let Some(memory) = line.memory_mib {
        report.at_most(&line, "memory at its peak, MiB", memory, MOST_MEMORY);
    }
    report.line(line);
    Ok(())
}
