//! An exemption as the interface shows it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::id::Id;
use skolhus_persistence::attendance::exemption::ExemptionView;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::enrolment::ListedName;

/// Somebody who is not expected in a lesson, though they take part in its offering.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AttendanceExemption)]
pub struct ExemptionDocument {
    /// The exemption.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000391")]
    pub id: Uuid,
    /// From which lesson.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000311")]
    pub lesson_id: Uuid,
    /// Who.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Their name, of a protected person the name that their handling plan shows.
    pub name: ListedName,
    /// Why.
    #[schema(example = "Övar med kören till avslutningen.", min_length = 1, max_length = 500)]
    pub reason: String,
    /// Its version, as in the `ETag` of its own address.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was first entered.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub modified_at: DateTime<Utc>,
}

impl ExemptionDocument {
    /// An exemption.
    pub fn of(view: &ExemptionView) -> Self {
        let ExemptionView { id, version, created_at, modified_at, exemption, name } = view;
        Self {
            id: id.uuid(),
            lesson_id: exemption.lesson.uuid(),
            person_id: exemption.person.uuid(),
            name: ListedName::of(name),
            reason: exemption.reason.as_str().to_owned(),
            version: *version,
            created_at: *created_at,
            modified_at: *modified_at,
        }
    }
}
