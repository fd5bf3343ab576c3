//! A term as the interface shows and takes it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use skolhus_domain::{
    access::Scope,
    id::{Id, TermId},
    organisation::{DayOff, NewTerm, SchoolYear, Term, TermKind, term_days},
};
use skolhus_persistence::{DatabaseConnection, Saved, organisation::day_off};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::problem::Problem;

/// Which of the year's terms.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = TermKind)]
pub enum TermKindCode {
    /// Hösttermin: begins in July to December.
    #[serde(rename = "ht")]
    Autumn,
    /// Vårtermin: ends in January to July.
    #[serde(rename = "vt")]
    Spring,
    /// Sommartermin: begins in May to August.
    #[serde(rename = "sommar")]
    Summer,
}

impl From<TermKind> for TermKindCode {
    fn from(kind: TermKind) -> Self {
        match kind {
            TermKind::Autumn => Self::Autumn,
            TermKind::Spring => Self::Spring,
            TermKind::Summer => Self::Summer,
        }
    }
}

impl From<TermKindCode> for TermKind {
    fn from(code: TermKindCode) -> Self {
        match code {
            TermKindCode::Autumn => Self::Autumn,
            TermKindCode::Spring => Self::Spring,
            TermKindCode::Summer => Self::Summer,
        }
    }
}

/// A term (termin).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Term)]
pub struct TermDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
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
    /// The school unit whose term it is; null for a term of the whole organiser.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Option<Uuid>,
    /// Autumn, spring or summer.
    #[schema(example = "ht")]
    pub kind: TermKindCode,
    /// What people call it.
    #[schema(example = "HT 2026")]
    pub name: String,
    /// The first day.
    #[schema(example = "2026-08-17")]
    pub first_day: NaiveDate,
    /// The last day.
    #[schema(example = "2026-12-18")]
    pub last_day: NaiveDate,
    /// The school year (läsår) that its kind and days place it in.
    #[schema(example = "2026/27")]
    pub school_year: String,
    /// How many school days it has: Monday to Friday, without its days off. Days off are entered
    /// apart, so this number can change while the version stays.
    #[schema(example = 84, minimum = 0, maximum = 366)]
    pub term_days: usize,
}

impl TermDocument {
    /// The document of a saved term, with its days off.
    #[must_use]
    pub fn of(saved: Saved<TermId, Term>, days_off: &[DayOff]) -> Self {
        let Saved { id, version, created_at, modified_at, value } = saved;
        let (first_day, last_day) = (value.first_day(), value.last_day());
        let school_year = value.school_year().to_string();
        let term_days = term_days(&value, days_off);
        let Term { school_unit, kind, period: _, name } = value;
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            school_unit_id: school_unit.map(Id::uuid),
            kind: kind.into(),
            name: name.into_string(),
            first_day,
            last_day,
            school_year,
            term_days,
        }
    }

    /// The documents of saved terms: one statement finds the days off of all of them.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn of_all(
        connection: &mut DatabaseConnection,
        scope: &Scope,
        saved: Vec<Saved<TermId, Term>>,
    ) -> Result<Vec<Self>, Problem> {
        if saved.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<TermId> = saved.iter().map(|term| term.id).collect();
        let mut off: Vec<(TermId, Vec<DayOff>)> = ids.into_iter().map(|id| (id, Vec::new())).collect();
        off.sort_unstable_by_key(|(id, _)| *id);
        let ids: Vec<TermId> = off.iter().map(|(id, _)| *id).collect();
        for found in day_off::of_terms(connection, scope, &ids)? {
            if let Ok(place) = ids.binary_search(&found.value.term)
                && let Some((_, days)) = off.get_mut(place)
            {
                days.push(found.value);
            }
        }
        let documents = saved.into_iter().map(|term| {
            let days = ids.binary_search(&term.id).ok().and_then(|place| off.get(place));
            Self::of(term, days.map_or(&[], |(_, days)| days.as_slice()))
        });
        Ok(documents.collect())
    }

    /// The document of one saved term.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn of_one(
        connection: &mut DatabaseConnection,
        scope: &Scope,
        saved: Saved<TermId, Term>,
    ) -> Result<Self, Problem> {
        let days = day_off::of_terms(connection, scope, &[saved.id])?;
        let days: Vec<DayOff> = days.into_iter().map(|day| day.value).collect();
        Ok(Self::of(saved, &days))
    }
}

/// A school year as it is shown, in a query.
#[derive(Clone, Copy, Debug)]
pub struct SchoolYearParameter(pub SchoolYear);

impl<'de> Deserialize<'de> for SchoolYearParameter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        SchoolYear::new(&text).map(Self).map_err(|refusal| serde::de::Error::custom(refusal.detail))
    }
}

/// The fields of a term that people decide, all of them.
pub(crate) struct Fields {
    pub(crate) school_unit_id: Option<Uuid>,
    pub(crate) kind: TermKindCode,
    pub(crate) name: String,
    pub(crate) first_day: NaiveDate,
    pub(crate) last_day: NaiveDate,
}

impl Fields {
    /// Checks their meaning.
    pub(crate) fn validate(&self) -> Result<Term, Problem> {
        let Self { school_unit_id, kind, name, first_day, last_day } = self;
        let raw = NewTerm {
            school_unit: school_unit_id.map(Id::from_uuid),
            kind: TermKind::from(*kind).code(),
            first_day: *first_day,
            last_day: *last_day,
            name,
        };
        raw.validate().map_err(Problem::from)
    }
}
