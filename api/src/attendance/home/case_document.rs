//! A case of absence as the interface shows it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use skolhus_domain::{
    attendance::{AbsenceCase, CaseHow, CaseState, CaseStateCode, CaseWhy},
    id::Id,
};
use skolhus_persistence::{Saved, attendance::absence_case::CaseView};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    enrolment::ListedName,
    http::words::{codes, words},
};

words! {
    /// Why a person and no notice tells those at home: the pupil is protected, the register knows nobody who may be told, or those at home were told before that there was no absence.
    CaseWhyWord("AbsenceCaseWhy") = codes!(CaseWhy);
    /// Whether somebody has seen to it; it lapses where there was no unauthorised absence after all.
    CaseStateWord("AbsenceCaseState") = codes!(CaseStateCode);
    /// How somebody saw to it: those at home were told by other means, or there are special reasons (särskilda skäl) not to tell them the same day.
    CaseHowWord("AbsenceCaseEnding") = codes!(CaseHow);
}

/// A pupil's day of unauthorised absence of which a person at the school tells those at home.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AbsenceCase)]
pub struct AbsenceCaseDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000361")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it arose.
    #[schema(example = "2026-08-18T07:05:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-18T07:05:00Z")]
    pub modified_at: DateTime<Utc>,
    /// Of whom.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Their name, of a protected person the name that their handling plan shows.
    pub name: ListedName,
    /// Of which day. Those at home are told before it ends.
    #[schema(example = "2026-08-18")]
    pub day: NaiveDate,
    /// Why it is a case.
    #[schema(value_type = CaseWhyWord, example = "nobody-to-tell")]
    pub why: &'static str,
    /// Where it stands.
    #[schema(value_type = CaseStateWord, example = "open")]
    pub state: &'static str,
    /// How somebody saw to it.
    #[schema(required, value_type = Option<CaseHowWord>, example = "told-by-other-means")]
    pub ended_how: Option<&'static str>,
    /// Which account.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-000000000011")]
    pub ended_by_id: Option<Uuid>,
    /// When.
    #[schema(required, example = "2026-08-18T13:00:00Z")]
    pub ended_at: Option<DateTime<Utc>>,
    /// Whether the caller may end it.
    #[schema(example = true)]
    pub may_end: bool,
}

impl AbsenceCaseDocument {
    /// The document of a case.
    #[must_use]
    pub fn of(view: &CaseView) -> Self {
        let CaseView { saved, name, may_end } = view;
        let Saved { id, version, created_at, modified_at, value } = saved;
        let AbsenceCase { person, day, why, state } = value;
        let (ended_how, ended_by_id, ended_at) = match state {
            CaseState::Open | CaseState::Lapsed => (None, None, None),
            CaseState::Ended { how, by, at } => (Some(how.code()), by.map(Id::uuid), Some(*at)),
        };
        Self {
            id: id.uuid(),
            version: *version,
            created_at: *created_at,
            modified_at: *modified_at,
            person_id: person.uuid(),
            name: ListedName::of(name),
            day: *day,
            why: why.code(),
            state: state.code().code(),
            ended_how,
            ended_by_id,
            ended_at,
            may_end: *may_end && *state == CaseState::Open,
        }
    }
}
