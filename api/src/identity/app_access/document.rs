//! Access to the app as the interface shows it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::id::{AccountId, AppAccessId};
use skolhus_persistence::Saved;
use utoipa::ToSchema;

/// Whether an account may be logged in to with an app. On which devices somebody is logged in with one is
/// `GET /v1/me/sessions?clientKind=app`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AppAccess)]
pub struct AppAccessDocument {
    /// Whether it is switched on.
    #[schema(example = true)]
    pub is_on: bool,
    /// Since when.
    #[schema(required, example = "2026-08-17T06:10:00Z")]
    pub since: Option<DateTime<Utc>>,
}

impl AppAccessDocument {
    pub(super) fn of(saved: Option<&Saved<AppAccessId, AccountId>>) -> Self {
        Self { is_on: saved.is_some(), since: saved.map(|saved| saved.created_at) }
    }
}
