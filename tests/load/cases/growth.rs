//! The roster page, the teacher's day and the class saved in registers of several sizes, one request at a time: what each
//! costs, and not how many wait.

use std::net::SocketAddr;

use super::{
    class::{TEACHERS, changing},
    classes::Classes,
    pages::Pages,
};
use crate::{
    Failure,
    database::{Database, Kind},
    drive::{Outcome, Request, closed},
    hand::Hand,
    options::Options,
    report::{Line, Report},
    server::Server,
};

/// How much more the median may be in the largest register than in the smallest.
const GROWTH: f64 = 1.3;

/// Measures it.
pub async fn run(options: &Options, kind: Kind, report: &mut Report) -> Result<(), Failure> {
    let mut sizes = Vec::new();
    for persons in &options.sizes {
        match of_size(options, kind, *persons, report).await? {
            Some(lines) => sizes.push(lines),
            None => return Ok(()),
        }
    }
    let (Some(smallest), Some(largest)) = (sizes.first(), sizes.last()) else { return Ok(()) };
    for (small, large) in smallest.iter().zip(largest) {
        let what = format!("{}: median of {}, of that of {}", large.subject, large.persons, small.persons);
        report.at_most(large, what, large.p50_milliseconds / small.p50_milliseconds, GROWTH);
    }
    Ok(())
}

/// What is compared with other sizes, always in the same order.
async fn of_size(
    options: &Options,
    kind: Kind,
    persons: u32,
    report: &mut Report,
) -> Result<Option<Vec<Line>>, Failure> {
    let plan = options.plan(persons)?;
    let Some(database) = Database::make(&options.server()?, kind, plan).await? else { return Ok(None) };
    let server = Server::serve(options, &database).await?;
    let hand = Hand::start(options, &database)?;
    let pages = Pages::of(&database);
    pages.check(&server, &hand).await?;
    let classes = Classes::of(&database, TEACHERS);
    let lessons = classes.today(0);

    let line = |subject: &str| Line {
        case: "growth",
        database: kind.name(),
        persons,
        subject: subject.to_owned(),
        ..Line::default()
    };
    let mut by_hand = one_at_a_time(options, hand.address, || Ok(pages.of_hand())).await?;
    report.line(line("roster page by hand").outcome(&mut by_hand));
    let page = one_at_a_time(options, server.address, || pages.of_server(&server)).await?;
    let day = one_at_a_time(options, server.address, || Ok(classes.days(&classes.tokens(&server)?))).await?;
    let save = one_at_a_time(options, server.address, || changing(&classes, &server, &lessons)).await?;

    let memory_mib = server.peak_memory();
    let mut lines = Vec::new();
    for (subject, mut outcome) in [("roster page", page), ("teacher's day", day), ("class saved", save)] {
        let line = Line { memory_mib, ..line(subject) }.outcome(&mut outcome);
        report.line(line.clone());
        lines.push(line);
    }
    if let Some(memory) = memory_mib {
        let what = format!("memory at its peak with {persons} persons, MiB");
        report.at_most(&line(""), what, memory, super::MOST_MEMORY);
    }
    server.stop().await?;
    Ok(Some(lines))
}

/// Requests in their order, one after the other, with fresh tokens in each round.
async fn one_at_a_time(
    options: &Options,
    address: SocketAddr,
    requests: impl Fn() -> Result<Vec<Request>, Failure>,
) -> Result<Outcome, Failure> {
    // Nobody's first requests: the server has its connections, and the database the upper levels of its indexes.
    let warm =
        closed(address, &requests()?, 0, options.pool, options.round() / 4).await.without_failures()?;
    let mut all = Outcome::default();
    for _ in 0..options.rounds {
        let first = warm.answered.len() + all.answered.len();
        all.add(closed(address, &requests()?, first, 1, options.round()).await.without_failures()?);
    }
    Ok(all)
}
