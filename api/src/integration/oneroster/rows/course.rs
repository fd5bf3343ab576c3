//! `courses.csv`.

use skolhus_domain::text::Text;

use super::super::source::RosterFile;
use super::fields::Fields;
use super::words::SourcedId;
use super::{LINE, NAME, Record};

/// A course of the catalogue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Course {
    /// `schoolYearSourcedId`.
    pub school_year: Option<SourcedId>,
    /// `title`.
    pub title: Text,
    /// `courseCode`.
    pub code: Option<Text>,
    /// `grades`.
    pub grades: Vec<Text>,
    /// `orgSourcedId`.
    pub org: SourcedId,
    /// `subjects`.
    pub subjects: Vec<Text>,
    /// `subjectCodes`.
    pub subject_codes: Vec<Text>,
}

impl Record for Course {
    const FILE: RosterFile = RosterFile::Courses;
    const REQUIRED: &'static [&'static str] = &["title", "orgSourcedId"];
    const OPTIONAL: &'static [&'static str] =
        &["schoolYearSourcedId", "courseCode", "grades", "subjects", "subjectCodes"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let school_year = fields.optional_id("schoolYearSourcedId");
        let title = fields.text("title", LINE);
        let code = fields.optional_text("courseCode", NAME);
        let grades = fields.texts("grades");
        let org = fields.id("orgSourcedId");
        let subjects = fields.texts("subjects");
        let subject_codes = fields.texts("subjectCodes");
        Some(Self {
            school_year: school_year?,
            title: title?,
            code: code?,
            grades: grades?,
            org: org?,
            subjects: subjects?,
            subject_codes: subject_codes?,
        })
    }
}
