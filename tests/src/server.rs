//! A Skolhus server in the test's process, and a client that speaks to it.

use std::{
    future::Future,
    net::{SocketAddr, TcpListener},
    sync::{Arc, LazyLock, Mutex},
    time::Duration,
};

use actix_web::web;
use chrono::{DateTime, TimeZone, Utc};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use skolhus_api::{
    change::{Policy, worker},
    http::{
        server::{Interface, Listen, start},
        state::State,
        tls::Tls,
    },
    identity::{
        bankid::Bankid,
        keyring::{Bearer, Key, Keyring},
        logins::{Logins, Settings},
        master_key::MasterKey,
        oidc::Providers,
        passwords::Cost,
        token_issuer::Issuers,
    },
    integration::Workshop,
    message::{Gateway, Messenger, TextMessage},
    program::chance::{OrderedIds, OsRandomness},
};
use skolhus_domain::{
    identity::Network,
    instant::{Clock, IdSource, Randomness},
};
use skolhus_persistence::{Database, Options};
use uuid::Uuid;

use crate::{
    certificates::Papers,
    database::{Kind, TestDatabase},
    raw::Raw,
    texts::Texts,
};

/// A clock that a test sets: it begins on the first school day of the autumn of 2026, at ten past eight.
pub struct TestClock(Mutex<DateTime<Utc>>);

impl TestClock {
    fn new() -> Self {
        let start = Utc.with_ymd_and_hms(2026, 8, 17, 6, 10, 0).single();
        Self(Mutex::new(start.unwrap_or(DateTime::UNIX_EPOCH)))
    }

    /// Sets the time.
    pub fn set(&self, instant: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = instant;
    }

    /// Lets time pass.
    pub fn advance(&self, by: chrono::Duration) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A running server with its database.
pub struct TestServer {
    /// Which database.
    pub kind: Kind,
    /// What the operations share.
    pub state: web::Data<State>,
    /// The time it goes by.
    pub clock: Arc<TestClock>,
    /// Where it listens.
    pub address: SocketAddr,
    texts: Texts,
    client: reqwest::Client,
    handle: actix_web::dev::ServerHandle,
    database: TestDatabase,
    _jobs: tempfile::TempDir,
}

/// What stands around a server.
#[derive(Default)]
pub struct Around<'a> {
    /// The address under which callers reach it.
    pub base_url: &'a str,
    /// The networks of the proxies in front of it.
    pub proxies: &'a [&'a str],
    /// The header in which these forward clients' certificates.
    pub certificate_header: Option<&'a str>,
    /// How it logs in with BankID.
    pub bankid: Option<Bankid>,
    /// TLS that ends at it.
    pub tls: Option<Tls>,
    /// What becomes of text messages.
    pub gateway: Messages,
}

/// What becomes of text messages.
#[derive(Default)]
pub enum Messages {
    /// They stay in the test.
    #[default]
    Kept,
    /// They go this way.
    By(Option<Arc<dyn Gateway>>),
}

/// What the document says, written once for all servers of the tests.
#[allow(clippy::expect_used, reason = "a test without a document has failed")]
fn interface() -> &'static Interface {
    static INTERFACE: LazyLock<Interface> =
        LazyLock::new(|| Interface::written().expect("the document is complete"));
    &INTERFACE
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: reqwest::header::HeaderMap,
    /// Its body as JSON; null when it has none or is something else.
    pub body: Value,
    /// Its body as text.
    pub text: String,
}

impl Answer {
    /// The answer, if it has that status.
    ///
    /// # Panics
    /// With the answer's text, if it has another.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// The entity tag.
    #[must_use]
    pub fn etag(&self) -> String {
        self.headers.get("etag").and_then(|tag| tag.to_str().ok()).unwrap_or_default().to_owned()
    }

