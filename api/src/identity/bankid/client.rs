//! Speaking to BankID: RP API 6.0, JSON over mutual TLS.

use std::{error::Error, time::Duration};

use reqwest::{Certificate, Client, Identity, Response, header::HeaderMap, redirect};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::http::{catalogue::Code, problem::Problem};

/// The most that an answer may hold; BankID's have some ten thousand bytes.
const LARGEST_ANSWER: usize = 1 << 20;
/// When to come again after a failure of which BankID does not say it: seconds.
const SOON: u32 = 5;
/// The same while BankID is closed, or refuses us.
const LATER: u32 = 60;

/// How an installation uses BankID.
#[derive(Clone)]
pub struct Settings {
    /// Where the interface is, as in `https://appapi2.bankid.com/rp/v6.0`.
    pub address: String,
    /// Our certificate, and those between it and its authority: PEM.
    pub certificate: Vec<u8>,
    /// Its key: PEM.
    pub key: Vec<u8>,
    /// The authority that BankID's own certificate must come from: PEM. No other is believed.
    pub authority: Vec<u8>,
    /// Whether logins that BankID finds risky are refused.
    pub refuse_high_risk: bool,
    /// The places that logins may return to: addresses begin with one of them.
    pub return_to: Vec<String>,
    /// The name of this installation's place, told to BankID where a request names none.
    pub domain: Option<String>,
    /// Logins that may be begun from one address within an hour without one succeeding.
    pub free_starts: i32,
    /// How long an answer is waited for.
    pub patience: Duration,
}

/// Logins that may be begun from one address, behind which a whole school may sit, without one succeeding.
pub const FREE_STARTS: i32 = 300;
/// How long an answer of BankID is waited for, unless said otherwise.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Why BankID cannot be used as it is set.
#[derive(Debug, thiserror::Error)]
pub enum BankidError {
    /// The address is none, or an open one.
    #[error("the address of BankID must begin with https://")]
    Address,
    /// The certificate and key do not belong together, or are none.
    #[error("the certificate and key for BankID cannot be used: {0}")]
    Identity(String),
    /// The authority is none.
    #[error("the authority of BankID's certificate cannot be used: {0}")]
    Authority(String),
}

/// How BankID is spoken to.
pub struct Bankid {
    http: Client,
    pub(super) settings: Settings,
}

/// A login to begin.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Auth<'a> {
    pub(super) end_user_ip: String,
    pub(super) return_risk: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) return_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) web: Option<Web<'a>>,
}

/// What BankID wants to know of a browser.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Web<'a> {
    pub(super) referring_domain: &'a str,
    pub(super) user_agent: &'a str,
    pub(super) device_identifier: &'a str,
}

/// An order that BankID has taken.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Started {
    pub(super) order_ref: String,
    pub(super) auto_start_token: String,
    pub(super) qr_start_token: String,
    pub(super) qr_start_secret: String,
}

/// How an order goes.
pub(super) enum Collected {
    /// On, with BankID's word for it.
    Pending(String),
    /// Not, with the same.
    Failed(String),
    /// It is done.
    Complete(Completion),
}

/// Who has shown who they are, and from where.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Completion {
    pub(super) user: User,
    #[serde(default)]
    pub(super) device: DeviceData,
    pub(super) risk: Option<String>,
}

/// The person. Their name may be another than in the register, and is not read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    pub(super) personal_number: String,
}

