//! What it costs that a request is signed: the token verified, and what its account may reach read from the register.

use super::seconds_of_processor;
use crate::{
    Failure,
    database::Database,
    drive::{Request, closed},
    options::Options,
    report::{Line, Report, median},
    server::{COUNTED, Server},
};

/// The most processor time that it may take, in microseconds.
const MOST_MICROSECONDS: f64 = 150.0;
/// The most statements that it may take: the one that loads the scope.
const MOST_STATEMENTS: f64 = 1.0;

/// Measures the record of the organiser, read with a token, beside an answer for which the database is read too but nobody
/// needs a token. The difference is the authority, and one statement more that reads the record: more than what is to be
/// bounded.
pub async fn run(options: &Options, database: &Database, report: &mut Report) -> Result<(), Failure> {
    let server = Server::serve(options, database).await?;
    let organiser = database.plan.organiser(0);
    let path = format!("/v1/organisers/{}", organiser.own_id());
    let signed = || Ok::<_, Failure>(Request::get(&path).token(&server.token(&organiser.teacher_email(0))?));
    let open = Request::get("/health/ready");
    let counted = |request: Request| std::iter::repeat_n(request, COUNTED).collect::<Vec<_>>();
    let statements = server.cost(&counted(signed()?)).await? - server.cost(&counted(open.clone())).await?;

    let (mut costs, mut lines) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        let mut spent = Vec::new();
        for (subject, request) in [("signed", signed()?), ("open", open.clone())] {
            server.at_rest().await?;
            let before = seconds_of_processor(&server)?;
            // One at a time: what is measured is work, and not who waits for whom.
            let mut outcome =
                closed(server.address, &[request], 0, 1, options.round()).await.without_failures()?;
            let seconds = seconds_of_processor(&server)? - before;
            spent.push(seconds * 1_000_000.0 / outcome.answered.len().max(1) as f64);
            lines.push(
                Line {
                    case: "authority",
                    database: database.kind.name(),
                    persons: database.plan.persons,
                    subject: subject.to_owned(),
                    note: format!(
                        "{:.0} µs of processor time each",
                        spent.last().copied().unwrap_or_default()
                    ),
                    ..Line::default()
                }
                .outcome(&mut outcome),
            );
        }
        if let [signed, open] = spent.as_slice() {
            costs.push(signed - open);
        }
    }
    lines.drain(..lines.len().saturating_sub(2));
    if let Some(line) = lines.first() {
        report.at_most(line, "statements per request for its authority", statements - 1.0, MOST_STATEMENTS);
        report.at_most(
            line,
            "processor time of a signed request, microseconds",
            median(costs),
            MOST_MICROSECONDS,
        );
    }
    lines.into_iter().for_each(|line| report.line(line));
    server.stop().await
}