    /// The pointers of the refused values.
    #[must_use]
    pub fn refused(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["pointer"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

/// A request being put together.
pub struct Request(reqwest::RequestBuilder);

impl Request {
    /// With a bearer token.
    #[must_use]
    pub fn token(self, token: &str) -> Self {
        Self(self.0.bearer_auth(token))
    }

    /// With a header.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        Self(self.0.json(body))
    }

    /// With any body and media type.
    #[must_use]
    pub fn body(self, media_type: &str, body: impl Into<reqwest::Body>) -> Self {
        Self(self.0.header("content-type", media_type).body(body))
    }

    /// Sends it.
    ///
    /// # Panics
    /// When the server does not answer.
    #[allow(clippy::expect_used, reason = "a test whose server is gone has failed")]
    pub async fn send(self) -> Answer {
        let response = self.0.send().await.expect("the server answers");
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap_or_default();
        Answer { status, headers, body: serde_json::from_str(&text).unwrap_or_default(), text }
    }
}

/// A client for servers on this machine. It does not read the system's certificates, which would take longer than many a
/// test.
///
/// # Panics
/// Where there is no provider of TLS; the program has chosen one.
#[must_use]
#[allow(clippy::expect_used, reason = "a test without a client has failed")]
pub fn plain_client() -> reqwest::Client {
    reqwest::Client::builder().tls_certs_only([]).build().expect("a client")
}

/// Somebody who calls; see [`TestServer::caller`].
pub struct Calling {
    client: reqwest::Client,
    url: String,
}

impl Calling {
    /// A request.
    #[must_use]
    pub fn request(&self, method: Method, path: &str) -> Request {
        Request(self.client.request(method, format!("{}{path}", self.url)))
    }
}

impl TestServer {
    /// Starts a server on a fresh database; none where PostgreSQL is not installed.
    pub async fn start(kind: Kind) -> Option<Self> {
        Some(Self::start_on(kind, TestDatabase::fresh(kind)?).await)
    }

    /// Starts a server on a database.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_on(kind: Kind, database: TestDatabase) -> Self {
        Self::start_as(kind, database, Around::default()).await
    }

    /// Starts a server on a database, with what stands around it.
    #[allow(clippy::expect_used, reason = "a test whose server does not start has failed")]
    async fn start_as(kind: Kind, database: TestDatabase, around: Around<'_>) -> Self {
        let Around { base_url, proxies, certificate_header, bankid, tls, gateway } = around;
        // Installed once per process; a second time it is there already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = Arc::new(TestClock::new());
        let ids: Arc<dyn IdSource> = Arc::new(OrderedIds::new());
        let randomness: Arc<dyn Randomness> = Arc::new(OsRandomness);
        let options = Options {
            address: database.address.clone(),
            connections: 2,
            queue: 256,
            deadline: Duration::from_secs(10),
            ids: Arc::clone(&ids),
            randomness: Arc::clone(&randomness),
        };
        let keyring = Keyring::new(
            &[Key { id: Uuid::from_u128(1), secret: [1; 32] }],
            vec![Key { id: Uuid::from_u128(2), secret: [2; 32] }],
            Arc::clone(&randomness),
        );
        let keyring = keyring.sealing_with(MasterKey::new([3; 32]));
        // The cheapest hash there is: tests try passwords, not patience.
        let settings = Settings {
            password_cost: Cost { memory: 8, passes: 1, lanes: 1 },
            trusted_proxies: proxies.iter().map(|proxy| Network::parse(proxy).expect("a network")).collect(),
            address_codes: 40,
            client_certificate_header: certificate_header.map(|name| name.parse().expect("a header")),
            ..Settings::default()
        };
        let logins =
            Logins::new(settings, Arc::clone(&randomness)).expect("the cost is one").with_bankid(bankid);
        let jobs = tempfile::TempDir::new().expect("a directory");
        let texts = Texts::default();
        let gateway = match gateway {
            Messages::Kept => Some(Arc::new(texts.clone()) as Arc<dyn Gateway>),
            Messages::By(gateway) => gateway,
        };
        let state = web::Data::new(State {
            database: Database::open(options).expect("the database opens"),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            ids,
            randomness,
            keyring: Arc::new(keyring),
            logins: Arc::new(logins),
            jobs: Arc::new(Workshop::new(jobs.path().to_owned())),
            watch: skolhus_api::identity::alarm::Watch::default(),
            base_url: base_url.to_owned(),
            messages: Messenger::new(gateway, vec!["+46".to_owned()]).expect("the figure has a name"),
            providers: Providers::new(Policy { loopback: true, timeout: Duration::from_millis(1500) }),
            issuers: Issuers::default(),
            webhooks: Policy { loopback: true, timeout: Duration::from_secs(3) },
        });
        let socket = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = socket.local_addr().expect("an address");
        let listen = Listen {
            allowed_origins: vec!["https://app.example".to_owned()],
            workers: 2,
            handle_signals: false,
            tls,
        };
        let server = start(state.clone(), interface(), &listen, socket).expect("the server starts");
        let handle = server.handle();
        tokio::spawn(server);
        let client = plain_client();
        Self { kind, state, clock, address, texts, client, handle, database, _jobs: jobs }
    }

    /// The text messages that it has sent since they were taken last.
    pub async fn texts(&self) -> Vec<TextMessage> {
        self.state.messages.settled().await;
        self.texts.take()
    }

    /// A request.
    #[must_use]
    pub fn request(&self, method: Method, path: &str) -> Request {
        Request(self.client.request(method, format!("http://{}{path}", self.address)))
    }

    /// A request from one of the machine's own addresses (127.0.0.0/8).
    ///
    /// # Panics
    /// When there is no such address.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a test that cannot ask has failed")]
    pub fn request_from(&self, from: &str, method: Method, path: &str) -> Request {
        let from: std::net::IpAddr = from.parse().expect("an address");
        let client = reqwest::Client::builder().local_address(from).build().expect("a client");
        Request(client.request(method, format!("http://{}{path}", self.address)))
    }

    /// Somebody who calls from one of the machine's own addresses: over TLS where a server's certificate is given, which
    /// alone is believed, and with a certificate of their own where one is given.
    ///
    /// # Panics
    /// When there is no such address.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a test that cannot ask has failed")]
    pub fn caller(&self, from: &str, server: Option<&Papers>, own: Option<&Papers>) -> Calling {
        let from: std::net::IpAddr = from.parse().expect("an address");
        let believed =
            server.map(|papers| reqwest::Certificate::from_der(&papers.der).expect("a certificate"));
        let client = reqwest::Client::builder().local_address(from).tls_certs_only(believed);
        let client = match own {
            Some(own) => client.identity(own.identity()),
            None => client,
        };
        let scheme = if server.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}", self.address);
        Calling { client: client.build().expect("a client"), url }
    }

