//! The activity of an offering's day as the interface shows it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use skolhus_domain::id::Id;
use skolhus_persistence::attendance::activity::{ActivitySheet, InActivity};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::enrolment::ListedName;

/// Who was seen active in an offering on a day.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OfferingActivity)]
pub struct ActivityDocument {
    /// Of which offering.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub offering_id: Uuid,
    /// What it is called.
    #[schema(example = "Svenska på distans")]
    pub offering_title: String,
    /// Where.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Uuid,
    /// The day.
    #[schema(example = "2026-11-19")]
    pub date: NaiveDate,
    /// The day's version, as in the `ETag`; 0 where nobody has looked.
    #[schema(example = 1, minimum = 0)]
    pub version: i64,
    /// When it was saved last; null where nobody has.
    #[schema(required, example = "2026-11-19T14:00:00Z")]
    pub registered_at: Option<DateTime<Utc>>,
    /// By which account.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-000000000011")]
    pub registered_by_id: Option<Uuid>,
    /// Everybody who takes part on the day, and who has an entry although they no longer do; by name in Swedish order.
    pub participants: Vec<ActivityOfPerson>,
}

/// Somebody in the activity of a day.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActivityOfPerson {
    /// Who.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Their name, of a protected person the name that their handling plan shows.
    pub name: ListedName,
    /// Whether they take part in the offering on the day.
    #[schema(example = true)]
    pub is_expected: bool,
    /// Whether they were seen active; false: somebody looked and saw nothing; null: nobody has looked.
    #[schema(required, example = true)]
    pub is_active: Option<bool>,
}

impl ActivityDocument {
    /// The document of a day.
    #[must_use]
    pub fn of(sheet: &ActivitySheet) -> Self {
        let person = |of: &InActivity| ActivityOfPerson {
            person_id: of.person.uuid(),
            name: ListedName::of(&of.name),
            is_expected: of.is_expected,
            is_active: sheet.activity.seen.get(&of.person).copied(),
        };
        Self {
            offering_id: sheet.offering.uuid(),
            offering_title: sheet.offering_title.clone(),
            school_unit_id: sheet.school_unit.uuid(),
            date: sheet.day,
            version: sheet.version,
            registered_at: sheet.registered.map(|(at, _)| at),
            registered_by_id: sheet.registered.and_then(|(_, by)| by).map(Id::uuid),
            participants: sheet.persons.iter().map(person).collect(),
        }
    }
}
