//! A roster page of 25, beside a hand-written handler and a bare hello, in turn.

use super::{beside::Beside, pages::Pages};
use crate::{Failure, database::Database, hand::Hand, options::Options, report::Report, server::Server};

/// Measures it.
pub async fn run(options: &Options, database: &Database, report: &mut Report) -> Result<(), Failure> {
    let server = Server::serve(options, database).await?;
    let hand = Hand::start(options, database)?;
    let pages = Pages::of(database);
    pages.check(&server, &hand).await?;
    let beside = Beside {
        case: "roster",
        one: "page",
        of_hand: 0.6,
        statements: 3.0,
        options,
        database,
        server: &server,
        hand: &hand,
    };
    beside.run(|| pages.of_server(&server), &pages.of_hand(), report).await?;
    server.stop().await
}
