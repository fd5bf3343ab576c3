//! A stand-in for BankID: its interface (RP API 6.0) over mutual TLS, which says what a test has written for it.
//!
//! It trusts nobody but those whom its own authority has certified, an authority that lives as long as it does. As BankID
//! does, it refuses what it does not know in a request; unlike BankID it has no clock: an order goes on with each question.

use std::{
    collections::{HashMap, VecDeque},
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    server::WebPkiClientVerifier,
};
use serde_json::{Value, json};
use skolhus_api::identity::bankid::{Bankid, Settings};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;
use uuid::Uuid;

/// What is said of an order when it is asked about.
#[derive(Clone, Debug)]
pub enum Step {
    /// It goes on, with this hint.
    Pending(&'static str),
    /// It has failed, with this hint.
    Failed(&'static str),
    /// The person has shown who they are.
    Complete(Shown),
}

/// Who has shown who they are.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The personal number, with twelve digits.
    pub number: String,
    /// What BankID finds of the risk; none where it does not say.
    pub risk: Option<&'static str>,
}

impl Shown {
    /// Somebody, without risk.
    #[must_use]
    pub fn number(number: &str) -> Step {
        Step::Complete(Self { number: number.to_owned(), risk: Some("low") })
    }
}

/// An answer instead of the one that would come.
#[derive(Clone, Debug)]
pub enum Instead {
    /// A refusal: the status, BankID's word for it, and further header lines.
    Refusal(u16, &'static str, &'static str),
    /// Something that is no JSON.
    Nonsense,
    /// Nothing, for as long as is waited.
    Silence,
}

/// A certificate with its key, as PEM.
#[derive(Clone)]
pub struct Papers {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

/// What an order is known by, and asked for by nobody but the server.
#[derive(Clone, Debug)]
pub struct Known {
    /// By the server.
    pub order_ref: String,
    /// By the app on the same device.
    pub auto_start_token: String,
    /// In the QR code.
    pub qr_start_token: String,
    /// What makes the QR code.
    pub qr_start_secret: String,
}

#[derive(Default)]
struct Inner {
    scripts: VecDeque<Vec<Step>>,
    otherwise: Vec<Step>,
    instead: VecDeque<Instead>,
    slowness: Duration,
    /// What is left to be said of each order; the last of it again and again.
    orders: HashMap<String, VecDeque<Step>>,
    known: Vec<Known>,
    calls: Vec<(String, Value)>,
}

/// The stand-in.
pub struct Simulator {
    /// Where its interface is.
    pub address: String,
    /// The authority that its certificate comes from, and those that it trusts: PEM.
    pub authority: String,
    /// What a client shows that it trusts.
    pub papers: Papers,
    /// What a client shows that another authority has certified.
    pub strangers: Papers,
    inner: Arc<Mutex<Inner>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Result<Authority, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "An authority for a test");
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

fn certified(by: &Authority, name: &str, usage: ExtendedKeyUsagePurpose) -> Result<Papers, rcgen::Error> {
    let mut params = CertificateParams::new(vec![name.to_owned()])?;
    params.extended_key_usages = vec![usage];
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &**by)?;
    Ok(Papers { certificate: certificate.pem(), key: key.serialize_pem() })
}

impl Simulator {
    /// Starts one on a free port.
    ///
    /// # Panics
    /// When it cannot start.
    pub async fn start() -> Self {
        Self::start_on(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Starts one on a port of this machine.
    ///
    /// # Panics
    /// When it cannot start.
    #[allow(clippy::expect_used, reason = "a test without its stand-in has failed")]
    pub async fn start_on(listen: SocketAddr) -> Self {
        // Installed once per process; a second time it is there already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (own, other) = (authority().expect("an authority"), authority().expect("another authority"));
        let client = ExtendedKeyUsagePurpose::ClientAuth;
        let papers = certified(&own, "skolhus.example", client.clone()).expect("a certificate");
        let strangers = certified(&other, "skolhus.example", client).expect("a certificate");
        let mut trusted = RootCertStore::empty();
        trusted.add(own.der().clone()).expect("the authority is trusted");
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("a name");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate: CertificateDer<'static> =
            params.signed_by(&key, &*own).expect("a certificate").der().clone();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let verifier = WebPkiClientVerifier::builder(Arc::new(trusted)).build().expect("a verifier");
        let config = ServerConfig::builder()
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![certificate], key)
            .expect("the certificate fits its key");
        let acceptor = TlsAcceptor::from(Arc::new(config));

        let listener = TcpListener::bind(listen).await.expect("a free port");
        let address = format!("https://{}/rp/v6.0", listener.local_addr().expect("an address"));
        let inner = Arc::new(Mutex::new(Inner::default()));
        let shared = Arc::clone(&inner);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, shared) = (acceptor.clone(), Arc::clone(&shared));
                tokio::spawn(async move {
                    // Who has no certificate, or another authority's, gets no further than this.
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream, &shared).await;
                    }
                });
            }
        });
        Self { address, authority: own.pem(), papers, strangers, inner, task }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what is answered to the questions about the next order that is begun and has nothing written for it yet.
    pub fn next_order(&self, steps: &[Step]) {
        self.inner().scripts.push_back(steps.to_vec());
    }

    /// Says what is answered to the questions about every order that has nothing written for it.
    pub fn every_order(&self, steps: &[Step]) {
        self.inner().otherwise = steps.to_vec();
    }

    /// Answers the next call otherwise than it would.
    pub fn instead(&self, answer: Instead) {
        self.inner().instead.push_back(answer);
    }

    /// Takes so long for each answer from now on.
    pub fn slow_down(&self, by: Duration) {
        self.inner().slowness = by;
    }

    /// The calls that got through, by their last word, with their bodies.
    #[must_use]
    pub fn calls(&self, what: &str) -> Vec<Value> {
        let calls = self.inner();
        calls.calls.iter().filter(|(called, _)| called == what).map(|(_, body)| body.clone()).collect()
    }

    /// What every order is known by, the latest last.
    #[must_use]
    pub fn known(&self) -> Vec<Known> {
        self.inner().known.clone()
    }

    /// The settings with which a server uses it, with these papers.
    #[must_use]
    pub fn settings(&self, papers: &Papers) -> Settings {
        Settings {
            address: self.address.clone(),
            certificate: papers.certificate.clone().into_bytes(),
            key: papers.key.clone().into_bytes(),
            authority: self.authority.clone().into_bytes(),
            refuse_high_risk: true,
            return_to: vec!["https://app.example".to_owned()],
            domain: Some("skola.example".to_owned()),
            free_starts: 200,
            patience: Duration::from_millis(1500),
        }
    }

    /// How a server uses it that it trusts.
    ///
    /// # Panics
    /// When its own certificates are of no use.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a stand-in without certificates is a broken harness")]
    pub fn trusted(&self) -> Bankid {
        Bankid::new(self.settings(&self.papers)).expect("the settings are accepted")
    }
}

