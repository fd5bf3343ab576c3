//! The roster pages that several cases ask for: each offering of the first organiser, in no order.

use crate::{
    Failure,
    data::{CLASS, Of, Organiser},
    database::Database,
    drive::{Connection, Request},
    hand::Hand,
    server::Server,
};

/// The pages of an organiser.
pub struct Pages {
    organiser: Organiser,
    /// Offerings by number, shuffled, so that neither neighbours nor favourites are asked for.
    offerings: Vec<u32>,
}

impl Pages {
    /// Those of the first organiser.
    pub fn of(database: &Database) -> Self {
        let organiser = database.plan.organiser(0);
        let mut offerings: Vec<u32> = (0..organiser.offerings()).collect();
        offerings.sort_by_key(|number| database.plan.chance(Of::Offering, 0, *number));
        Self { organiser, offerings }
    }

    /// As the server is asked, by the registrar, with a fresh token.
    pub fn of_server(&self, server: &Server) -> Result<Vec<Request>, Failure> {
        let token = server.token(&self.organiser.registrar())?;
        let request = |number: &u32| {
            let offering = self.organiser.id(Of::Offering, *number);
            Request::get(&format!("/v1/participations?offeringId={offering}&limit={CLASS}")).token(&token)
        };
        Ok(self.offerings.iter().map(request).collect())
    }

    /// As the hand-written handler is asked: the registrar's is the first account.
    pub fn of_hand(&self) -> Vec<Request> {
        let (organiser, account) = (self.organiser.own_id(), self.organiser.id(Of::Account, 0));
        let request = |number: &u32| {
            Request::get(&format!(
                "/roster/{organiser}/{account}/{}",
                self.organiser.id(Of::Offering, *number)
            ))
        };
        self.offerings.iter().map(request).collect()
    }

    /// Refuses to compare what does not answer the same.
    pub async fn check(&self, server: &Server, hand: &Hand) -> Result<(), Failure> {
        let (server_pages, hand_pages) = (self.of_server(server)?, self.of_hand());
        let (mut one, mut other) = (Connection::new(server.address), Connection::new(hand.address));
        for (request, by_hand) in server_pages.iter().zip(&hand_pages).take(3) {
            let (answer, by_hand) = (one.send(request).await?, other.send(by_hand).await?);
            if answer.status != 200 || answer.body != by_hand.body {
                return Err(format!(
                    "the server and the hand-written handler answer differently: {} {}\n{}",
                    answer.status,
                    String::from_utf8_lossy(&answer.body),
                    String::from_utf8_lossy(&by_hand.body)
                )
                .into());
            }
        }
        Ok(())
    }
}
