//! A reason as the interface shows and takes it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    attendance::{AbsenceReason, ReasonAbout, ReasonRule},
    id::Id,
};
use skolhus_persistence::attendance::absence_reason::ReasonView;
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use crate::enrolment::ListedName;

/// Why somebody is or was absent.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = StateAbsenceReason)]
pub struct StateReason {
    /// A code of the table of reasons for absence (`absence-reason`), valid on the day.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "illness", min_length = 1, max_length = 40)]
    pub reason_code: String,
}

/// Why somebody was absent: from a lesson, or as an absence report says.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AbsenceReason)]
pub struct AbsenceReasonDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000395")]
    pub id: Uuid,
    /// Its version, as in the `ETag` of the address at which it is stated.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was first entered.
    #[schema(example = "2026-08-18T06:15:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-18T06:15:00Z")]
    pub modified_at: DateTime<Utc>,
    /// Who was absent.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Their name, of a protected person the name that their handling plan shows.
    pub name: ListedName,
    /// From which lesson; null for the reason of a report.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-000000000311")]
    pub lesson_id: Option<Uuid>,
    /// Of which absence report; null for the reason of absence from a lesson.
    #[schema(required, example = json!(null))]
    pub absence_report_id: Option<Uuid>,
    /// The day of the lesson, or the last day of the report.
    #[schema(example = "2026-08-18")]
    pub day: NaiveDate,
    /// Why: a code of the table of reasons for absence.
    #[schema(example = "illness")]
    pub reason_code: String,
    /// The last day on which it can be read, as the organiser has decided now.
    #[schema(example = "2026-09-01")]
    pub kept_until: NaiveDate,
}

impl AbsenceReasonDocument {
    /// A reason, under the rule that is in force.
    pub fn of(view: &ReasonView, rule: ReasonRule) -> Self {
        let ReasonView { id, version, created_at, modified_at, reason, name } = view;
        let AbsenceReason { person, about, day, code } = reason;
        let (lesson, report) = match about {
            ReasonAbout::Lesson(lesson) => (Some(lesson.uuid()), None),
            ReasonAbout::Report(report) => (None, Some(report.uuid())),
        };
        Self {
            id: id.uuid(),
            version: *version,
            created_at: *created_at,
            modified_at: *modified_at,
            person_id: person.uuid(),
            name: ListedName::of(name),
            lesson_id: lesson,
            absence_report_id: report,
            day: *day,
            reason_code: code.as_str().to_owned(),
            kept_until: rule.kept_until(*day),
        }
    }
}
