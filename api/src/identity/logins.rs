//! How logins go: their settings, and what a server needs for them.

use std::{net::IpAddr, sync::Arc};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use sha2::{Digest, Sha256};
use skolhus_domain::{
    access::{Caller, Level},
    instant::Randomness,
};
use skolhus_persistence::identity::{
    session::Session,
    throttle::{self, Attempt, Counter},
};

use super::{
    bankid::Bankid,
    keyring::Keyring,
    passwords::{Cost, Passwords},
};
use crate::http::{catalogue::Code, problem::Problem, state::State};

/// Settings of logins.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What hashing a password costs.
    pub password_cost: Cost,
    /// How long a session lasts without being used: 12 hours.
    pub idle: Duration,
    /// How long a session lasts at the most: 30 days.
    pub life: Duration,
    /// How long a login counts as fresh: 12 hours. After that the session goes on at the
    /// lowest level, until the password is given again.
    pub fresh: Duration,
    /// How long a refresh token may be presented again after its first use: 10 seconds, for
    /// two windows that renew at once and for an answer that was lost.
    pub again: Duration,
    /// Failures for one account or client within an hour before one must wait: 5.
    pub account_failures: i32,
    /// The same for one address, behind which a whole school may sit: 50.
    pub address_failures: i32,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            password_cost: Cost::default(),
            idle: Duration::hours(12),
            life: Duration::days(30),
            fresh: Duration::hours(12),
            again: Duration::seconds(10),
            account_failures: 5,
            address_failures: 50,
            trusted_proxies: Vec::new(),
        }
    }
}

/// What a server needs for logins.
pub struct Logins {
    /// The settings.
    pub settings: Settings,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// How BankID is spoken to, where it is.
    pub bankid: Option<Bankid>,
}

impl Logins {
    /// With these settings.
    ///
    /// # Errors
    /// argon2's, for a cost that is none.
    pub fn new(settings: Settings, randomness: Arc<dyn Randomness>) -> Result<Self, argon2::Error> {
        let passwords = Passwords::new(settings.password_cost, randomness)?;
        Ok(Self { settings, passwords, bankid: None })
    }

    /// With BankID.
    #[must_use]
    pub fn with_bankid(self, bankid: Option<Bankid>) -> Self {
        Self { bankid, ..self }
    }

    /// The level of a session now.
    #[must_use]
    pub fn level(&self, session: &Session, now: DateTime<Utc>) -> Level {
        if now - session.started_at <= self.settings.fresh { session.level } else { Level::Basic }
    }

    /// Until when a refresh token given out now can be used.
    #[must_use]
    pub fn refresh_until(&self, session: &Session, now: DateTime<Utc>) -> DateTime<Utc> {
        (now + self.settings.idle).min(session.expires_at)
    }
}

/// Where a request comes from: an IPv4 address, or the /64 network of an IPv6 address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Origin(String);

impl FromRequest for Origin {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        std::future::ready(Ok(Self::of(address_of(request))))
    }
}

/// The address that a request comes from: the last one that no trusted proxy vouches for.
pub(crate) fn address_of(request: &HttpRequest) -> Option<IpAddr> {
    let state = request.app_data::<web::Data<State>>();
    let trusted = state.map_or(&[][..], |state| state.logins.settings.trusted_proxies.as_slice());
    let peer = request.peer_addr().map(|address| address.ip().to_canonical());
    let forwarded: Vec<&str> = request
        .headers()
        .get_all("x-forwarded-for")
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    last_unvouched(peer, &forwarded, trusted)
}

fn last_unvouched(peer: Option<IpAddr>, forwarded: &[&str], trusted: &[IpAddr]) -> Option<IpAddr> {
    let mut address = peer;
    for hop in forwarded.iter().rev() {
        if !address.is_some_and(|address| trusted.contains(&address)) {
            break;
        }
        let Ok(earlier) = hop.trim().parse::<IpAddr>() else { break };
        address = Some(earlier.to_canonical());
    }
    address
}

impl Origin {
    fn of(address: Option<IpAddr>) -> Self {
        Self(match address {
            Some(IpAddr::V4(address)) => address.to_string(),
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
            None => "unknown".to_owned(),
        })
    }
}

/// What a login is counted under: what is tried (an e-mail address, a client), and from where.
#[must_use]
pub fn counters(state: &State, tried: &str, origin: &Origin) -> Vec<Counter> {
    let key = |what: &str| hex::encode(state.keyring.keyed_hash("throttle", what.as_bytes()));
    let Settings { account_failures, address_failures, .. } = &state.logins.settings;
    vec![
        Counter { key: key(tried), free: *account_failures },
        Counter { key: key(&format!("origin {}", origin.0)), free: *address_failures },
    ]
}

/// What the beginnings of logins with BankID are counted under: from where. Apart from passwords, so that a login with
/// BankID does not let anybody go on guessing.
#[must_use]
pub(crate) fn counter_of_starts(state: &State, origin: &Origin, free: i32) -> Vec<Counter> {
    let from = format!("bankid origin {}", origin.0);
    vec![Counter { key: hex::encode(state.keyring.keyed_hash("throttle", from.as_bytes())), free }]
}

/// Counts an attempt before it is made.
///
/// # Errors
/// [`Code::TooManyAttempts`] while one must wait; a failure of the database.
pub async fn count(state: &State, caller: &Caller, counters: &[Counter]) -> Result<(), Problem> {
    let caller = Caller::system("login", Caller::every_organiser(), caller.request, caller.now);
    let counters = counters.to_vec();
    let attempt = state
        .database
        .write(&caller, move |tx, _| throttle::attempt(tx, &counters).map_err(Problem::from))
        .await?;
    match attempt {
        Attempt::Counted => Ok(()),
        Attempt::Wait(seconds) => Err(Problem::new(Code::TooManyAttempts).retry_after(seconds)),
    }
}

/// The first refresh token of a session.
pub(crate) fn first_refresh_token(randomness: &dyn Randomness) -> String {
    let mut bytes = [0; 32];
    randomness.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The one refresh token that follows another: it can be told again while the former may
/// be presented again, without being kept anywhere.
pub(crate) fn next_refresh_token(keyring: &Keyring, token: &str) -> String {
    URL_SAFE_NO_PAD.encode(keyring.keyed_hash("refresh token", token.as_bytes()))
}

/// What is kept of a random secret.
pub(crate) fn hash_of(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> Option<IpAddr> {
        text.parse().ok()
    }

    #[test]
    fn a_forwarded_address_counts_only_from_a_trusted_proxy() {
        let trusted = [ip("10.0.0.1").unwrap()];
        let origin = |peer, forwarded: &[&str]| Origin::of(last_unvouched(ip(peer), forwarded, &trusted)).0;
        assert_eq!(origin("192.0.2.7", &["203.0.113.9"]), "192.0.2.7");
        assert_eq!(origin("10.0.0.1", &["198.51.100.1", "203.0.113.9"]), "203.0.113.9");
        assert_eq!(origin("10.0.0.1", &["203.0.113.9", " 10.0.0.1"]), "203.0.113.9");
        assert_eq!(origin("10.0.0.1", &["nonsens"]), "10.0.0.1");
        assert_eq!(origin("2001:db8:1:2:3:4:5:6", &[]), "2001:db8:1:2::/64");
    }
}
