//! A calendar feed as the interface shows it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::{
    id::{CalendarFeedId, Id},
    schedule::{CalendarFeed, CalendarSubject},
};
use skolhus_persistence::Saved;
use utoipa::ToSchema;
use uuid::Uuid;

/// A calendar feed (kalenderprenumeration): an address at which a calendar program reads the lessons of a person or a
/// group without logging in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CalendarFeed)]
pub struct CalendarFeedDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000331")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was made.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub modified_at: DateTime<Utc>,
    /// Of which person; null where it is of a group.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Option<Uuid>,
    /// Of which group; null where it is of a person.
    #[schema(required, example = json!(null))]
    pub group_id: Option<Uuid>,
    /// What it is called, here and in the calendar program.
    #[schema(example = "Elsas lektioner")]
    pub name: String,
    /// The secret address of the calendar, to be given to a calendar program; only in the answer that makes the feed, and
    /// never again. Whoever knows it reads the calendar.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        example = "https://skola.example/v1/calendars/Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE.ics"
    )]
    pub address: Option<String>,
}

impl CalendarFeedDocument {
    /// The document of a feed, without its address.
    #[must_use]
    pub fn of(saved: Saved<CalendarFeedId, CalendarFeed>) -> Self {
        let Saved { id, version, created_at, modified_at, value } = saved;
        let CalendarFeed { account: _, subject, name } = value;
        let (person_id, group_id) = match subject {
            CalendarSubject::Person(person) => (Some(person.uuid()), None),
            CalendarSubject::Group(group) => (None, Some(group.uuid())),
        };
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            person_id,
            group_id,
            name: name.into_string(),
            address: None,
        }
    }
}
