//! Putting the parts together: the schema's check, the database, the keys.

use std::{sync::Arc, time::Duration};

use actix_web::web;
use skolhus_domain::{
    identity::LONGEST_CERTIFICATE_DAYS,
    instant::{Clock, IdSource, Randomness},
};
use skolhus_persistence::{Address, Database, Options, SchemaState, migrate, schema_state};

use super::{
    ProgramError, bankid,
    chance::{OrderedIds, OsRandomness, WallClock},
    settings::Settings,
    sms,
};
use crate::{
    change::Policy,
    http::state::State,
    identity::{
        alarm,
        keys::load_or_create_keys,
        logins::{self, Logins},
        master_key::master_key,
        oidc::Providers,
        token_issuer::Issuers,
    },
    integration::Workshop,
};

/// How long an identity provider may take to answer: somebody waits for it.
const PROVIDERS_PATIENCE: Duration = Duration::from_secs(5);

/// What the database is opened for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// To serve: a fresh embedded database gets its schema by itself.
    Serve,
    /// To serve a demo: whatever it is, it gets its schema by itself.
    Demo,
    /// For one command: it must be there, and be up to date.
    Command,
}

/// Opens the database and everything that works on it.
pub(super) async fn open(settings: &Settings, purpose: Purpose) -> Result<web::Data<State>, ProgramError> {
    let address = settings.address()?;
    if let (Purpose::Command, Address::Sqlite(path)) = (purpose, &address)
        && !path.exists()
    {
        return Err(ProgramError::Refused(format!("there is no database at {}", path.display())));
    }
    prepare(&address, purpose)?;
    let clock: Arc<dyn Clock> = Arc::new(WallClock);
    let ids: Arc<dyn IdSource> = Arc::new(OrderedIds::new());
    let randomness: Arc<dyn Randomness> = Arc::new(OsRandomness);
    let database = Database::open(Options {
        address,
        connections: settings.connections,
        queue: usize::try_from(settings.queue).unwrap_or(usize::MAX),
        deadline: Duration::from_secs(settings.deadline.into()),
        ids: Arc::clone(&ids),
        randomness: Arc::clone(&randomness),
    })?;
    let master = master_key(
        database.address(),
        settings.master_key.as_ref().map(super::settings::Secret::reveal),
        randomness.as_ref(),
    )
    .map_err(|error| ProgramError::Refused(error.to_string()))?;
    let keyring = load_or_create_keys(&database, &master, clock.now(), Arc::clone(&randomness)).await?;
    let trusted_proxies =
        settings.proxies().map_err(|refusal| ProgramError::Refused(format!("trusted_proxies: {refusal}")))?;
    let logins = logins::Settings { trusted_proxies, ..login_settings(settings) };
    let logins = Logins::new(logins, Arc::clone(&randomness))
        .map_err(|error| ProgramError::Refused(error.to_string()))?;
    // What is only read or commanded needs no certificate.
    let bankid = if purpose == Purpose::Command { None } else { bankid::of(settings)? };
    let logins = logins.with_bankid(bankid);
    let messages = sms::of(settings, purpose, || beside(database.address(), "sms"))?;
    let jobs = Workshop::new(beside(database.address(), "jobs"));
    let outside = Policy { loopback: purpose == Purpose::Demo, ..Policy::default() };
    Ok(web::Data::new(State {
        database,
        clock,
        ids,
        randomness,
        keyring: Arc::new(keyring),
        logins: Arc::new(logins),
        jobs: Arc::new(jobs),
        watch: alarm::Watch::default(),
        base_url: settings.base_url.clone(),
        messages,
        providers: Providers::new(Policy { timeout: PROVIDERS_PATIENCE, ..outside }),
        issuers: Issuers::default(),
        webhooks: outside,
    }))
}

/// Where what has no path of its own lies: beside an embedded database, else in the working directory.
pub(super) fn beside(address: &Address, what: &str) -> std::path::PathBuf {
    match address {
        Address::Sqlite(path) => {
            let mut name = path.as_os_str().to_owned();
            name.push(format!(".{what}"));
            name.into()
        }
        Address::Postgres(_) => format!("skolhus.{what}").into(),
    }
}

/// Finishes what is being written. The owner of a SQLite file gives it up when the state goes.
pub(super) async fn close(state: &web::Data<State>) {
    // What was promised to somebody's phone leaves first.
    state.messages.settled().await;
    let database = state.database.clone();
    // Joining the writer blocks.
    if web::block(move || database.stop()).await.is_err() {
        tracing::error!("the writer did not stop");
    }
}

/// Sees to it that the schema fits the program.
fn prepare(address: &Address, purpose: Purpose) -> Result<(), ProgramError> {
    let embedded = matches!(address, Address::Sqlite(_));
    match (schema_state(address)?, purpose) {
        (SchemaState::Current, _) => Ok(()),
        (SchemaState::Newer(unknown), _) => Err(too_new(&unknown)),
        (SchemaState::Empty | SchemaState::Older(_), Purpose::Demo) => Ok(migrate(address).map(drop)?),
        (SchemaState::Empty, Purpose::Serve) if embedded => Ok(migrate(address).map(drop)?),
        (SchemaState::Empty, _) => {
            Err(ProgramError::Refused("the database is empty: run `skolhus migrate` first".to_owned()))
        }
        (SchemaState::Older(pending), _) => Err(ProgramError::Refused(format!(
            "the database's schema is older than this program; make a backup, then run `skolhus migrate` ({} pending, from {})",
            pending.len(),
            pending.first().map_or("", String::as_str),
        ))),
    }
}

/// The database has seen a newer program.
pub(super) fn too_new(unknown: &[String]) -> ProgramError {
    ProgramError::Refused(format!(
        "the database's schema is newer than this program, which does not know {}; use the program that it was migrated with, or a newer one",
        unknown.join(", "),
    ))
}

/// How logins go, as the settings say.
fn login_settings(settings: &Settings) -> logins::Settings {
    let minutes = |minutes: u32| chrono::Duration::minutes(minutes.into());
    logins::Settings {
        idle: minutes(settings.session_idle_minutes),
        life: chrono::Duration::days(settings.session_days.into()),
        fresh: minutes(settings.login_fresh_minutes),
        high: minutes(settings.login_high_minutes),
        // `Settings::check` has seen that both can be read.
        client_certificate_header: settings
            .client_certificate_header
            .as_ref()
            .and_then(|name| name.parse().ok()),
        client_certificate_days: u16::try_from(settings.client_certificate_days)
            .unwrap_or(LONGEST_CERTIFICATE_DAYS),
        ..logins::Settings::default()
    }
}
