//! Sends what stands in the outbox for webhooks. It holds no connection to the database
//! while a receiver takes its time, and gives a slow one few of its places.

use std::collections::HashMap;

use actix_web::web;
use chrono::Duration;
use reqwest::Client;
use skolhus_domain::{
    access::Caller,
    id::{Id, OrganiserId},
};
use skolhus_persistence::{
    Error,
    change::{dispatch, webhook_subscription},
    outbox::{self, Claimed, Outcome},
};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{
    delivery::{Receiver, after_failure, attempt},
    sealer::Sealer,
};
use crate::http::state::State;

/// Messages on their way at the same time.
const PLACES: usize = 32;
/// Messages taken at a time, and the most to one receiver before it must answer.
const AT_A_TIME: u32 = 4;
/// How long a taken message is ours: well beyond the time an attempt may last.
const OURS_FOR: Duration = Duration::minutes(2);

pub(crate) struct Sender {
    state: web::Data<State>,
    client: Client,
    under_way: JoinSet<(Claimed, Outcome)>,
    /// How many are under way to each receiver.
    busy: HashMap<Uuid, u32>,
    /// What ended and is not yet noted.
    ended: Vec<(Uuid, Outcome)>,
    /// Whose receivers failed for so long that a message was given up, and why.
    exhausted: Vec<(OrganiserId, Uuid, String)>,
}

/// A message with its receiver; none when it must not be sent.
type Addressed = (Claimed, Result<Receiver, Refused>);

