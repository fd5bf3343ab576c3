//! A stand-in for identity providers and issuers of tokens: a description, keys that change, a browser that somebody logs in with,
//! and codes that are worth tokens once, with what a test has written for it.
//!
//! It holds a relying party to the protocol: it gives nothing for a code without the verifier, the address and the secret that
//! go with it. It has no clock but the one that a test sets.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Url;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::{io::AsyncWriteExt, net::TcpListener, net::TcpStream};

use crate::{bankid::read_request, signing::Signer};

/// What the provider calls the relying party.
pub const CLIENT_ID: &str = "skolhus:1";
/// The secret that it has given it.
pub const CLIENT_SECRET: &str = "rag: & vete+havre%";

/// An answer instead of the one that would come.
#[derive(Clone, Debug)]
pub enum Instead {
    /// A status, and the word for why.
    Refusal(u16, &'static str),
    /// Something that is no JSON.
    Nonsense,
    /// More than anybody wants to read.
    Endless,
    /// Somewhere else.
    Redirect(String),
    /// Nothing, for as long as is waited.
    Silence,
}

/// How a token is made instead of being signed with the present key.
pub type Forger = Box<dyn FnOnce(&Value) -> String + Send>;

/// What a browser brings back.
#[derive(Clone, Debug)]
pub struct Back {
    /// The code.
    pub code: String,
    /// What the relying party has sent along.
    pub state: String,
}

/// What a code is worth.
struct Grant {
    who: Value,
    nonce: String,
    redirect_address: String,
    challenge: String,
}

struct Inner {
    now: DateTime<Utc>,
    /// The name and the key that it signs with.
    signing: (String, Arc<Signer>),
    /// The keys that it publishes.
    published: Vec<Value>,
    /// What its description says besides.
    described: Value,
    grants: HashMap<String, Grant>,
    instead: HashMap<String, VecDeque<Instead>>,
    forger: Option<Forger>,
    slowness: Duration,
    calls: Vec<String>,
    codes: u32,
}

/// The stand-in.
pub struct Provider {
    /// Who it is, and where.
    pub issuer: String,
    inner: Arc<Mutex<Inner>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A signer with its key published under a name.
fn named(kid: &str, signer: &Signer) -> Value {
    let mut jwk = signer.jwk(kid);
    jwk["use"] = "sig".into();
    jwk
}

impl Provider {
    /// Starts one on a free port, at a time.
    ///
    /// # Panics
    /// When it cannot start.
    #[allow(clippy::expect_used, reason = "a test without its stand-in has failed")]
    pub async fn start(now: DateTime<Utc>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let issuer = format!("http://{}/kommun", listener.local_addr().expect("an address"));
        let signer = Arc::new(Signer::ed25519());
        let inner = Arc::new(Mutex::new(Inner {
            now,
            published: vec![named("ett", &signer)],
            signing: ("ett".to_owned(), signer),
            described: json!({}),
            grants: HashMap::new(),
            instead: HashMap::new(),
            forger: None,
            slowness: Duration::ZERO,
            calls: Vec::new(),
            codes: 0,
        }));
        let (shared, of) = (Arc::clone(&inner), issuer.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, of) = (Arc::clone(&shared), of.clone());
                tokio::spawn(async move { serve(stream, &of, &shared).await });
            }
        });
        Self { issuer, inner, task }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets its clock.
    pub fn set_now(&self, now: DateTime<Utc>) {
        self.inner().now = now;
    }

    /// Says more, or something else, of itself.
    pub fn describe(&self, more: Value) {
        self.inner().described = more;
    }

    /// Signs with this key from now on, and publishes it beside those before or instead of them.
    pub fn rotate(&self, kid: &str, signer: Signer, keeps_old: bool) {
        let mut inner = self.inner();
        if !keeps_old {
            inner.published.clear();
        }
        inner.published.push(named(kid, &signer));
        inner.signing = (kid.to_owned(), Arc::new(signer));
    }