/// The device with the app.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeviceData {
    pub(super) ip_address: Option<String>,
    pub(super) uhi: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Order<'a> {
    order_ref: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CollectAnswer {
    status: String,
    #[serde(default)]
    hint_code: String,
    completion_data: Option<Completion>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorAnswer {
    error_code: String,
}

/// What went wrong. It holds nothing that was sent.
#[derive(Debug)]
pub(super) enum Trouble {
    /// No answer came in time, or at all; why, for the log.
    Away(String),
    /// It is no answer that the interface gives.
    Unreadable,
    /// BankID refuses, with its word for why.
    Refused { status: u16, word: String, retry_after: Option<u32> },
}

impl Bankid {
    /// With these settings.
    ///
    /// # Errors
    /// See [`BankidError`].
    pub fn new(settings: Settings) -> Result<Self, BankidError> {
        if !settings.address.starts_with("https://") {
            return Err(BankidError::Address);
        }
        let why = |error: reqwest::Error| chain(&error);
        let mut pem = settings.certificate.clone();
        pem.push(b'\n');
        pem.extend_from_slice(&settings.key);
        let identity = Identity::from_pem(&pem).map_err(|error| BankidError::Identity(why(error)))?;
        let authorities = Certificate::from_pem_bundle(&settings.authority)
            .map_err(|error| BankidError::Authority(why(error)))?;
        if authorities.is_empty() {
            return Err(BankidError::Authority("it holds no certificate".to_owned()));
        }
        // Only BankID's own authority is believed, no other that the machine knows; and nobody stands between.
        let http = Client::builder()
            .user_agent(concat!("skolhus/", env!("CARGO_PKG_VERSION")))
            .tls_certs_only(authorities)
            .identity(identity)
            .https_only(true)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(settings.patience)
            .timeout(settings.patience)
            .pool_max_idle_per_host(4)
            .build()
            .map_err(|error| BankidError::Identity(why(error)))?;
        Ok(Self { http, settings })
    }

    /// Begins a login.
    pub(super) async fn auth(&self, auth: &Auth<'_>) -> Result<Started, Trouble> {
        self.call("auth", auth).await
    }

    /// Asks how an order goes.
    pub(super) async fn collect(&self, order_ref: &str) -> Result<Collected, Trouble> {
        let CollectAnswer { status, hint_code, completion_data } =
            self.call("collect", &Order { order_ref }).await?;
        match (status.as_str(), completion_data) {
            ("pending", _) => Ok(Collected::Pending(hint_code)),
            ("failed", _) => Ok(Collected::Failed(hint_code)),
            ("complete", Some(completion)) => Ok(Collected::Complete(completion)),
            _ => Err(Trouble::Unreadable),
        }
    }

    /// Takes an order back.
    pub(super) async fn cancel(&self, order_ref: &str) -> Result<(), Trouble> {
        self.call::<serde_json::Value>("cancel", &Order { order_ref }).await.map(drop)
    }

    async fn call<T: DeserializeOwned>(&self, what: &str, body: &impl Serialize) -> Result<T, Trouble> {
        let address = format!("{}/{what}", self.settings.address.trim_end_matches('/'));
        let away = |error: reqwest::Error| Trouble::Away(chain(&error.without_url()));
        let answer = self.http.post(address).json(body).send().await.map_err(away)?;
        let (status, retry_after) = (answer.status(), retry_after(answer.headers()));
        let bytes = whole(answer).await?;
        if status.is_success() {
            return serde_json::from_slice(&bytes).map_err(|_| Trouble::Unreadable);
        }
        let word = serde_json::from_slice(&bytes)
            .map_or_else(|_| String::new(), |ErrorAnswer { error_code }| error_code);
        // It stands in the log.
        let word = word.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
        Err(Trouble::Refused { status: status.as_u16(), word, retry_after })
    }
}

async fn whole(mut answer: Response) -> Result<Vec<u8>, Trouble> {
    let mut bytes = Vec::new();
    while let Some(chunk) =
        answer.chunk().await.map_err(|error| Trouble::Away(chain(&error.without_url())))?
    {
        if bytes.len() + chunk.len() > LARGEST_ANSWER {
            return Err(Trouble::Unreadable);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// When to come again, as the answer says it; ten minutes at the most.
fn retry_after(headers: &HeaderMap) -> Option<u32> {
    ["retry-after", "ratelimit-reset"].into_iter().find_map(|name| {
        let seconds: u32 = headers.get(name)?.to_str().ok()?.trim().parse().ok()?;
        Some(seconds.clamp(1, 600))
    })
}

/// An error with what is behind it, which is where the reason stands.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl Trouble {
    /// Whether BankID knows the order no more, or never did.
    pub(super) fn is_of_unknown_order(&self) -> bool {
        matches!(self, Self::Refused { word, .. } if matches!(word.as_str(), "notFound" | "invalidParameters"))
    }

    /// What the caller is told. What the operator must know is in the log.
    pub(super) fn problem(&self, what: &str, request: Uuid) -> Problem {
        let unavailable = |seconds| Problem::new(Code::BankidUnavailable).retry_after(seconds);
        match self {
            Self::Away(cause) => {
                tracing::warn!(%request, what, cause, "BankID did not answer");
                unavailable(SOON)
            }
            Self::Unreadable => {
                tracing::warn!(%request, what, "BankID gave an answer that cannot be read");
                unavailable(SOON)
            }
            Self::Refused { status, word, retry_after } => match (*status, word.as_str()) {
                (_, "alreadyInProgress") => Problem::new(Code::BankidInProgress),
                (429, _) | (_, "tooManyRequests") => {
                    tracing::warn!(%request, what, status, word, "BankID is asked too often");
                    unavailable(retry_after.unwrap_or(SOON))
                }
                (503, _) | (_, "maintenance" | "Maintenance") => {
                    tracing::warn!(%request, what, status, word, "BankID is closed for maintenance");
                    unavailable(retry_after.unwrap_or(LATER))
                }
                (408 | 500..=599, _) => {
                    tracing::warn!(%request, what, status, word, "BankID failed");
                    unavailable(retry_after.unwrap_or(SOON))
                }
                // Not what the caller did: our agreement, our certificate, or a mistake in the program.
                _ => {
                    tracing::error!(%request, what, status, word, "BankID refuses this installation");
                    unavailable(LATER)
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, word: &str, retry_after: Option<u32>) -> Trouble {
        Trouble::Refused { status, word: word.to_owned(), retry_after }
    }

    #[test]
    fn each_refusal_is_a_problem_with_a_time() {
        let code = |trouble: &Trouble| trouble.problem("collect", Uuid::nil()).code();
        assert_eq!(code(&refused(400, "alreadyInProgress", None)), Code::BankidInProgress);
        for (status, word) in [
            (400, "invalidParameters"),
            (401, "unauthorized"),
            (403, ""),
            (404, "notFound"),
            (408, "requestTimeout"),
            (429, "tooManyRequests"),
            (500, "internalError"),
            (503, "maintenance"),
        ] {
            assert_eq!(code(&refused(status, word, None)), Code::BankidUnavailable, "{status} {word}");
        }
        assert_eq!(code(&Trouble::Away("timeout".to_owned())), Code::BankidUnavailable);
        assert_eq!(code(&Trouble::Unreadable), Code::BankidUnavailable);
        assert!(refused(404, "notFound", None).is_of_unknown_order());
        assert!(!refused(503, "maintenance", None).is_of_unknown_order());
    }

    #[test]
    fn bankid_says_when_to_come_again() {
        let after = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(after("retry-after", "30"), Some(30));
        assert_eq!(after("ratelimit-reset", "0"), Some(1));
        assert_eq!(after("retry-after", "86400"), Some(600));
        assert_eq!(after("retry-after", "Sat, 28 Nov 2026 06:00:00 GMT"), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
