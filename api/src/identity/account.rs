//! An account as the interface shows it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::{
    id::{AccountId, Id},
    identity::Account,
};
use skolhus_persistence::Saved;
use utoipa::ToSchema;
use uuid::Uuid;

/// An account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Account)]
pub struct AccountDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was entered.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T06:10:04Z")]
    pub modified_at: DateTime<Utc>,
    /// What it logs in with.
    #[schema(example = "asa.oberg@exempel.se")]
    pub email: String,
    /// The person of the register behind it, if any.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-000000000101")]
    pub person_id: Option<Uuid>,
    /// Whether nobody can log in with it.
    #[schema(example = false)]
    pub disabled: bool,
    /// Since when.
    #[schema(required, example = json!(null))]
    pub disabled_at: Option<DateTime<Utc>>,
}

impl AccountDocument {
    /// The document of what is saved.
    #[must_use]
    pub fn of(saved: Saved<AccountId, Account>) -> Self {
        let Saved { id, version, created_at, modified_at, value } = saved;
        let Account { person, email, disabled_at } = value;
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            email: email.as_str().to_owned(),
            person_id: person.map(Id::uuid),
            disabled: disabled_at.is_some(),
            disabled_at,
        }
    }
}
