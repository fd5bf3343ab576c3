//! The roster page in registers of several sizes, one request at a time: what a page costs, and not how many wait.

use super::pages::Pages;
use crate::{
    Failure,
    database::{Database, Kind},
    drive::{Outcome, closed},
    hand::Hand,
    options::Options,
    report::{Line, Report},
    server::Server,
};

/// How much more the median may be in the largest register than in the smallest.
const GROWTH: f64 = 1.3;

/// Measures it.
pub async fn run(options: &Options, kind: Kind, report: &mut Report) -> Result<(), Failure> {
    let mut lines = Vec::new();
    for persons in &options.sizes {
        match of_size(options, kind, *persons, report).await? {
            Some(line) => lines.push(line),
            None => return Ok(()),
        }
    }
    if let (Some(smallest), Some(largest)) = (lines.first(), lines.last()) {
        report.at_most(
            largest,
            format!("median with {} persons, of that with {}", largest.persons, smallest.persons),
            largest.p50_milliseconds / smallest.p50_milliseconds,
            GROWTH,
        );
    }
    Ok(())
}

async fn of_size(
    options: &Options,
    kind: Kind,
    persons: u32,
    report: &mut Report,
) -> Result<Option<Line>, Failure> {
    let plan = options.plan(persons)?;
    let Some(database) = Database::make(&options.server()?, kind, plan).await? else { return Ok(None) };
    let server = Server::serve(options, &database).await?;
    let hand = Hand::start(options, &database)?;
    let pages = Pages::of(&database);
    pages.check(&server, &hand).await?;
    let of_hand = pages.of_hand();
    // Nobody's first pages: both have their connections, and the databases the upper levels of their indexes.
    let warm = options.round() / 4;
    closed(hand.address, &of_hand, 0, options.pool, warm).await.without_failures()?;
    closed(server.address, &pages.of_server(&server)?, 0, options.pool, warm).await.without_failures()?;

    let (mut by_server, mut by_hand) = (Outcome::default(), Outcome::default());
    for _ in 0..options.rounds {
        let one = closed(hand.address, &of_hand, by_hand.answered.len(), 1, options.round()).await;
        by_hand.add(one.without_failures()?);
        let asked = pages.of_server(&server)?;
        let other = closed(server.address, &asked, by_server.answered.len(), 1, options.round()).await;
        by_server.add(other.without_failures()?);
    }
    let line = |subject: &str| Line {
        case: "growth",
        database: kind.name(),
        persons,
        subject: subject.to_owned(),
        ..Line::default()
    };
    report.line(line("hand-written, one at a time").outcome(&mut by_hand));
    let memory_mib = server.peak_memory();
    let shown = Line { memory_mib, ..line("server, one at a time") }.outcome(&mut by_server);
    if let Some(memory) = memory_mib {
        report.at_most(
            &shown,
            format!("memory at its peak with {persons} persons, MiB"),
            memory,
            super::MOST_MEMORY,
        );
    }
    report.line(shown.clone());
    server.stop().await?;
    Ok(Some(shown))
}
