//! A notice of absence as the interface shows it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use skolhus_domain::{
    attendance::{AbsenceNotice, NoticeState},
    id::Id,
};
use skolhus_persistence::{Saved, attendance::absence_notice::NoticeView};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    enrolment::ListedName,
    http::words::{codes, words},
};

words! {
    /// What a notice says: there was unauthorised absence, or, corrected, there was none after all.
    NoticeStateWord("AbsenceNoticeState") = codes!(NoticeState);
}

/// What the caller was told of a day of a pupil.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AbsenceNotice)]
pub struct AbsenceNoticeDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000351")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was written.
    #[schema(example = "2026-08-18T07:05:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-18T07:05:00Z")]
    pub modified_at: DateTime<Utc>,
    /// Of whom.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Their name.
    pub name: ListedName,
    /// Of which day.
    #[schema(example = "2026-08-18")]
    pub day: NaiveDate,
    /// What it says.
    #[schema(value_type = NoticeStateWord, example = "told")]
    pub state: &'static str,
    /// When it was corrected.
    #[schema(required, example = "2026-08-18T11:00:00Z")]
    pub corrected_at: Option<DateTime<Utc>>,
    /// When the caller said that they have read it, as it stands now.
    #[schema(required, example = "2026-08-18T15:30:00Z")]
    pub receipt_at: Option<DateTime<Utc>>,
}

impl AbsenceNoticeDocument {
    /// The document of a notice.
    #[must_use]
    pub fn of(view: &NoticeView) -> Self {
        let NoticeView { saved, name } = view;
        let Saved { id, version, created_at, modified_at, value } = saved;
        let AbsenceNotice { person, day, to: _, corrected_at, receipt_at } = value;
        Self {
            id: id.uuid(),
            version: *version,
            created_at: *created_at,
            modified_at: *modified_at,
            person_id: person.uuid(),
            name: ListedName::of(name),
            day: *day,
            state: value.state().code(),
            corrected_at: *corrected_at,
            receipt_at: *receipt_at,
        }
    }
}