enum Refused {
    /// Never again.
    ForGood(&'static str),
    /// Perhaps later.
    ForNow(&'static str),
}

impl Sender {
    pub(crate) fn new(state: web::Data<State>, client: Client) -> Self {
        Self {
            state,
            client,
            under_way: JoinSet::new(),
            busy: HashMap::new(),
            ended: Vec::new(),
            exhausted: Vec::new(),
        }
    }

    fn caller(&self) -> Caller {
        Caller::system("webhooks", Caller::every_organiser(), self.state.fresh_uuid(), self.state.clock.now())
    }

    /// Whether anything is under way.
    pub(crate) fn is_busy(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// Waits until an attempt ends.
    pub(crate) async fn next_end(&mut self) {
        if let Some(ended) = self.under_way.join_next().await {
            self.end(ended);
        }
    }

    fn end(&mut self, ended: Result<(Claimed, Outcome), tokio::task::JoinError>) {
        match ended {
            Ok((message, outcome)) => {
                let (organiser, message, target) = (message.organiser, message.id, message.target);
                if let Some(count) = self.busy.get_mut(&target) {
                    *count = count.saturating_sub(1);
                }
                self.busy.retain(|_, count| *count > 0);
                if let Outcome::GivenUp { error } = &outcome {
                    tracing::error!(%message, subscription = %target, %error, "a webhook message was given up");
                    self.exhausted.push((organiser, target, error.clone()));
                }
                self.ended.push((message, outcome));
            }
            // The message stays ours for a while and is then taken again.
            Err(_) => tracing::error!("an attempt to send a webhook panicked"),
        }
    }

    /// Notes what ended and begins what is due; true when there may be more to begin.
    pub(crate) async fn step(&mut self) -> Result<bool, Error> {
        while let Some(ended) = self.under_way.try_join_next() {
            self.end(ended);
        }
        self.settle().await?;
        if self.under_way.len() + AT_A_TIME as usize > PLACES || !self.is_due().await? {
            return Ok(false);
        }
        let messages = self.claim().await?;
        let more = !messages.is_empty();
        for addressed in messages {
            self.begin(addressed);
        }
        Ok(more)
    }

    /// Notes how attempts ended. What cannot be noted now is kept for the next time.
    pub(crate) async fn settle(&mut self) -> Result<(), Error> {
        if self.ended.is_empty() {
            return Ok(());
        }
        let (ended, exhausted) = (self.ended.clone(), self.exhausted.clone());
        let write = move |tx: &mut skolhus_persistence::Tx<'_>, _: &skolhus_domain::access::Scope| {
            outbox::settle(tx, &ended)?;
            for (organiser, target, error) in &exhausted {
                webhook_subscription::pause(tx, *organiser, Id::from_uuid(*target), error)?;
            }
            Ok::<_, Error>(())
        };
        self.state.database.write(&self.caller(), write).await?;
        self.ended.clear();
        self.exhausted.clear();
        Ok(())
    }

    async fn is_due(&self) -> Result<bool, Error> {
        let read = |connection: &mut _, scope: &skolhus_domain::access::Scope| {
            outbox::is_due(connection, dispatch::WEBHOOK, scope.now())
        };
        self.state.database.read(&self.caller(), read).await
    }

    async fn claim(&self) -> Result<Vec<Addressed>, Error> {
        let busy: Vec<Uuid> =
            self.busy.iter().filter(|(_, count)| **count >= AT_A_TIME).map(|(target, _)| *target).collect();
        let state = self.state.clone();
        let write = move |tx: &mut skolhus_persistence::Tx<'_>, scope: &skolhus_domain::access::Scope| {
            let messages = outbox::claim(tx, dispatch::WEBHOOK, &busy, AT_A_TIME, scope.now() + OURS_FOR)?;
            let targets: Vec<Uuid> = messages.iter().map(|message| message.target).collect();
            let receivers = webhook_subscription::find_targets(tx.connection(), &targets)?;
            let positions: Vec<i64> = messages.iter().filter_map(position).collect();
            let visible = dispatch::still_visible(tx.connection(), &positions)?;
            let addressed = messages.into_iter().map(|message| {
                let receiver = receivers
                    .iter()
                    // An id is one organiser's own: another may have the same.
                    .find(|sealed| {
                        sealed.organiser == message.organiser
                            && sealed.subscription.id.uuid() == message.target
                    })
                    .ok_or(Refused::ForGood("the subscription is withdrawn"));
                let receiver = receiver.and_then(|sealed| {
                    // Only a message that names a record may be one that nobody should get any more.
                    if names_record(&message)
                        && !position(&message).is_some_and(|position| visible.contains(&position))
                    {
                        return Err(Refused::ForGood("the change is no longer told of"));
                    }
                    if sealed.life.is_over(scope.now()) {
                        return Err(Refused::ForGood("the subscription has ended"));
                    }
                    if !sealed.subscription.value.active {
                        return Err(Refused::ForNow("the subscription rests"));
                    }
                    let binding = binding(message.target);
                    let secret = Sealer::open(state.keyring.as_ref(), &sealed.secret, &binding)
                        .ok_or(Refused::ForNow("the secret cannot be opened"))?;
                    let still = sealed.life.previous_secret_until.is_some_and(|until| until > scope.now());
                    let previous = sealed.previous_secret.as_ref().filter(|_| still);
                    Ok(Receiver {
                        url: sealed.subscription.value.url.as_str().to_owned(),
                        secret,
                        previous_secret: previous
                            .and_then(|sealed| Sealer::open(state.keyring.as_ref(), sealed, &binding)),
                        expires_at: sealed.life.expires_at,
                    })
                });
                (message, receiver)
            });
            Ok(addressed.collect())
        };
        self.state.database.write(&self.caller(), write).await
    }

    fn begin(&mut self, (message, receiver): Addressed) {
        let now = self.state.clock.now();
        let receiver = match receiver {
            Ok(receiver) => receiver,
            Err(Refused::ForGood(error)) => {
                self.ended.push((message.id, Outcome::GivenUp { error: error.to_owned() }));
                return;
            }
            Err(Refused::ForNow(error)) => {
                let outcome = after_failure(&message, error.to_owned(), now, self.state.randomness.as_ref());
                self.ended.push((message.id, outcome));
                return;
            }
        };
        *self.busy.entry(message.target).or_default() += 1;
        let (state, client) = (self.state.clone(), self.client.clone());
        self.under_way.spawn(async move {
            let outcome = match attempt(client, state.webhooks, receiver, &message, now).await {
                Ok(()) => Outcome::Sent,
                Err(error) => after_failure(&message, error, state.clock.now(), state.randomness.as_ref()),
            };
            (message, outcome)
        });
    }
}

/// What a subscription's secret is sealed to.
pub(crate) fn binding(subscription: Uuid) -> Vec<u8> {
    format!("webhook-secret:{subscription}").into_bytes()
}

/// Whether the message is about one record: neither gathered nor a test.
fn names_record(message: &Claimed) -> bool {
    let payload: serde_json::Value = serde_json::from_str(&message.payload).unwrap_or_default();
    payload.get("gathered").is_none() && payload.get("test").is_none()
}

fn position(message: &Claimed) -> Option<i64> {
    serde_json::from_str::<serde_json::Value>(&message.payload).ok()?.get("position")?.as_i64()
}
