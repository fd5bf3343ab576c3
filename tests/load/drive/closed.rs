//! Closed loop: each connection sends its next request when the one before is answered.

use std::{
    cell::Cell,
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures_util::future::join_all;

use super::{Connection, Outcome, Request};

/// Keeps so many connections busy for a time. `requests` are sent in turn; `first` says with which to begin, so
/// that rounds do not ask for the same pages again and again.
pub async fn closed(
    address: SocketAddr,
    requests: &[Request],
    first: usize,
    connections: u32,
    lasting: Duration,
) -> Outcome {
    let next = Cell::new(first);
    let begun = Instant::now();
    let busy = (0..connections).map(|_| async {
        let mut connection = Connection::new(address);
        let mut outcome = Outcome::default();
        while begun.elapsed() < lasting {
            let Some(request) = requests.get(next.replace(next.get() + 1) % requests.len().max(1)) else {
                break;
            };
            let sent = Instant::now();
            let answer = connection.send(request).await;
            let was_answered = answer.is_ok();
            outcome.note(answer, sent.elapsed());
            if !was_answered {
                // A server that is gone is not asked in a tight loop.
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        outcome
    });
    let mut all = Outcome::default();
    join_all(busy).await.into_iter().for_each(|outcome| all.add(outcome));
    all.elapsed = begun.elapsed();
    all
}
