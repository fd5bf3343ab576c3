//! An integrator's client as the interface shows it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::{
    access::{ClientField, Permission},
    id::{ClientId, Id},
    identity::Client,
};
use skolhus_persistence::Saved;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::words::{codes, words};

words! {
    /// A permission that an integrator's client can be given: reading only.
    ClientScopeWord("ClientScope") = Permission::client_scopes().map(Permission::code).collect();
    /// What a client may be shown about persons besides their names: `identity-number` for their identity numbers and what
    /// other systems call them where `contact` is there too, `contact` for telephone numbers, e-mail addresses, date of birth
    /// and legal sex. Never of persons with protected personal data, and nobody is found by them.
    ClientFieldWord("ClientField") = codes!(ClientField);
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
    /// What it is shown about persons besides their names.
    #[schema(value_type = Vec<ClientFieldWord>, example = json!(["contact"]))]
    pub fields: Vec<String>,
    /// The school units it is limited to; empty for the whole organiser.
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-0000000000a1"]))]
    pub school_unit_ids: Vec<Uuid>,
    /// The school types that it is limited to, as codes of SS 12000: to the units that have one of them. Empty for all.
    #[schema(example = json!(["FHS"]))]
    pub school_types: Vec<String>,
    /// The networks that it may call from, in CIDR notation; empty for anywhere.
    #[schema(example = json!(["192.0.2.0/24", "2001:db8::/32"]))]
    pub allowed_networks: Vec<String>,
    /// Whether it shows who it is with its keys and certificates alone, and has no secret.
    #[schema(example = false)]
    pub keys_only: bool,
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
        let Client {
            name,
            scopes,
            fields,
            school_units,
            school_types,
            allowed_networks,
            keys_only,
            expires_at,
            disabled_at,
        } = value;
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            name: name.into_string(),
            scopes: scopes.iter().map(|scope| scope.code().to_owned()).collect(),
            fields: fields.iter().map(|field| field.code().to_owned()).collect(),
            school_unit_ids: school_units.into_iter().map(Id::uuid).collect(),
            school_types: school_types.iter().map(|code| code.as_str().to_owned()).collect(),
            allowed_networks: allowed_networks.iter().map(ToString::to_string).collect(),
            keys_only,
            expires_at,
            disabled: disabled_at.is_some(),
            disabled_at,
        }
    }
}
