//! An integrator's client as the interface shows it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::{
    access::Permission,
    id::{ClientId, Id},
    identity::Client,
};
use skolhus_persistence::Saved;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::words::words;

words! {
    /// A permission that an integrator's client can be given: reading only.
    ClientScopeWord("ClientScope") = Permission::client_scopes().map(Permission::code).collect();
}

/// An integrator's client.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Client)]
pub struct ClientDocument {
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
    /// What people call it.
    #[schema(example = "Schemaläggaren")]
    pub name: String,
    /// What it may read.
    #[schema(value_type = Vec<ClientScopeWord>, example = json!(["person:read", "course:read"]))]
    pub scopes: Vec<String>,
    /// The school units it is limited to; empty for the whole organiser.
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-0000000000a1"]))]
    pub school_unit_ids: Vec<Uuid>,
    /// From when on it is refused; null for never.
    #[schema(required, example = "2027-07-01T00:00:00Z")]
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether it is refused.
    #[schema(example = false)]
    pub disabled: bool,
    /// Since when.
    #[schema(required, example = json!(null))]
    pub disabled_at: Option<DateTime<Utc>>,
}

impl ClientDocument {
    /// The document of what is saved.
    #[must_use]
    pub fn of(saved: Saved<ClientId, Client>) -> Self {
        let Saved { id, version, created_at, modified_at, value } = saved;
        let Client { name, scopes, school_units, expires_at, disabled_at } = value;
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            name: name.into_string(),
            scopes: scopes.iter().map(|scope| scope.code().to_owned()).collect(),
            school_unit_ids: school_units.into_iter().map(Id::uuid).collect(),
            expires_at,
            disabled: disabled_at.is_some(),
            disabled_at,
        }
    }
}
