//! Open loop: requests are due at a rate, whatever the server does. Latency counts from the instant at which a
//! request was due, so that one which had to wait for a slow answer before it counts with its wait
//! (no coordinated omission).

use std::{
    cell::Cell,
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures_util::future::join_all;

use super::{Connection, Outcome, Request, outcome::micros};

/// What is offered.
pub struct Offer {
    /// Requests per second.
    pub rate: f64,
    /// For how long.
    pub lasting: Duration,
    /// Over so many connections at the most.
    pub connections: u32,
    /// How late a request may be sent; one that is later is not sent, but counted. None: all are sent.
    pub patience: Option<Duration>,
    /// With which of the requests it begins.
    pub first: usize,
}

/// Offers requests in turn. Timers here have a grain of a millisecond, which is in every latency.
pub async fn open(address: SocketAddr, requests: &[Request], offer: &Offer) -> Outcome {
    let next = Cell::new(0_u32);
    let begun = Instant::now();
    let send_all = (0..offer.connections).map(|_| async {
        let mut connection = Connection::new(address);
        let mut outcome = Outcome::default();
        loop {
            let number = next.replace(next.get() + 1);
            let due_after = Duration::from_secs_f64(f64::from(number) / offer.rate);
            let place = (offer.first + usize::try_from(number).unwrap_or_default()) % requests.len().max(1);
            let Some(request) = requests.get(place).filter(|_| due_after < offer.lasting) else {
                return outcome;
            };
            let due = begun + due_after;
            tokio::time::sleep_until(due.into()).await;
            let late = due.elapsed();
            if offer.patience.is_some_and(|patience| late > patience) {
                outcome.unsent += 1;
                continue;
            }
            outcome.late.push(micros(late));
            let answer = connection.send(request).await;
            outcome.note(answer, due.elapsed());
        }
    });
    let mut all = Outcome::default();
    join_all(send_all).await.into_iter().for_each(|outcome| all.add(outcome));
    all.elapsed = begun.elapsed();
    all
}
