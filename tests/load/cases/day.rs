//! What a teacher opens the morning with: their day, beside a hand-written handler and a bare hello, in turn.

use super::{beside::Beside, class::TEACHERS, classes::Classes};
use crate::{
    Failure,
    database::Database,
    drive::{Connection, Request},
    hand::Hand,
    options::Options,
    report::Report,
    server::Server,
};

/// Measures it.
pub async fn run(options: &Options, database: &Database, report: &mut Report) -> Result<(), Failure> {
    let server = Server::serve(options, database).await?;
    let hand = Hand::start(options, database)?;
    let classes = Classes::of(database, TEACHERS);
    let of_server = || -> Result<Vec<Request>, Failure> { Ok(classes.days(&classes.tokens(&server)?)) };
    let of_hand = classes.days_by_hand();
    check((&server, &of_server()?), (&hand, &of_hand)).await?;
    let beside = Beside {
        case: "day",
        one: "day",
        of_hand: 0.6,
        statements: 3.0,
        options,
        database,
        server: &server,
        hand: &hand,
    };
    beside.run(of_server, &of_hand, report).await?;
    server.stop().await
}

/// Refuses to compare what does not answer the same, but for the instant of the answer.
async fn check(server: (&Server, &[Request]), hand: (&Hand, &[Request])) -> Result<(), Failure> {
    let (mut one, mut other) = (Connection::new(server.0.address), Connection::new(hand.0.address));
    for (request, by_hand) in server.1.iter().zip(hand.1).take(3) {
        let (answer, by_hand) = (one.send(request).await?, other.send(by_hand).await?);
        let (body, body_by_hand) = (timeless(&answer.body), timeless(&by_hand.body));
        if answer.status != 200 || body != body_by_hand {
            return Err(format!(
                "the server and the hand-written handler answer differently: {}\n{body}\n{body_by_hand}",
                answer.status
            )
            .into());
        }
    }
    Ok(())
}

/// The answer without its instant.
fn timeless(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let Some((before, rest)) = text.split_once("\"now\":\"") else { return text.into_owned() };
    let after = rest.split_once('"').map_or("", |(_, after)| after);
    format!("{before}{after}")
}
