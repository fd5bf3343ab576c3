//! A class of 25 saved in one call, in which everybody's mark changes, beside a hand-written bulk upsert.

use super::{
    beside::Beside,
    classes::{Classes, Taught},
};
use crate::{
    Failure,
    data::Set,
    database::Database,
    drive::{Connection, Request},
    hand::Hand,
    options::Options,
    report::Report,
    server::Server,
};

/// Teachers who save.
pub const TEACHERS: usize = 30;

/// Measures it. The hand-written handler saves yesterday's lessons, so that the two never write the same rows.
pub async fn run(options: &Options, database: &Database, report: &mut Report) -> Result<(), Failure> {
    let server = Server::serve(options, database).await?;
    let hand = Hand::start(options, database)?;
    let classes = Classes::of(database, TEACHERS);
    let (lessons, of_hand) = (classes.today(0), classes.yesterday());
    check(&classes, &server, &hand, (&lessons, &of_hand)).await?;
    let beside = Beside {
        case: "class",
        one: "save",
        of_hand: 0.35,
        statements: 8.0,
        options,
        database,
        server: &server,
        hand: &hand,
    };
    let by_hand = in_turn(|set| Ok(classes.saves_by_hand(&of_hand, set)))?;
    beside.run(|| changing(&classes, &server, &lessons), &by_hand, report).await?;
    server.stop().await
}

/// Saves of which each changes what the one before it left: first one set of marks in every lesson, then another.
pub fn changing(classes: &Classes<'_>, server: &Server, lessons: &[Taught]) -> Result<Vec<Request>, Failure> {
    let tokens = classes.tokens(server)?;
    in_turn(|set| classes.saves(&tokens, lessons, set))
}

fn in_turn(of: impl Fn(Set) -> Result<Vec<Request>, Failure>) -> Result<Vec<Request>, Failure> {
    Ok([of(Set(0))?, of(Set(1))?].concat())
}

/// Refuses to compare what does not write the same.
async fn check(
    classes: &Classes<'_>,
    server: &Server,
    hand: &Hand,
    (lessons, of_hand): (&[Taught], &[Taught]),
) -> Result<(), Failure> {
    let tokens = classes.tokens(server)?;
    let (mut one, mut other) = (Connection::new(server.address), Connection::new(hand.address));
    for (lesson, by_hand) in lessons.iter().zip(of_hand).take(3) {
        for request in classes.saves(&tokens, &[*lesson], Set(2))? {
            let answer = one.send(&request).await?;
            if answer.status != 200 {
                return Err(format!("a save: {}", String::from_utf8_lossy(&answer.body)).into());
            }
        }
        for request in classes.saves_by_hand(&[*by_hand], Set(2)) {
            other.send(&request).await?;
        }
        let [saved, saved_by_hand] = <[_; 2]>::try_from(classes.registered(&[*lesson, *by_hand])?)
            .map_err(|_| "there are two registers")?;
        if saved.is_empty() || saved != saved_by_hand {
            return Err(format!(
                "the server and the hand-written handler save differently: {saved:?} {saved_by_hand:?}"
            )
            .into());
        }
    }
    Ok(())
}
