//! How logins go: their settings, and what a server needs for them.

use std::{net::IpAddr, sync::Arc};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{self, HeaderName},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use sha2::{Digest, Sha256};
use skolhus_domain::{
    access::{Caller, Level},
    identity::{LONGEST_CERTIFICATE_DAYS, LONGEST_DEVICE_NAME, Network, of_user_agent},
    instant::Randomness,
    refusal::Refusal,
    text::Text,
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
use crate::http::{catalogue::Code, client_address::ClientAddress, problem::Problem, state::State};

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
    /// How long one with two factors counts as such: 12 hours, or less. After that the session
    /// goes on as one with a password.
    pub high: Duration,
    /// How long a refresh token may be presented again after its first use: 10 seconds, for
    /// two windows that renew at once and for an answer that was lost.
    pub again: Duration,
    /// Failures for one account or client within an hour before one must wait: 5.
    pub account_failures: i32,
    /// The same for one address, behind which a whole school may sit: 50.
    pub address_failures: i32,
    /// Codes that may be asked for from one address within an hour without one being given back: 300.
    pub address_codes: i32,
    /// Networks of the proxies whose `X-Forwarded-For` or `Forwarded` is believed.
    pub trusted_proxies: Vec<Network>,
    /// The header in which these proxies forward the certificate that a client has shown them; none where they do not.
    pub client_certificate_header: Option<HeaderName>,
    /// How many days a certificate of a client lasts: 395, or fewer.
    pub client_certificate_days: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            password_cost: Cost::default(),
            idle: Duration::hours(12),
            life: Duration::days(30),
            fresh: Duration::hours(12),
            high: Duration::hours(12),
            again: Duration::seconds(10),
            account_failures: 5,
            address_failures: 50,
            address_codes: 300,
            trusted_proxies: Vec::new(),
            client_certificate_header: None,
            client_certificate_days: LONGEST_CERTIFICATE_DAYS,
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
        let Settings { fresh, high, .. } = &self.settings;
        let since = now - session.started_at;
        let most = if since > *fresh {
            Level::Basic
        } else if since > *high {
            Level::Substantial
        } else {
            Level::High
        };
        session.level.min(most)
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
        std::future::ready(Ok(Self::of(ClientAddress::of(request))))
    }
}

impl Origin {
    /// As text, to be hashed.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    fn of(ClientAddress(address): ClientAddress) -> Self {
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

/// What a request says that it comes from: its `User-Agent`, in words that a person understands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Device(pub Option<String>);

impl FromRequest for Device {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        // Browsers write what they like there, and not only ASCII.
        let agent = request.headers().get(header::USER_AGENT);
        let agent = agent.map(|value| String::from_utf8_lossy(value.as_bytes()));
        std::future::ready(Ok(Self(agent.and_then(|agent| of_user_agent(&agent)))))
    }
}

impl Device {
    /// What the owner calls the device; unless they do, what the request says.
    ///
    /// # Errors
    /// At `/device`, as [`Text::line`].
    pub(crate) fn named(self, name: Option<String>) -> Result<Option<String>, Refusal> {
        let named = name.map(|name| Text::line(&name, LONGEST_DEVICE_NAME)).transpose();
        Ok(named.map_err(|refusal| refusal.at("/device"))?.map(Text::into_string).or(self.0))
    }
}

/// What accounts are found by, of an e-mail address that somebody types: no address holds U+0000, about which PostgreSQL
/// cannot be asked; nor does one hold a space.
pub(crate) fn email_key(typed: &str) -> String {
    typed.trim().to_lowercase().replace('\0', " ")
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

/// Takes an attempt back that neither failed nor succeeded.
///
/// # Errors
/// A failure of the database.
pub async fn took_back(state: &State, caller: &Caller, counters: Vec<Counter>) -> Result<(), Problem> {
    let caller = Caller::system("login", Caller::every_organiser(), caller.request, caller.now);
    state
        .database
        .write(&caller, move |tx, _| throttle::took_back(tx, &counters).map_err(Problem::from))
        .await
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
    use crate::program::chance::OsRandomness;
    use skolhus_domain::{
        id::{AccountId, Id},
        identity::ClientKind,
    };

    #[test]
    fn a_login_falls_level_by_level_and_never_rises() {
        let settings = Settings { high: Duration::hours(1), ..Settings::default() };
        let logins = Logins::new(settings, Arc::new(OsRandomness)).unwrap();
        let started_at = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let level = |level, hours| {
            let session = Session {
                account: AccountId::from_uuid(uuid::Uuid::nil()),
                level,
                started_at,
                expires_at: started_at + Duration::days(30),
                ended_at: None,
                device: None,
                client_kind: ClientKind::Web,
                handed_over_from: None,
            };
            logins.level(&session, started_at + Duration::hours(hours))
        };
        let (basic, substantial, high) = (Level::Basic, Level::Substantial, Level::High);
        assert_eq!(
            [0, 1, 2, 12, 13].map(|hours| level(high, hours)),
            [high, high, substantial, substantial, basic]
        );
        assert_eq!([0, 12, 13].map(|hours| level(substantial, hours)), [substantial, substantial, basic]);
        assert_eq!([0, 13].map(|hours| level(basic, hours)), [basic, basic]);
    }

    #[test]
    fn whoever_has_a_network_of_ipv6_is_one_origin() {
        let origin = |address: &str| Origin::of(ClientAddress(address.parse().ok())).0;
        assert_eq!(origin("192.0.2.7"), "192.0.2.7");
        assert_eq!(origin("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(origin("2001:db8:1:2:ffff::1"), "2001:db8:1:2::/64");
        assert_eq!(origin("?"), "unknown");
    }
}