    /// A GET.
    #[must_use]
    pub fn get(&self, path: &str) -> Request {
        self.request(Method::GET, path)
    }

    /// A POST.
    #[must_use]
    pub fn post(&self, path: &str, body: &Value) -> Request {
        self.request(Method::POST, path).json(body)
    }

    /// A PATCH on the version named by an ETag.
    #[must_use]
    pub fn patch(&self, path: &str, etag: &str, body: &Value) -> Request {
        self.request(Method::PATCH, path).header("if-match", etag).json(body)
    }

    /// A PUT on the version named by an ETag.
    #[must_use]
    pub fn put(&self, path: &str, etag: &str, body: &Value) -> Request {
        self.request(Method::PUT, path).header("if-match", etag).json(body)
    }

    /// A connection to the database past the program.
    #[must_use]
    pub fn raw(&self) -> Raw {
        Raw::open(&self.database.address)
    }

    /// A DELETE on the version named by an ETag.
    #[must_use]
    pub fn delete(&self, path: &str, etag: &str) -> Request {
        self.request(Method::DELETE, path).header("if-match", etag)
    }

    /// A fresh access token.
    ///
    /// # Panics
    /// When none can be issued.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a keyring without keys is a broken harness")]
    pub fn token(&self, bearer: &Bearer) -> String {
        self.state.keyring.issue(bearer, self.state.fresh_uuid(), self.clock.now()).expect("a token")
    }

