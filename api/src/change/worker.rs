//! The work behind the log: giving changes their positions and seals, telling the
//! subscriptions, sending; and keeping house. It stands beside the requests and never in their way.

use std::{future::Future, sync::Arc, time::Duration};

use actix_web::web;
use skolhus_domain::access::Caller;
use skolhus_persistence::{
    Error,
    change::{dispatch, feed, sequencer},
    person::duplicate,
};
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};

use super::{delivery, housekeeping, sender::Sender};
use crate::{attendance::home::deadline, http::state::State, identity::client_certificate::notices};

/// How long the work rests when nothing calls it. Another server's writes are seen then.
const REST: Duration = Duration::from_millis(500);
/// The pause after a pass, so that a burst of writes is sequenced together.
const GATHER: Duration = Duration::from_millis(20);
/// The longest pause while the database is away.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How often it is looked for absence of which nobody at home was told.
const HOMES_EVERY: Duration = Duration::from_secs(5 * 60);

/// How often it is looked for certificates that expire soon.
const CERTIFICATES_EVERY: Duration = Duration::from_secs(60 * 60);
/// Not in the first moments of a server, but on the day of a restart too.
const CERTIFICATES_FIRST: Duration = Duration::from_secs(90);

/// How often the house is kept.
const HOUSEKEEPING_EVERY: Duration = Duration::from_secs(15 * 60);
/// The pause between two passes while there is more to forget, so that requests come between.
const HOUSEKEEPING_PAUSE: Duration = Duration::from_millis(500);

/// The workers of one server.
pub struct Workers {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Starts them.
    ///
    /// # Errors
    /// When the client for webhooks cannot be made.
    pub fn start(state: &web::Data<State>) -> Result<Self, reqwest::Error> {
        let (stop, stopping) = watch::channel(false);
        let poke = Arc::new(Notify::new());
        let sender = Sender::new(state.clone(), delivery::client(state.webhooks)?);
        let tasks = vec![
            tokio::spawn(see_to_log(state.clone(), stopping.clone(), Arc::clone(&poke))),
            tokio::spawn(send(sender, stopping.clone(), poke)),
            tokio::spawn(keep_house(state.clone(), stopping.clone())),
            tokio::spawn(see_to_homes(state.clone(), stopping.clone())),
            tokio::spawn(see_to_certificates(state.clone(), stopping)),
        ];
        Ok(Self { stop, tasks })
    }

    /// Stops them; what is not done stands in the database for the next start.
    pub async fn stop(self) {
        // Nobody listens any more when all have ended.
        let _ = self.stop.send(true);
        for task in self.tasks {
            if task.await.is_err() {
                tracing::error!("a worker panicked");
            }
        }
    }
}

/// Sequences, seals, feeds and dispatches what there is; returns how many changes were seen to.
///
/// # Errors
/// A failure of the database.
pub async fn settle_log(state: &State) -> Result<usize, Error> {
    let mut seen_to = 0;
    loop {
        let done = pass(state).await?;
        if done == 0 {
            return Ok(seen_to);
        }
        seen_to += done;
    }
}

async fn pass(state: &State) -> Result<usize, Error> {
    let caller =
        |what| Caller::system(what, Caller::every_organiser(), state.fresh_uuid(), state.clock.now());
    // A look costs little; a write of nothing would still take the writer's turn.
    let (unsequenced, undispatched, unfed, unseen) = state
        .database
        .read(&caller("sequencer"), |connection, _| {
            Ok::<_, Error>((
                sequencer::is_behind(connection)?,
                dispatch::is_behind(connection)?,
                feed::is_behind(connection)?,
                duplicate::is_behind(connection)?,
            ))
        })
        .await?;
    let mut done = 0;
    if unsequenced {
        done += state.database.write(&caller("sequencer"), |tx, _| sequencer::pass(tx)).await?;
    }
    // Who follows the register is told by webhooks when to look: the feed comes first.
    if unsequenced || unfed {
        let caller = caller("feed");
        if let Some(seen) = state.database.read(&caller, |connection, _| feed::look(connection)).await? {
            done += state.database.write(&caller, move |tx, _| feed::note(tx, &seen)).await?;
        }
    }
    if unsequenced || undispatched {
        done += state.database.write(&caller("webhooks"), |tx, _| dispatch::pass(tx)).await?;
    }
    if unsequenced || unseen {
        let caller = caller("duplicates");
        if let Some(found) = state.database.read(&caller, |connection, _| duplicate::look(connection)).await?
        {
            done += state.database.write(&caller, move |tx, _| duplicate::note(tx, &found)).await?;
        }
    }
    Ok(done)
}

