//! Asking identity providers and issuers: with bounds on time and size, and only where the public network is.

use std::{error::Error, sync::OnceLock};

use reqwest::{Client, RequestBuilder, Response, Url, redirect};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::{
    change::{Policy, PublicResolver},
    http::{catalogue::Code, problem::Problem},
};

/// The most that an answer may hold; descriptions and keys have some ten thousand bytes.
const LARGEST_ANSWER: usize = 256 * 1024;
/// When to come again after a failure: seconds.
const SOON: u32 = 5;

/// How somebody else is asked.
pub(super) struct Outside {
    policy: Policy,
    // Made when it is needed first: it reads the certificates of the system, and many an installation asks nobody.
    http: OnceLock<Option<Client>>,
}

/// What went wrong. It holds nothing that was sent, and no part of an answer but a word for why.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// No answer came in time, or at all; why, for the log.
    Away(String),
    /// It is no answer that can be used.
    Unreadable(&'static str),
    /// A refusal, with the word for why (RFC 6749, 5.2).
    Refused {
        /// The status.
        status: u16,
        /// The word.
        word: String,
    },
    /// It was asked a moment ago, and did not answer then.
    AskedLately,
}

impl Outside {
    pub(super) fn new(policy: Policy) -> Self {
        Self { policy, http: OnceLock::new() }
    }

    /// Which addresses may be asked.
    pub(super) fn policy(&self) -> Policy {
        self.policy
    }

    /// An address that may be asked, as far as it can be told without the network.
    pub(super) fn checked(&self, address: &str) -> Result<Url, Trouble> {
        self.policy.check(address).map_err(|_| Trouble::Unreadable("an address may not be asked"))
    }

    /// The client for everybody: it follows no redirect and knows no proxy, so that the address that was checked is the one
    /// that is reached.
    fn http(&self) -> Result<&Client, Trouble> {
        let made = self.http.get_or_init(|| {
            let made = Client::builder()
                .user_agent(concat!("skolhus/", env!("CARGO_PKG_VERSION")))
                .redirect(redirect::Policy::none())
                .no_proxy()
                .dns_resolver(PublicResolver(self.policy))
                .connect_timeout(self.policy.timeout)
                .timeout(self.policy.timeout)
                .pool_max_idle_per_host(2)
                .build();
            made.inspect_err(
                |error| tracing::error!(%error, "the client for identity providers cannot be made"),
            )
            .ok()
        });
        made.as_ref().ok_or_else(|| Trouble::Away("there is no client".to_owned()))
    }

    /// Reads a document.
    pub(super) async fn get<T: DeserializeOwned>(&self, address: &str) -> Result<T, Trouble> {
        let request = self.http()?.get(self.checked(address)?);
        self.read(request.header("accept", "application/json")).await
    }

    /// Sends a form, with a name and a password if there are any.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        address: &str,
        form: &[(&str, &str)],
        basic: Option<(&str, &str)>,
    ) -> Result<T, Trouble> {
        let body = serde_urlencoded::to_string(form)
            .map_err(|_| Trouble::Unreadable("the form cannot be written"))?;
        let request = self.http()?.post(self.checked(address)?);
        let request = request
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        self.read(match basic {
            Some((name, password)) => request.basic_auth(name, Some(password)),
            None => request,
        })
        .await
    }

    async fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Trouble> {
        let answer = request.send().await.map_err(away)?;
        let status = answer.status();
        let bytes = whole(answer).await?;
        if status.is_success() {
            return serde_json::from_slice(&bytes).map_err(|_| Trouble::Unreadable("it is no such document"));
        }
        #[derive(serde::Deserialize)]
        struct Refusal {
            error: String,
        }
        let word = serde_json::from_slice(&bytes).map_or_else(|_| String::new(), |Refusal { error }| error);
        // It stands in the log.
        let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '_';
        let word = word.chars().filter(is_plain).take(40).collect();
        Err(Trouble::Refused { status: status.as_u16(), word })
    }
}

async fn whole(mut answer: Response) -> Result<Vec<u8>, Trouble> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(away)? {
        if bytes.len() + chunk.len() > LARGEST_ANSWER {
            return Err(Trouble::Unreadable("it is too large"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The address is ours to know and may hold what is nobody's business.
fn away(error: reqwest::Error) -> Trouble {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    Trouble::Away(text)
}

impl Trouble {
    /// What the caller is told. What the operator must know is in the log.
    pub(crate) fn problem(&self, what: &'static str, request: Uuid) -> Problem {
        match self {
            Self::Away(cause) => tracing::warn!(%request, what, cause, "an identity provider did not answer"),
            Self::AskedLately => {
                tracing::debug!(%request, what, "an identity provider did not answer a moment ago")
            }
            Self::Unreadable(why) => {
                tracing::warn!(%request, what, why, "an identity provider gave an answer that cannot be used");
            }
            // Not what the caller did: what was registered here, or there, or a mistake in the program.
            Self::Refused { status, word } => {
                tracing::error!(%request, what, status, word, "an identity provider refuses this installation");
            }
        }
        Problem::new(Code::OidcUnavailable).retry_after(SOON)
    }
}
