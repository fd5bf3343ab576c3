//! An organiser as the interface shows it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::{
    id::{Id, OrganiserId},
    organisation::Organiser,
};
use skolhus_persistence::Saved;
use utoipa::ToSchema;
use uuid::Uuid;

/// An organiser (huvudman): a municipality, region, association, foundation or company that runs schools.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Organiser)]
pub struct OrganiserDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000001")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was entered.
    #[schema(example = "2026-06-01T08:10:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-06-01T08:10:00Z")]
    pub modified_at: DateTime<Utc>,
    /// Its name.
    #[schema(example = "Väggarps folkhögskoleförening")]
    pub name: String,
    /// Its organisation number, where known.
    #[schema(example = "802400-0005")]
    pub organisation_number: Option<String>,
}

impl OrganiserDocument {
    /// The document of a saved organiser.
    #[must_use]
    pub fn of(saved: Saved<OrganiserId, Organiser>) -> Self {
        let Saved { id, version, created_at, modified_at, value } = saved;
        let Organiser { name, organisation_number } = value;
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            name: name.into_string(),
            organisation_number: organisation_number.map(|number| number.to_string()),
        }
    }
}
