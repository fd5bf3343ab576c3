//! `classes.csv`.

use skolhus_domain::text::Text;

use super::super::source::RosterFile;
use super::fields::Fields;
use super::words::{ClassType, SourcedId};
use super::{LINE, NAME, Record};

/// A class: an offering of a course at a school.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Class {
    /// `title`.
    pub title: Text,
    /// `grades`.
    pub grades: Vec<Text>,
    /// `courseSourcedId`.
    pub course: SourcedId,
    /// `classCode`.
    pub code: Option<Text>,
    /// `classType`.
    pub kind: ClassType,
    /// `location`.
    pub location: Option<Text>,
    /// `schoolSourcedId`.
    pub school: SourcedId,
    /// `termSourcedIds`; at least one.
    pub terms: Vec<SourcedId>,
    /// `subjects`.
    pub subjects: Vec<Text>,
    /// `subjectCodes`.
    pub subject_codes: Vec<Text>,
    /// `periods` of the day.
    pub periods: Vec<Text>,
}

impl Record for Class {
    const FILE: RosterFile = RosterFile::Classes;
    const REQUIRED: &'static [&'static str] =
        &["title", "courseSourcedId", "classType", "schoolSourcedId", "termSourcedIds"];
    const OPTIONAL: &'static [&'static str] =
        &["grades", "classCode", "location", "subjects", "subjectCodes", "periods"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let title = fields.text("title", LINE);
        let grades = fields.texts("grades");
        let course = fields.id("courseSourcedId");
        let code = fields.optional_text("classCode", NAME);
        let kind = fields.word("classType");
        let location = fields.optional_text("location", LINE);
        let school = fields.id("schoolSourcedId");
        fields.required("termSourcedIds");
        let terms = fields.ids("termSourcedIds");
        let subjects = fields.texts("subjects");
        let subject_codes = fields.texts("subjectCodes");
        let periods = fields.texts("periods");
        Some(Self {
            title: title?,
            grades: grades?,
            course: course?,
            code: code?,
            kind: kind?,
            location: location?,
            school: school?,
            terms: terms?,
            subjects: subjects?,
            subject_codes: subject_codes?,
            periods: periods?,
        })
    }
}
