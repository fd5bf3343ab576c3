//! `skolhus serve`: the server, from its start to its end.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use actix_web::web;

use super::{ProgramError, operator, runtime, settings::Settings, tls};
use crate::{
    change::worker::Workers,
    http::{
        server::{Interface, Listen, start},
        state::State,
        tls::Tls,
    },
    identity::keys::keep_current,
};

/// What `skolhus serve` takes.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Where to listen, as in 127.0.0.1:8080.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

impl Arguments {
    /// The same as settings.
    pub(super) fn settings(&self) -> Option<(String, String)> {
        self.listen.clone().map(|listen| ("listen".to_owned(), listen))
    }
}

/// Serves until a signal comes.
pub(super) async fn serve(settings: &Settings, document: &'static str) -> Result<(), ProgramError> {
    let socket = socket(settings)?;
    let state = runtime::open(settings, runtime::Purpose::Serve).await?;
    until_stopped(settings, document, state, socket, |_| {}).await
}

/// Takes the address before anything else is done: one that is taken is the likeliest trouble.
pub(super) fn socket(settings: &Settings) -> Result<TcpListener, ProgramError> {
    TcpListener::bind(settings.listen)
        .map_err(|error| ProgramError::Refused(format!("cannot listen on {}: {error}", settings.listen)))
}

/// Serves a register; says when it does, and stops in order when a signal comes: takes no
/// more requests, answers those begun, then finishes what is being written.
pub(super) async fn until_stopped(
    settings: &Settings,
    document: &'static str,
    state: web::Data<State>,
    socket: TcpListener,
    started: impl FnOnce(SocketAddr),
) -> Result<(), ProgramError> {
    let address = socket
        .local_addr()
        .map_err(|error| ProgramError::Refused(format!("cannot listen on {}: {error}", settings.listen)))?;
    let tls = settings.tls().map(Tls::new).transpose()?;
    let listen = Listen {
        allowed_origins: settings.allowed_origins.clone(),
        workers: usize::try_from(settings.workers).unwrap_or(0),
        handle_signals: false,
        tls: tls.clone(),
    };
    let mut signals = Signals::new()?;
    // The operator's way in first: who sees the server answer can also command it.
    #[cfg(unix)]
    let operator = operator::socket::listen(&state)?;
    let renewal = match tls {
        Some(tls) => Some(tls::keep_current(tls, state.clone()).await?),
        None => None,
    };
    let server = start(state.clone(), &Interface::published(document)?, &listen, socket)?;
    let handle = server.handle();
    let mut serving = actix_web::rt::spawn(server);
    let workers = Workers::start(&state)
        .map_err(|error| ProgramError::Refused(format!("the workers cannot start: {error}")))?;
    let keys = actix_web::rt::spawn(keep_current(Arc::clone(&state.keyring), Arc::clone(&state.clock)));
    let jobs = crate::integration::worker::Worker::start(state.clone());
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "serving");
    started(address);

    let ended = tokio::select! {
        signal = signals.next() => {
            tracing::info!(signal, "stopping");
            // A second signal means now.
            tokio::select! {
                () = handle.stop(true) => {}
                signal = signals.next() => {
                    tracing::warn!(signal, "stopping at once");
                    handle.stop(false).await;
                }
            }
            Ok(())
        }
        ended = &mut serving => Err(ProgramError::Refused(match ended {
            Ok(Ok(())) => "the server ended by itself".to_owned(),
            Ok(Err(error)) => format!("the server failed: {error}"),
            Err(error) => format!("the server failed: {error}"),
        })),
    };
    #[cfg(unix)]
    if let Some(operator) = operator {
        operator.stop().await;
    }
    keys.abort();
    if let Some(renewal) = renewal {
        renewal.abort();
    }
    workers.stop().await;
    jobs.stop().await;
    runtime::close(&state).await;
    tracing::info!("stopped");
    ended
}

/// The signals that end the program in order.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> Result<Self, ProgramError> {
        Ok(Self {
            #[cfg(unix)]
            terminate: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
                .map_err(|error| ProgramError::Refused(format!("signals cannot be awaited: {error}")))?,
        })
    }

    #[cfg(unix)]
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "terminate",
            _ = tokio::signal::ctrl_c() => "interrupt",
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> &'static str {
        let _ = tokio::signal::ctrl_c().await;
        "interrupt"
    }
}
