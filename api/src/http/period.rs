//! Periods of days, as the interface writes them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use skolhus_domain::period::Period;
use utoipa::ToSchema;
use validator::Validate;

/// From a first to a last day, both included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = Period)]
pub struct PeriodDocument {
    /// The first day, 1900-01-01 to 2199-12-31.
    #[schema(example = "2026-08-17")]
    pub from: NaiveDate,
    /// The last day; null or absent until further notice.
    #[serde(default)]
    #[schema(example = "2027-06-11")]
    pub to: Option<NaiveDate>,
}

impl PeriodDocument {
    /// The document of a period.
    #[must_use]
    pub fn of(period: Period) -> Self {
        Self { from: period.from(), to: period.to() }
    }

    /// First and last day, yet to be checked.
    #[must_use]
    pub fn raw(self) -> (NaiveDate, Option<NaiveDate>) {
        (self.from, self.to)
    }
}
