//! A roster page of 25, beside a hand-written handler and a bare hello, in turn.

use super::{MOST_MEMORY, pages::Pages};
use crate::{
    Failure,
    database::Database,
    drive::{Connection, Offer, Outcome, closed, open},
    hand::Hand,
    options::Options,
    report::{Line, Report, median},
    server::Server,
};

/// The part of the hand-written handler's rate that the server should reach.
const OF_HAND: f64 = 0.6;
/// The most statements for a page, the caller's scope counted in.
const STATEMENTS: f64 = 3.0;

/// Measures it.
pub async fn run(options: &Options, database: &Database, report: &mut Report) -> Result<(), Failure> {
    let server = Server::serve(options, database).await?;
    let hand = Hand::start(options, database)?;
    let pages = Pages::of(database);
    pages.check(&server, &hand).await?;
    let of_hand = pages.of_hand();
    let statements = statements(&server, &pages).await?;

    let (mut by_server, mut by_hand, mut hello) =
        (Outcome::default(), Outcome::default(), Outcome::default());
    let mut ratios = Vec::new();
    for _ in 0..options.rounds {
        let drive =
            |address, requests, first| closed(address, requests, first, options.connections, options.round());
        let one = drive(hand.address, &of_hand, by_hand.answered.len()).await.without_failures()?;
        let asked = pages.of_server(&server)?;
        let other = drive(server.address, &asked, by_server.answered.len()).await.without_failures()?;
        let bare = drive(hand.address, &[Hand::hello()], 0).await.without_failures()?;
        ratios.push(other.rate() / one.rate());
        by_hand.add(one);
        by_server.add(other);
        hello.add(bare);
    }
    let half = by_server.rate() / 2.0;
    let line = |subject: String| Line {
        case: "roster",
        database: database.kind.name(),
        persons: database.plan.persons,
        subject,
        ..Line::default()
    };
    let of_hello = format!("{:.2} of hello", by_server.rate() / hello.rate());
    report.line(line("hello".to_owned()).outcome(&mut hello));
    let memory_mib = hand.peak_memory();
    report.line(Line { memory_mib, ..line("hand-written".to_owned()) }.outcome(&mut by_hand));
    let memory_mib = server.peak_memory();
    let shown =
        Line { memory_mib, statements: Some(statements), note: of_hello, ..line("server".to_owned()) }
            .outcome(&mut by_server);

    report.at_least(&shown, "requests per second, of the hand-written handler's", median(ratios), OF_HAND);
    report.at_most(&shown, "statements per page", statements, STATEMENTS);
    if let Some(memory) = memory_mib {
        report.at_most(&shown, "memory at its peak, MiB", memory, MOST_MEMORY);
    }
    report.line(shown);

    // Both under the same load, so that latencies can be compared.
    let offer =
        Offer { rate: half, lasting: options.round(), connections: options.connections * 4, patience: None };
    let subject = |who: &str| line(format!("{who}, open at {half:.0}/s"));
    let mut by_hand = open(hand.address, &of_hand, &offer).await.without_failures()?;
    report.line(subject("hand-written").outcome(&mut by_hand));
    let asked = pages.of_server(&server)?;
    let mut by_server = open(server.address, &asked, &offer).await.without_failures()?;
    report.line(subject("server").outcome(&mut by_server));
    server.stop().await
}

/// Statements that one page costs: the middle of several pages, since the server's own workers run some now and then.
async fn statements(server: &Server, pages: &Pages) -> Result<f64, Failure> {
    let mut connection = Connection::new(server.address);
    let mut counts = Vec::new();
    for request in pages.of_server(server)?.iter().take(21) {
        let before = server.statements().await?;
        connection.send(request).await?;
        counts.push(server.statements().await? - before);
    }
    Ok(median(counts))
}