    /// Answers the next call of a place otherwise than it would: `openid-configuration`, `jwks` or `token`.
    pub fn instead(&self, place: &str, answer: Instead) {
        self.inner().instead.entry(place.to_owned()).or_default().push_back(answer);
    }

    /// Makes the next token another way.
    pub fn forge(&self, forger: impl FnOnce(&Value) -> String + Send + 'static) {
        self.inner().forger = Some(Box::new(forger));
    }

    /// Takes so long for each answer from now on.
    pub fn slow_down(&self, by: Duration) {
        self.inner().slowness = by;
    }

    /// How often a place was called.
    #[must_use]
    pub fn calls(&self, place: &str) -> usize {
        self.inner().calls.iter().filter(|called| *called == place).count()
    }

    /// Signs something with the present key.
    #[must_use]
    pub fn sign(&self, claims: &Value) -> String {
        let inner = self.inner();
        inner.signing.1.sign(&inner.signing.0, claims)
    }

    /// Somebody logs in with a browser that was sent to this address: they are who the claims say.
    ///
    /// # Panics
    /// When the address is none that this provider would take.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a request that is wrong fails its test, as it should")]
    pub fn log_in(&self, address: &str, who: Value) -> Back {
        let url = Url::parse(address).expect("an address");
        assert!(address.starts_with(&format!("{}/authorize?", self.issuer)), "{address}");
        let asked: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        let said = |name: &str| asked.get(name).cloned().expect(name);
        assert_eq!((said("response_type"), said("client_id")), ("code".to_owned(), CLIENT_ID.to_owned()));
        assert!(said("scope").split(' ').any(|scope| scope == "openid"));
        assert_eq!((said("code_challenge_method"), said("code_challenge").len()), ("S256".to_owned(), 43));
        assert!(said("nonce").len() >= 32 && said("state").len() >= 32 && said("nonce") != said("state"));
        let mut inner = self.inner();
        inner.codes += 1;
        let code = format!("kod {}", inner.codes);
        let grant = Grant {
            who,
            nonce: said("nonce"),
            redirect_address: said("redirect_uri"),
            challenge: said("code_challenge"),
        };
        inner.grants.insert(code.clone(), grant);
        Back { code, state: said("state") }
    }
}