/// Answers one request, and hangs up.
async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, shared: &Mutex<Inner>) {
    let Some((head, body)) = read_request(&mut stream).await else { return };
    let (instead, slowness) = {
        let mut inner = shared.lock().unwrap_or_else(PoisonError::into_inner);
        (inner.instead.pop_front(), inner.slowness)
    };
    tokio::time::sleep(slowness).await;
    let (status, extra, body) = match instead {
        Some(Instead::Silence) => {
            tokio::time::sleep(Duration::from_secs(600)).await;
            return;
        }
        Some(Instead::Nonsense) => (200, "", "<html>Ett fel uppstod".to_owned()),
        Some(Instead::Refusal(status, word, extra)) => (status, extra, refusal(word).to_string()),
        None => {
            let (status, body) = answer(&head, &body, shared);
            (status, "", body.to_string())
        }
    };
    let answer = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{extra}connection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// The head and the body of a request.
pub(crate) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<(String, String)> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                return Some((head.to_owned(), body.to_owned()));
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}

fn refusal(word: &str) -> Value {
    json!({ "errorCode": word, "details": "As a test has it." })
}

fn answer(head: &str, body: &str, shared: &Mutex<Inner>) -> (u16, Value) {
    let mut words = head.split_whitespace();
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let what = path.strip_prefix("/rp/v6.0/").unwrap_or_default().to_owned();
    let is_json = head.lines().any(|line| line.eq_ignore_ascii_case("content-type: application/json"));
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let mut inner = shared.lock().unwrap_or_else(PoisonError::into_inner);
    inner.calls.push((what.clone(), body.clone()));
    match (method, what.as_str()) {
        ("POST", _) if !is_json => (415, refusal("unsupportedMediaType")),
        ("POST", "auth") if !is_auth(&body) => (400, refusal("invalidParameters")),
        ("POST", "auth") => {
            let number = inner.known.len() as u128 + 1;
            let token = |kind: u128| Uuid::from_u128((kind << 64) + (number << 32) + 0x5ec7e7).to_string();
            let known = Known {
                order_ref: token(0x0de7_ef00),
                auto_start_token: token(0xa070_0000),
                qr_start_token: token(0x9700_0000),
                qr_start_secret: token(0x5ec7_0000),
            };
            let steps = inner.scripts.pop_front().unwrap_or_else(|| inner.otherwise.clone());
            inner.orders.insert(known.order_ref.clone(), steps.into());
            inner.known.push(known.clone());
            let Known { order_ref, auto_start_token, qr_start_token, qr_start_secret } = known;
            (
                200,
                json!({ "orderRef": order_ref, "autoStartToken": auto_start_token,
                    "qrStartToken": qr_start_token, "qrStartSecret": qr_start_secret }),
            )
        }
        ("POST", "collect" | "cancel") => {
            let order_ref = body["orderRef"].as_str().unwrap_or_default().to_owned();
            if what == "cancel" {
                let there = inner.orders.remove(&order_ref).is_some();
                return if there { (200, json!({})) } else { (400, refusal("invalidParameters")) };
            }
            let Some(steps) = inner.orders.get_mut(&order_ref) else {
                return (404, refusal("notFound"));
            };
            let step = if steps.len() > 1 { steps.pop_front() } else { steps.front().cloned() };
            (200, collected(&order_ref, step.unwrap_or(Step::Pending("outstandingTransaction"))))
        }
        ("POST", _) => (404, refusal("notFound")),
        _ => (405, refusal("methodNotAllowed")),
    }
}

