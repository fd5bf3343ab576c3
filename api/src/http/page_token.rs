//! Page tokens: encrypted, bound to the operation and the organiser. They carry the
//! sorting and the filters of the walk, and no authority.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::id::{Id, OrganiserId};
use skolhus_persistence::Cursor;
use uuid::Uuid;

use super::{catalogue::Code, problem::Problem};
use crate::identity::keyring::Keyring;

/// What a token says.
#[derive(Serialize, Deserialize)]
pub(crate) struct Walk {
    /// The query parameters of the first page, without `pageToken` and `limit`.
    pub(crate) query: Vec<(String, String)>,
    /// The sort value of the last row seen.
    pub(crate) key: String,
    /// The last row seen.
    pub(crate) id: Uuid,
    /// What the first page said about how far the walk reaches.
    #[serde(default)]
    pub(crate) as_of: Option<DateTime<Utc>>,
}

impl Walk {
    pub(crate) fn cursor(&self) -> Cursor {
        Cursor { key: self.key.clone(), id: self.id }
    }

    pub(crate) fn seal(
        &self,
        keyring: &Keyring,
        operation: &str,
        organiser: OrganiserId,
    ) -> Result<String, Problem> {
        let text = serde_json::to_vec(self).map_err(|_| Problem::new(Code::Internal))?;
        keyring.seal_page(&text, &binding(operation, organiser)).ok_or_else(|| Problem::new(Code::Internal))
    }

    pub(crate) fn open(
        token: &str,
        keyring: &Keyring,
        operation: &str,
        organiser: OrganiserId,
    ) -> Result<Self, Problem> {
        let refused = || Problem::new(Code::PageToken);
        let text = keyring.open_page(token, &binding(operation, organiser)).ok_or_else(refused)?;
        serde_json::from_slice(&text).map_err(|_| refused())
    }
}

/// A token opens only where the same binding is presented.
fn binding(operation: &str, organiser: OrganiserId) -> Vec<u8> {
    format!("{operation}\n{}", organiser.uuid()).into_bytes()
}
