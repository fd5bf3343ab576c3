//! Many times as many roster pages as the server can answer: those that it takes are answered nearly as fast as
//! ever, the others are told at once to come again, memory stays bounded, and soon after all is as before.

use std::time::{Duration, Instant};

use super::{MOST_MEMORY, pages::Pages};
use crate::{
    Failure,
    database::Database,
    drive::{Offer, closed, open, per_second},
    options::Options,
    report::{Line, Report, percentile},
    server::Server,
};

/// A request that no connection could take for so long is not sent: it is the load program that was late.
const PATIENCE: Duration = Duration::from_millis(500);
/// How much slower the slowest of a hundred may be than at capacity.
const SLOWER: f64 = 3.0;
/// Within how many seconds all is as before.
const RECOVERY: f64 = 5.0;
/// How often it is looked whether all is as before.
const LOOK: Duration = Duration::from_millis(250);

/// Measures it.
pub async fn run(options: &Options, database: &Database, report: &mut Report) -> Result<(), Failure> {
    let server = Server::serve(options, database).await?;
    let pages = Pages::of(database);
    let requests = pages.of_server(&server)?;
    let line = |subject: &str| Line {
        case: "overload",
        database: database.kind.name(),
        persons: database.plan.persons,
        subject: subject.to_owned(),
        ..Line::default()
    };
    let mut calm = closed(server.address, &requests, 0, options.connections, options.round())
        .await
        .without_failures()?;
    let capacity = calm.rate();
    let at_capacity = line("at capacity").outcome(&mut calm);
    report.line(at_capacity.clone());

    let offer = Offer {
        rate: capacity * f64::from(options.times),
        lasting: options.round(),
        connections: options.overload_connections,
        patience: Some(PATIENCE),
        first: 0,
    };
    let mut flood = open(server.address, &requests, &offer).await;
    let over = Instant::now();
    let recovered = recovery(options, &server, &pages, &at_capacity).await?;
    let recovery = recovered.map_or(f64::INFINITY, |at| (at - over).as_secs_f64());

    flood.late.sort_unstable();
    flood.refused.sort_unstable();
    let sent = flood.late.len();
    let mut note = format!(
        "offered {:.0}/s, sent {:.0}/s, {} not sent, p99 sent {:.1} ms late",
        offer.rate,
        per_second(sent, flood.elapsed),
        flood.unsent,
        percentile(&flood.late, 0.99)
    );
    if let Some(failure) = &flood.failure {
        note.push_str(&format!("; {} failed: {failure}", flood.failed));
    }
    let memory_mib = server.peak_memory();
    let taken = Line { memory_mib, note, ..line("taken") }.outcome(&mut flood);
    let rate = per_second(flood.refused.len(), flood.elapsed);
    let refused = Line { per_second: rate, ..line("told to come again") }.times(&mut flood.refused);

    let slower = taken.p99_milliseconds / at_capacity.p99_milliseconds;
    report.at_most(&taken, "p99 of those that were taken, of that at capacity", slower, SLOWER);
    report.at_most(&taken, "requests that failed otherwise", flood.failed as f64, 0.0);
    report.at_most(&taken, "seconds until all is as before", recovery, RECOVERY);
    if let Some(memory) = memory_mib {
        report.at_most(&taken, "memory at its peak, MiB", memory, MOST_MEMORY);
    }
    report.line(taken);
    report.line(refused);
    server.stop().await
}

/// When the server answers as it did before: nothing is refused, and half of the answers come nearly as fast. None
/// if that takes more than twice as long as it may.
async fn recovery(
    options: &Options,
    server: &Server,
    pages: &Pages,
    before: &Line,
) -> Result<Option<Instant>, Failure> {
    let (begun, requests) = (Instant::now(), pages.of_server(server)?);
    while begun.elapsed().as_secs_f64() < RECOVERY * 2.0 {
        let looked = Instant::now();
        let mut now = closed(server.address, &requests, 0, options.connections, LOOK).await;
        let refused = now.refused.len();
        let line = Line::default().outcome(&mut now);
        if now.failed == 0 && refused == 0 && line.p50_milliseconds < before.p50_milliseconds * 1.5 {
            return Ok(Some(looked));
        }
    }
    Ok(None)
}
