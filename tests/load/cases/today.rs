//! What guardians open the morning with: the day of two children, in one request.

use super::{alone, families::Families};
use crate::{Failure, database::Database, options::Options, report::Report, server::Server};

/// Guardians who ask.
pub const GUARDIANS: usize = 30;

/// Measures it.
pub async fn run(options: &Options, database: &Database, report: &mut Report) -> Result<(), Failure> {
    let server = Server::serve(options, database).await?;
    let families = Families::of(database, GUARDIANS);
    let requests = || Ok(Families::todays(&families.tokens(&server)?));
    alone::run(("today", "of two children"), (options, database), &server, requests, report).await?;
    server.stop().await
}