/// Whether it is a request to log somebody in, with all that BankID demands and nothing that it does not know.
fn is_auth(body: &Value) -> bool {
    let Some(members) = body.as_object() else { return false };
    let known = ["endUserIp", "returnRisk", "returnUrl", "web"];
    let address = body["endUserIp"].as_str().is_some_and(|address| address.parse::<IpAddr>().is_ok());
    let web = match &body["web"] {
        Value::Null => true,
        Value::Object(web) => {
            let said = |name: &str, longest: usize| {
                web.get(name)
                    .and_then(Value::as_str)
                    .is_some_and(|text| (1..=longest).contains(&text.chars().count()))
            };
            web.len() == 3
                && said("referringDomain", 255)
                && said("userAgent", 256)
                && said("deviceIdentifier", 255)
        }
        _ => false,
    };
    address && web && members.keys().all(|key| known.contains(&key.as_str()))
}

fn collected(order_ref: &str, step: Step) -> Value {
    match step {
        Step::Pending(hint) => json!({ "orderRef": order_ref, "status": "pending", "hintCode": hint }),
        Step::Failed(hint) => json!({ "orderRef": order_ref, "status": "failed", "hintCode": hint }),
        Step::Complete(Shown { number, risk }) => json!({
            "orderRef": order_ref,
            "status": "complete",
            "completionData": {
                // The name is another than any register's: nobody is to be known by it.
                "user": { "personalNumber": number, "name": "Någon Annanson", "givenName": "Någon", "surname": "Annanson" },
                "device": { "ipAddress": "198.51.100.7", "uhi": "OZvYM9VvyiAmG7NA5jU5zqGcVpo=" },
                "bankIdIssueDate": "2024-02-01",
                "signature": "c2lnbmF0dXI=",
                "ocspResponse": "b2NzcA==",
                "risk": risk,
            },
        }),
    }
}
