//! A day off as the interface shows and takes it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    id::{DayOffId, Id, TermId},
    organisation::{DayOff, DayOffKind, NewDayOff, Term},
};
use skolhus_persistence::Saved;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::problem::Problem;

/// Why there is no school.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = DayOffKind)]
pub enum DayOffKindCode {
    /// Lov, and public holidays within the term.
    #[serde(rename = "holiday")]
    Holiday,
    /// Studiedag: staff work, pupils are free.
    #[serde(rename = "study-day")]
    StudyDay,
    /// Anything else.
    #[serde(rename = "other")]
    Other,
}

impl From<DayOffKind> for DayOffKindCode {
    fn from(kind: DayOffKind) -> Self {
        match kind {
            DayOffKind::Holiday => Self::Holiday,
            DayOffKind::StudyDay => Self::StudyDay,
            DayOffKind::Other => Self::Other,
        }
    }
}

impl From<DayOffKindCode> for DayOffKind {
    fn from(code: DayOffKindCode) -> Self {
        match code {
            DayOffKindCode::Holiday => Self::Holiday,
            DayOffKindCode::StudyDay => Self::StudyDay,
            DayOffKindCode::Other => Self::Other,
        }
    }
}

/// One or more days of a term without school (lov, studiedag).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DayOff)]
pub struct DayOffDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d7")]
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
    /// The term within which it lies.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub term_id: Uuid,
    /// Why there is no school.
    #[schema(example = "holiday")]
    pub kind: DayOffKindCode,
    /// What people call it.
    #[schema(example = "Höstlov")]
    pub name: String,
    /// The first day.
    #[schema(example = "2026-10-26")]
    pub first_day: NaiveDate,
    /// The last day; the same as the first for a single day.
    #[schema(example = "2026-10-30")]
    pub last_day: NaiveDate,
}

impl DayOffDocument {
    /// The document of a saved day off.
    #[must_use]
    pub fn of(saved: Saved<DayOffId, DayOff>) -> Self {
        let Saved { id, version, created_at, modified_at, value } = saved;
        let DayOff { term, kind, period, name } = value;
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            term_id: term.uuid(),
            kind: kind.into(),
            name: name.into_string(),
            first_day: period.from(),
            // A day off always has a last day.
            last_day: period.to().unwrap_or(period.from()),
        }
    }
}

/// The fields of a day off that people decide, all of them.
pub(crate) struct Fields {
    pub(crate) kind: DayOffKindCode,
    pub(crate) name: String,
    pub(crate) first_day: NaiveDate,
    pub(crate) last_day: NaiveDate,
}

impl Fields {
    /// Checks their meaning within a term.
    pub(crate) fn validate(&self, id: TermId, term: &Term) -> Result<DayOff, Problem> {
        let Self { kind, name, first_day, last_day } = self;
        let raw = NewDayOff {
            term: id,
            kind: DayOffKind::from(*kind).code(),
            first_day: *first_day,
            last_day: *last_day,
            name,
        };
        raw.validate(term).map_err(Problem::from)
    }
}