/// Runs something unless the work is to stop.
async fn unless_stopped<T>(stopping: &mut watch::Receiver<bool>, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        _ = stopping.wait_for(|stop| *stop) => None,
        done = work => Some(done),
    }
}

async fn see_to_log(state: web::Data<State>, mut stopping: watch::Receiver<bool>, poke: Arc<Notify>) {
    let mut pause = Duration::ZERO;
    loop {
        // A pass is never cut off in the middle; only the waits are.
        let rest = match pass(&state).await {
            Ok(0) => {
                pause = Duration::ZERO;
                REST
            }
            Ok(_) => {
                pause = Duration::ZERO;
                poke.notify_one();
                GATHER
            }
            Err(error) => {
                tracing::warn!(%error, "the change log could not be seen to; trying again");
                pause = (pause * 2).clamp(Duration::from_millis(200), LONGEST_PAUSE);
                pause
            }
        };
        let called = async {
            if rest == REST {
                // Woken by a write, or else by the clock.
                let _ = tokio::time::timeout(rest, state.database.written()).await;
                tokio::time::sleep(GATHER).await;
            } else {
                tokio::time::sleep(rest).await;
            }
        };
        if *stopping.borrow() || unless_stopped(&mut stopping, called).await.is_none() {
            return;
        }
    }
}

async fn send(mut sender: Sender, mut stopping: watch::Receiver<bool>, poke: Arc<Notify>) {
    let mut pause = Duration::ZERO;
    loop {
        let rest = match sender.step().await {
            Ok(more) => {
                pause = Duration::ZERO;
                if more { Duration::ZERO } else { REST }
            }
            Err(error) => {
                tracing::warn!(%error, "webhooks could not be seen to; trying again");
                pause = (pause * 2).clamp(Duration::from_millis(200), LONGEST_PAUSE);
                pause
            }
        };
        let called = async {
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                () = poke.notified() => {}
                () = sender.next_end(), if sender.is_busy() && rest == REST => {}
            }
        };
        if *stopping.borrow() || unless_stopped(&mut stopping, called).await.is_none() {
            break;
        }
    }
    // What is under way gets a moment to end; what does not is sent again by the next start.
    let moment = async {
        while sender.is_busy() {
            sender.next_end().await;
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(2), moment).await;
    if let Err(error) = sender.settle().await {
        tracing::warn!(%error, "sent webhooks could not be noted; they will be sent again");
    }
}

async fn keep_house(state: web::Data<State>, mut stopping: watch::Receiver<bool>) {
    // Not in the first moments of a server, when there is enough to do.
    let mut rest = HOUSEKEEPING_EVERY / 15;
    while unless_stopped(&mut stopping, tokio::time::sleep(rest)).await.is_some() {
        rest = match housekeeping::pass(&state, housekeeping::AT_A_TIME).await {
            Ok(true) => HOUSEKEEPING_PAUSE,
            Ok(false) => HOUSEKEEPING_EVERY,
            Err(error) => {
                tracing::warn!(%error, "the house could not be kept; trying again later");
                HOUSEKEEPING_EVERY
            }
        };
    }
}

async fn see_to_homes(state: web::Data<State>, mut stopping: watch::Receiver<bool>) {
    while unless_stopped(&mut stopping, tokio::time::sleep(HOMES_EVERY)).await.is_some() {
        match deadline::pass(&state).await {
            Ok(0) => {}
            Ok(lessons) => tracing::info!(lessons, "absence that was missed has been seen to"),
            Err(error) => {
                tracing::warn!(%error, "missed absence could not be looked for; trying again later");
            }
        }
    }
}

async fn see_to_certificates(state: web::Data<State>, mut stopping: watch::Receiver<bool>) {
    let mut rest = CERTIFICATES_FIRST;
    while unless_stopped(&mut stopping, tokio::time::sleep(rest)).await.is_some() {
        rest = CERTIFICATES_EVERY;
        match notices::pass(&state).await {
            Ok(0) => {}
            Ok(given) => tracing::warn!(given, "certificates of clients expire soon"),
            Err(error) => {
                tracing::warn!(%error, "expiring certificates could not be looked for; trying again later");
            }
        }
    }
}