/// Answers one request, and hangs up.
async fn serve(mut stream: TcpStream, issuer: &str, shared: &Mutex<Inner>) {
    let Some((head, body)) = read_request(&mut stream).await else { return };
    let path = head.split_whitespace().nth(1).unwrap_or_default();
    let place = path.rsplit('/').next().unwrap_or_default().to_owned();
    let (instead, slowness) = {
        let mut inner = shared.lock().unwrap_or_else(PoisonError::into_inner);
        inner.calls.push(place.clone());
        (inner.instead.get_mut(&place).and_then(VecDeque::pop_front), inner.slowness)
    };
    if !slowness.is_zero() {
        tokio::time::sleep(slowness).await;
    }
    let (status, more, body) = match instead {
        Some(Instead::Silence) => {
            tokio::time::sleep(Duration::from_secs(600)).await;
            return;
        }
        Some(Instead::Nonsense) => (200, String::new(), "<html>Ett fel uppstod".to_owned()),
        Some(Instead::Endless) => (200, String::new(), format!("\"{}\"", "å".repeat(300_000))),
        Some(Instead::Redirect(to)) => (302, format!("location: {to}\r\n"), String::new()),
        Some(Instead::Refusal(status, word)) => (
            status,
            String::new(),
            json!({ "error": word, "error_description": "Som ett test har det." }).to_string(),
        ),
        None => {
            let mut inner = shared.lock().unwrap_or_else(PoisonError::into_inner);
            let (status, answer) = inner.answer(issuer, &place, &head, &body);
            (status, String::new(), answer.to_string())
        }
    };
    let answer = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{more}connection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

impl Inner {
    fn answer(&mut self, issuer: &str, place: &str, head: &str, body: &str) -> (u16, Value) {
        match (head.split(' ').next().unwrap_or_default(), place) {
            ("GET", "openid-configuration") => {
                let mut description = json!({
                    "issuer": issuer,
                    "authorization_endpoint": format!("{issuer}/authorize"),
                    "token_endpoint": format!("{issuer}/token"),
                    "jwks_uri": format!("{issuer}/jwks"),
                    "code_challenge_methods_supported": ["plain", "S256"],
                    "id_token_signing_alg_values_supported": ["EdDSA"],
                });
                if let (Some(all), Some(more)) = (description.as_object_mut(), self.described.as_object()) {
                    all.extend(more.clone());
                }
                (200, description)
            }
            ("GET", "jwks") => (200, json!({ "keys": self.published })),
            ("POST", "token") => self.token(issuer, head, body),
            _ => (404, json!({ "error": "not_found" })),
        }
    }

    /// What a code is worth (RFC 6749, 4.1.3 and 5).
    fn token(&mut self, issuer: &str, head: &str, body: &str) -> (u16, Value) {
        let refused = |status: u16, word: &str| (status, json!({ "error": word }));
        let query = Url::parse(&format!("http://form/?{body}"));
        let form: HashMap<String, String> =
            query.map(|url| url.query_pairs().into_owned().collect()).unwrap_or_default();
        let said = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        let header = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("authorization").then_some(value.strip_prefix("Basic "))?
        });
        let presented = match header {
            Some(basic) => {
                let decoded = STANDARD.decode(basic).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                let (name, password) =
                    decoded.as_deref().and_then(|text| text.split_once(':')).unwrap_or_default();
                let plain = |text: &str| {
                    let url = Url::parse(&format!("http://form/?={text}")).ok();
                    url.and_then(|url| url.query_pairs().next().map(|(_, value)| value.into_owned()))
                        .unwrap_or_default()
                };
                (plain(name), plain(password))
            }
            None => (said("client_id").to_owned(), said("client_secret").to_owned()),
        };
        if presented != (CLIENT_ID.to_owned(), CLIENT_SECRET.to_owned()) {
            return refused(401, "invalid_client");
        }
        if said("grant_type") != "authorization_code" {
            return refused(400, "unsupported_grant_type");
        }
        let Some(grant) = self.grants.remove(said("code")) else { return refused(400, "invalid_grant") };
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(said("code_verifier").as_bytes()));
        if grant.challenge != challenge || grant.redirect_address != said("redirect_uri") {
            return refused(400, "invalid_grant");
        }
        let mut claims = json!({
            "iss": issuer, "aud": CLIENT_ID, "nonce": grant.nonce,
            "iat": self.now.timestamp(), "exp": self.now.timestamp() + 300,
        });
        if let (Some(all), Some(who)) = (claims.as_object_mut(), grant.who.as_object()) {
            all.extend(who.clone());
        }
        let id_token = match self.forger.take() {
            Some(forger) => forger(&claims),
            None => self.signing.1.sign(&self.signing.0, &claims),
        };
        (
            200,
            json!({ "token_type": "Bearer", "access_token": "hemlig", "expires_in": 300, "id_token": id_token }),
        )
    }
}

/// The claims as if nobody had to sign them.
#[must_use]
pub fn unsigned(claims: &Value) -> String {
    let header = json!({ "alg": "none", "kid": "ett" });
    format!("{}.{}.", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// The claims, signed with the public key as if it were a shared secret.
///
/// # Panics
/// When it cannot sign.
#[must_use]
#[allow(clippy::expect_used, reason = "a test that cannot sign has failed")]
pub fn confused(claims: &Value) -> String {
    let public =
        Signer::ed25519().jwk("ett")["x"].as_str().map(|x| URL_SAFE_NO_PAD.decode(x)).expect("a key");
    let header = Header { kid: Some("ett".to_owned()), ..Header::new(Algorithm::HS256) };
    let secret = EncodingKey::from_secret(&public.expect("base64"));
    jsonwebtoken::encode(&header, claims, &secret).expect("it is signed")
}
