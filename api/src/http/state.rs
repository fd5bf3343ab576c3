//! What every operation shares.

use std::sync::Arc;

use skolhus_domain::instant::{Clock, IdSource, Randomness};
use skolhus_persistence::Database;
use uuid::Uuid;

use crate::{
    change::Policy,
    identity::{alarm::Watch, keyring::Keyring, logins::Logins, oidc::Providers, token_issuer::Issuers},
    integration::Workshop,
    message::Messenger,
};

/// The program's parts, handed to each operation.
pub struct State {
    /// The database.
    pub database: Database,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Fresh ids.
    pub ids: Arc<dyn IdSource>,
    /// Chance.
    pub randomness: Arc<dyn Randomness>,
    /// The keys for tokens.
    pub keyring: Arc<Keyring>,
    /// Where jobs' files lie, and how their worker is woken.
    pub jobs: Arc<Workshop>,
    /// How logins go.
    pub logins: Arc<Logins>,
    /// What is watched for signs of misuse.
    pub watch: Watch,
    /// The address under which callers reach the server, without a slash at its end; may be empty.
    pub base_url: String,
    /// How text messages are sent.
    pub messages: Messenger,
    /// How identity providers and issuers of tokens are asked.
    pub providers: Providers,
    /// Whose tokens besides our own are accepted.
    pub issuers: Issuers,
    /// What is allowed for webhooks.
    pub webhooks: Policy,
}

impl State {
    /// A fresh id.
    #[must_use]
    pub fn fresh<T: skolhus_domain::id::Id>(&self) -> T {
        T::from_uuid(self.ids.fresh())
    }

    /// A fresh raw id, for requests.
    #[must_use]
    pub fn fresh_uuid(&self) -> Uuid {
        self.ids.fresh()
    }
}
