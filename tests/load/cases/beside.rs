//! What the server does beside a hand-written handler that does the same, and a bare hello, in turn.

use super::MOST_MEMORY;
use crate::{
    Failure,
    database::Database,
    drive::{Offer, Outcome, Request, closed, open},
    hand::Hand,
    options::Options,
    report::{Line, Report, median},
    server::{COUNTED, Server},
};

/// A comparison, and its budgets.
pub struct Beside<'a> {
    /// The case.
    pub case: &'static str,
    /// What one request is for, as in "statements per page".
    pub one: &'static str,
    /// The part of the hand-written handler's rate that the server should reach.
    pub of_hand: f64,
    /// The most statements for one, the caller's scope counted in.
    pub statements: f64,
    pub options: &'a Options,
    pub database: &'a Database,
    pub server: &'a Server,
    pub hand: &'a Hand,
}

/// What came of the rounds.
#[derive(Default)]
struct Rounds {
    by_server: Outcome,
    by_hand: Outcome,
    hello: Outcome,
    ratios: Vec<f64>,
}

impl Beside<'_> {
    /// Measures it. Tokens are renewed between rounds, so `of_server` makes the requests with fresh ones, always in the
    /// same order, which goes on from round to round.
    pub async fn run(
        &self,
        of_server: impl Fn() -> Result<Vec<Request>, Failure>,
        of_hand: &[Request],
        report: &mut Report,
    ) -> Result<(), Failure> {
        let statements = self.server.cost(&of_server()?).await?;
        let Rounds { mut by_server, mut by_hand, mut hello, ratios } =
            self.rounds(&of_server, of_hand).await?;
        let half = by_server.rate() / 2.0;
        let (asked_server, asked_hand) = (by_server.answered.len() + COUNTED, by_hand.answered.len());

        let of_hello = format!("{:.2} of hello", by_server.rate() / hello.rate());
        report.line(self.line("hello".to_owned()).outcome(&mut hello));
        let memory_mib = self.hand.peak_memory();
        report.line(Line { memory_mib, ..self.line("hand-written".to_owned()) }.outcome(&mut by_hand));
        let memory_mib = self.server.peak_memory();
        let shown = Line {
            memory_mib,
            statements: Some(statements),
            note: of_hello,
            ..self.line("server".to_owned())
        }
        .outcome(&mut by_server);
        report.at_least(
            &shown,
            "requests per second, of the hand-written handler's",
            median(ratios),
            self.of_hand,
        );
        report.at_most(&shown, format!("statements per {}", self.one), statements, self.statements);
        if let Some(memory) = memory_mib {
            report.at_most(&shown, "memory at its peak, MiB", memory, MOST_MEMORY);
        }
        report.line(shown);

        // Both under the same load, so that latencies can be compared.
        let subject = |who: &str| self.line(format!("{who}, open at {half:.0}/s"));
        let offer = |first| Offer {
            rate: half,
            lasting: self.options.round(),
            connections: self.options.connections * 4,
            patience: None,
            first,
        };
        let mut by_hand = open(self.hand.address, of_hand, &offer(asked_hand)).await.without_failures()?;
        report.line(subject("hand-written").outcome(&mut by_hand));
        self.server.at_rest().await?;
        let mut by_server =
            open(self.server.address, &of_server()?, &offer(asked_server)).await.without_failures()?;
        report.line(subject("server").outcome(&mut by_server));
        Ok(())
    }

    async fn rounds(
        &self,
        of_server: &impl Fn() -> Result<Vec<Request>, Failure>,
        of_hand: &[Request],
    ) -> Result<Rounds, Failure> {
        let mut rounds = Rounds::default();
        let Options { connections, rounds: count, .. } = self.options;
        for _ in 0..*count {
            let asked = of_server()?;
            let drive = |address, requests, first| {
                closed(address, requests, first, *connections, self.options.round())
            };
            // What the server's workers still have to do with what it wrote is not the other's burden.
            self.server.at_rest().await?;
            let one =
                drive(self.hand.address, of_hand, rounds.by_hand.answered.len()).await.without_failures()?;
            let first = rounds.by_server.answered.len() + COUNTED;
            let other = drive(self.server.address, &asked, first).await.without_failures()?;
            let bare = drive(self.hand.address, &[Hand::hello()], 0).await.without_failures()?;
            rounds.ratios.push(other.rate() / one.rate());
            rounds.by_hand.add(one);
            rounds.by_server.add(other);
            rounds.hello.add(bare);
        }
        Ok(rounds)
    }

    fn line(&self, subject: String) -> Line {
        Line {
            case: self.case,
            database: self.database.kind.name(),
            persons: self.database.plan.persons,
            subject,
            ..Line::default()
        }
    }
}
