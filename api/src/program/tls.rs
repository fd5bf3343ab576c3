//! Keeping TLS that ends here current: the server's certificate, and of which authorities clients' are worth something.

use std::time::Duration;

use actix_web::web;
use skolhus_domain::access::Caller;
use skolhus_persistence::{Error, identity::certificate_authority};
use tokio::task::JoinHandle;

use super::ProgramError;
use crate::http::{state::State, tls::Tls};

/// How often it is looked whether something has changed.
const EVERY: Duration = Duration::from_secs(30);

/// Looks now, and then again and again; at once when the program gets SIGHUP. Abort it with the server.
pub(super) async fn keep_current(tls: Tls, state: web::Data<State>) -> Result<JoinHandle<()>, ProgramError> {
    let first = ask_for_known(&tls, &state).await;
    first.map_err(|error| {
        ProgramError::Refused(format!("the authorities of clients cannot be read: {error}"))
    })?;
    let mut called = Called::new()?;
    Ok(actix_web::rt::spawn(async move {
        loop {
            called.or_later().await;
            match tls.refresh() {
                Ok(true) => tracing::info!("the server's certificate has changed"),
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "the server goes on with the certificate at hand"),
            }
            if let Err(error) = ask_for_known(&tls, &state).await {
                tracing::warn!(%error, "the authorities of clients could not be read anew");
            }
        }
    }))
}

async fn ask_for_known(tls: &Tls, state: &State) -> Result<(), Error> {
    let caller = Caller::system("tls", Caller::every_organiser(), state.fresh_uuid(), state.clock.now());
    let known = state.database.read(&caller, certificate_authority::every_certificate).await?;
    tls.ask_for(&known);
    Ok(())
}

/// The signal by which an operator says that files have changed.
struct Called {
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
}

impl Called {
    fn new() -> Result<Self, ProgramError> {
        Ok(Self {
            #[cfg(unix)]
            hangup: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())
                .map_err(|error| ProgramError::Refused(format!("signals cannot be awaited: {error}")))?,
        })
    }

    #[cfg(unix)]
    async fn or_later(&mut self) {
        // Which of the two it was is all the same.
        let _ = tokio::time::timeout(EVERY, self.hangup.recv()).await;
    }

    #[cfg(not(unix))]
    async fn or_later(&mut self) {
        tokio::time::sleep(EVERY).await;
    }
}
