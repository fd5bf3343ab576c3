//! An absence report as the interface shows it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use skolhus_domain::{
    access::Scope,
    attendance::{AbsenceReport, Extent, ExtentCode, ReportedByCode},
    id::Id,
};
use skolhus_persistence::{Saved, attendance::absence_report::ReportView};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    enrolment::ListedName,
    http::words::{codes, words},
};

words! {
    /// What an absence report is about: a whole day, several, a span of time, or single lessons.
    ExtentWord("AbsenceExtent") = codes!(ExtentCode);
    /// Who reported: a relative, the person themselves, or staff who took a call.
    ReportedByWord("AbsenceReportedBy") = codes!(ReportedByCode);
}

/// Absence that was reported: that somebody is away, which is authorised by it, and not why.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AbsenceReport)]
pub struct AbsenceReportDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000331")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was entered.
    #[schema(example = "2026-08-18T05:31:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-18T05:31:00Z")]
    pub modified_at: DateTime<Utc>,
    /// Whose absence.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Their name, of a protected person the name that their handling plan shows.
    pub name: ListedName,
    /// What it is about.
    #[schema(value_type = ExtentWord, example = "day")]
    pub extent: &'static str,
    /// The day, or the first of several.
    #[schema(required, example = "2026-08-18")]
    pub first_day: Option<NaiveDate>,
    /// The last day.
    #[schema(required, example = "2026-08-18")]
    pub last_day: Option<NaiveDate>,
    /// From when a span lasts.
    #[schema(required, example = "2026-08-18T07:00:00Z")]
    pub starts_at: Option<DateTime<Utc>>,
    /// Until when.
    #[schema(required, example = "2026-08-18T09:00:00Z")]
    pub ends_at: Option<DateTime<Utc>>,
    /// The single lessons; wherever they are moved.
    #[schema(example = json!([]))]
    pub lesson_ids: Vec<Uuid>,
    /// Who reported it.
    #[schema(value_type = ReportedByWord, example = "relative")]
    pub reported_by: &'static str,
    /// Whether it was the caller, who then may end it.
    #[schema(example = true)]
    pub is_own: bool,
    /// When. Lessons that had begun by then are not covered.
    #[schema(example = "2026-08-18T05:31:00Z")]
    pub reported_at: DateTime<Utc>,
    /// When it was ended before its time: lessons that begin later are not covered.
    #[schema(required, example = "2026-08-18T10:00:00Z")]
    pub ended_at: Option<DateTime<Utc>>,
}

impl AbsenceReportDocument {
    /// The document of a report.
    #[must_use]
    pub fn of(view: &ReportView, scope: &Scope) -> Self {
        let Saved { id, version, created_at, modified_at, value } = &view.saved;
        let AbsenceReport { person, extent, reported_by, reported_at, ended_at } = value;
        let (first_day, last_day, starts_at, ends_at, lessons) = match extent {
            Extent::Day(day) => (Some(*day), Some(*day), None, None, &[][..]),
            Extent::Days { first, last } => (Some(*first), Some(*last), None, None, &[][..]),
            Extent::Span { from, to } => (None, None, Some(*from), Some(*to), &[][..]),
            Extent::Lessons(lessons) => (None, None, None, None, lessons.as_slice()),
        };
        Self {
            id: id.uuid(),
            version: *version,
            created_at: *created_at,
            modified_at: *modified_at,
            person_id: person.uuid(),
            name: ListedName::of(&view.name),
            extent: extent.code().code(),
            first_day,
            last_day,
            starts_at,
            ends_at,
            lesson_ids: lessons.iter().map(|lesson| lesson.uuid()).collect(),
            reported_by: reported_by.code().code(),
            is_own: scope.person().is_some_and(|me| reported_by.is(me, *person)),
            reported_at: *reported_at,
            ended_at: *ended_at,
        }
    }
}

/// What one call has reported.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AbsenceReports {
    /// One report for each person, in the order in which they were named.
    pub reports: Vec<AbsenceReportDocument>,
}
