//! A membership as the interface shows it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::id::Id;
use skolhus_persistence::{Saved, group::membership::NamedMembership};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{enrolment::ListedName, http::period::PeriodDocument};

/// A person in a group, for a period.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GroupMembership)]
pub struct MembershipDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000072")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was entered.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub modified_at: DateTime<Utc>,
    /// Who.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// The person's name; to the teachers of somebody with protected identity the name that the handling plan shows.
    pub person_name: ListedName,
    /// In which group.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000071")]
    pub group_id: Uuid,
    /// The days of it; without a last day as long as the group exists.
    pub period: PeriodDocument,
}

impl MembershipDocument {
    /// The document of a membership.
    #[must_use]
    pub fn of(named: NamedMembership) -> Self {
        let NamedMembership { saved: Saved { id, version, created_at, modified_at, value }, name } = named;
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            person_id: value.person.uuid(),
            person_name: ListedName::of(&name),
            group_id: value.group.uuid(),
            period: PeriodDocument::of(value.period),
        }
    }
}
