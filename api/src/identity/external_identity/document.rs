//! An external identity as the interface shows it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::id::Id;
use skolhus_persistence::identity::external_identity::SavedIdentity;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::create_session::LevelName;

/// What an identity provider calls the owner of an account (extern identitet).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExternalIdentity)]
pub struct ExternalIdentityDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000b7")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was bound.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub modified_at: DateTime<Utc>,
    /// The provider.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000b4")]
    pub identity_provider_id: Uuid,
    /// What it calls somebody (`sub`).
    #[schema(example = "248289761001")]
    pub subject: String,
    /// Whose account it is.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub account_id: Uuid,
    /// How surely whoever bound it was known: a login is worth no more.
    #[schema(example = "substantial")]
    pub level: LevelName,
}

impl ExternalIdentityDocument {
    /// The document of what is saved.
    #[must_use]
    pub fn of(saved: SavedIdentity) -> Self {
        Self {
            id: saved.id.uuid(),
            version: saved.version,
            created_at: saved.created_at,
            modified_at: saved.modified_at,
            identity_provider_id: saved.value.provider.uuid(),
            subject: saved.value.subject,
            account_id: saved.value.account.uuid(),
            level: saved.value.level.into(),
        }
    }
}
