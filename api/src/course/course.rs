//! A course as the interface shows and takes it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::{
    access::Scope,
    course::{Course, CourseKind, NewCourse},
    id::{CourseId, Id},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{DatabaseConnection, Saved, course::course};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{
    period::PeriodDocument,
    problem::Problem,
    words::{codes, words},
};

words! {
    /// What an entry of the catalogue is.
    CourseKindWord("CourseKind") = codes!(CourseKind);
}

/// An entry of the catalogue: a course (kurs) or a subject (ämne).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Course)]
pub struct CourseDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was entered.
    #[schema(example = "2026-08-17T08:10:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T08:10:00Z")]
    pub modified_at: DateTime<Utc>,
    /// Its code with the organiser or Skolverket; on any one day it is one course's.
    #[schema(example = "AK")]
    pub code: String,
    /// Its title.
    #[schema(example = "Allmän kurs")]
    pub title: String,
    /// The code of the subject it belongs to.
    #[schema(example = "MAT")]
    pub subject_code: Option<String>,
    /// What it is.
    #[schema(value_type = CourseKindWord, example = "course")]
    pub kind: String,
    /// Its extent in points (poäng).
    #[schema(example = 100)]
    pub points: Option<u32>,
    /// The days on which it may be offered.
    pub valid: PeriodDocument,
}

impl CourseDocument {
    /// The document of a saved course.
    #[must_use]
    pub fn of(saved: Saved<CourseId, Course>) -> Self {
        let Saved { id, version, created_at, modified_at, value } = saved;
        let Course { code, title, subject_code, kind, points, valid } = value;
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            code: code.into_string(),
            title: title.into_string(),
            subject_code: subject_code.map(|code| code.into_string()),
            kind: kind.code().to_owned(),
            points,
            valid: PeriodDocument::of(valid),
        }
    }
}

/// The fields of a course that people decide, all of them.
pub(crate) struct Fields {
    pub(crate) code: String,
    pub(crate) title: String,
    pub(crate) subject_code: Option<String>,
    pub(crate) kind: String,
    pub(crate) points: Option<u32>,
    pub(crate) valid: PeriodDocument,
}

impl Fields {
    /// Checks their meaning.
    pub(crate) fn validate(&self) -> Result<Course, Problem> {
        let new = NewCourse {
            code: &self.code,
            title: &self.title,
            subject_code: self.subject_code.as_deref(),
            kind: &self.kind,
            points: self.points,
            valid: self.valid.raw(),
        };
        new.validate().map_err(Problem::from)
    }
}

/// Checks that the code is the course's alone. Hold the catalogue first.
pub(crate) fn check_code(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: CourseId,
    course: &Course,
) -> Result<(), Problem> {
    match course::namesake(connection, scope, id, course)? {
        Some(other) => {
            let detail = format!("another course has this code {}", other.value.valid);
            Err(Refusal::new(Rule::Duplicate, detail).at("/code").into())
        }
        None => Ok(()),
    }
}
