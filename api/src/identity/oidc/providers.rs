//! What providers and issuers publish, and what they give for a code.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use skolhus_domain::identity::IdentityProvider;

use super::{
    discovery::{ClientAuthentication, Metadata},
    key_set::{Head, KeySet},
    outside::{Outside, Trouble},
    shelf::Shelf,
};
use crate::change::Policy;

/// How identity providers and issuers of tokens are asked, and what was read from them.
pub struct Providers {
    outside: Outside,
    metadata: Shelf<Metadata>,
    key_sets: Shelf<KeySet>,
}

/// A code that a browser has brought, and what goes with it.
pub(super) struct Exchange<'a> {
    pub(super) code: &'a str,
    pub(super) redirect_address: &'a str,
    pub(super) code_verifier: &'a str,
    /// What the provider has given us; none where it has not.
    pub(super) secret: Option<&'a str>,
}

/// What a provider gives for a code.
#[derive(Deserialize)]
pub(super) struct Tokens {
    pub(super) id_token: String,
    pub(super) access_token: Option<String>,
}

impl Providers {
    /// With these addresses allowed.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self { outside: Outside::new(policy), metadata: Shelf::new(), key_sets: Shelf::new() }
    }

    /// Which addresses may be asked.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.outside.policy()
    }

    /// What a provider says of itself.
    pub(super) async fn metadata(&self, issuer: &str, now: DateTime<Utc>) -> Result<Arc<Metadata>, Trouble> {
        self.metadata.get(issuer, now, |_| true, || Metadata::read(&self.outside, issuer)).await
    }

    /// The keys at an address; with the one that is looked for, if there is such a one.
    pub(crate) async fn keys(
        &self,
        address: &str,
        wanted: Option<&Head>,
        now: DateTime<Utc>,
    ) -> Result<Arc<KeySet>, Trouble> {
        let has = |keys: &KeySet| wanted.is_none_or(|head| keys.has(head));
        let read = || async { Ok::<_, Trouble>(KeySet::of(self.outside.get(address).await?)) };
        self.key_sets.get(address, now, has, read).await
    }

    /// What a provider gives for a code, once.
    pub(super) async fn exchange(
        &self,
        provider: &IdentityProvider,
        metadata: &Metadata,
        exchange: &Exchange<'_>,
    ) -> Result<Tokens, Trouble> {
        let Exchange { code, redirect_address, code_verifier, secret } = exchange;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", *code),
            ("redirect_uri", *redirect_address),
            ("code_verifier", *code_verifier),
        ];
        let client_id = provider.client_id.as_str();
        let basic = match (secret, metadata.authentication) {
            (Some(secret), ClientAuthentication::Basic) => Some((encoded(client_id), encoded(secret))),
            (Some(secret), ClientAuthentication::Post) => {
                form.extend([("client_id", client_id), ("client_secret", *secret)]);
                None
            }
            (None, _) => {
                form.push(("client_id", client_id));
                None
            }
        };
        let basic = basic.as_ref().map(|(name, password)| (name.as_str(), password.as_str()));
        self.outside.post(&metadata.token_endpoint, &form, basic).await
    }
}

/// As RFC 6749, 2.3.1 has it in the header.
fn encoded(text: &str) -> String {
    let pair = serde_urlencoded::to_string([("", text)]).unwrap_or_default();
    pair.trim_start_matches('=').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_secrets_are_written_for_the_header() {
        assert_eq!(encoded("skolhus"), "skolhus");
        assert_eq!(encoded("=a:b c+d%"), "%3Da%3Ab+c%2Bd%25");
    }
}