    /// Counts the prepared statements that connections keep from some work on, to use them again.
    pub async fn kept<T>(&self, work: impl Future<Output = T>) -> (T, u64) {
        let before = self.state.database.statements().kept();
        let answer = work.await;
        (answer, self.state.database.statements().kept() - before)
    }

    /// Counts the statements that some work takes.
    pub async fn statements<T>(&self, work: impl Future<Output = T>) -> (T, u64) {
        let before = self.state.database.statements().count();
        let answer = work.await;
        (answer, self.state.database.statements().count() - before)
    }

    /// Gives every change its position and seal, and writes the messages about it: what the
    /// workers do all the time, done once and now.
    ///
    /// # Panics
    /// When the database fails.
    #[allow(clippy::expect_used, reason = "a test whose database fails has failed")]
    pub async fn settle_log(&self) {
        worker::settle_log(&self.state).await.expect("the log is settled");
    }

    /// Starts the workers; without them nothing stands beside a test's requests.
    ///
    /// # Panics
    /// When they do not start.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a test whose workers do not start has failed")]
    pub fn work(&self) -> worker::Workers {
        worker::Workers::start(&self.state).expect("the workers start")
    }

    /// Stops the server and starts another on the same database.
    pub async fn restart(self) -> Self {
        self.restart_as(Around::default()).await
    }

    /// Stops the server and starts another on the same database, under an address of its own, behind proxies in these
    /// networks.
    pub async fn restart_at(self, base_url: &str, proxies: &[&str]) -> Self {
        self.restart_as(Around { base_url, proxies, ..Around::default() }).await
    }

    /// Stops the server and starts another on the same database that logs in with BankID.
    pub async fn with_bankid(self, bankid: Bankid) -> Self {
        self.restart_as(Around { bankid: Some(bankid), ..Around::default() }).await
    }

    /// Stops the server and starts another on the same database that sends text messages by this gateway, or not at all.
    pub async fn with_gateway(self, gateway: Option<Arc<dyn Gateway>>) -> Self {
        self.restart_as(Around { gateway: Messages::By(gateway), ..Around::default() }).await
    }

    /// Stops the server and starts another on the same database, with what stands around it.
    pub async fn restart_as(self, around: Around<'_>) -> Self {
        let Self { kind, state, handle, database: kept, .. } = self;
        handle.stop(false).await;
        let database = state.database.clone();
        drop(state);
        // Joining the writer blocks.
        let _ = tokio::task::spawn_blocking(move || database.stop()).await;
        Self::start_as(kind, kept, around).await
    }

    /// Stops the server and its writer.
    pub async fn stop(self) {
        self.handle.stop(false).await;
        let state = self.state.clone();
        // Joining the writer blocks.
        let _ = tokio::task::spawn_blocking(move || state.database.stop()).await;
    }
}

/// Makes a test of the same body on both databases.
#[macro_export]
macro_rules! on_both {
    ($(#[$meta:meta])* async fn $name:ident($server:ident: TestServer) $body:block) => {
        mod $name {
            #[allow(unused_imports, reason = "each body uses what it needs")]
            use super::*;

            async fn body($server: $crate::server::TestServer) $body

            $(#[$meta])*
            #[actix_web::test]
            async fn sqlite() {
                if let Some(server) = $crate::server::TestServer::start($crate::database::Kind::Sqlite).await {
                    body(server).await;
                }
            }

            $(#[$meta])*
            #[actix_web::test]
            async fn postgres() {
                // Where PostgreSQL is missing the cluster says so loudly, or fails.
                if let Some(server) = $crate::server::TestServer::start($crate::database::Kind::Postgres).await {
                    body(server).await;
                }
            }
        }
    };
}

/// A path of the document with its parameters filled: each id is this one, each day the second school day of the autumn.
#[must_use]
pub fn fill(path: &str, id: impl std::fmt::Display) -> String {
    let id = id.to_string();
    path.replace("{id}", &id)
        .replace("{keyId}", &id)
        .replace("{certificateId}", &id)
        .replace("{personId}", &id)
        .replace("{date}", "2026-08-18")
}
