//! `academicSessions.csv`.

use skolhus_domain::text::Text;

use super::super::source::RosterFile;
use super::fields::Fields;
use super::words::{Dates, SessionType, SourcedId};
use super::{LINE, Record};

/// A school year, a term, or a part of one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AcademicSession {
    /// `title`.
    pub title: Text,
    /// `type`.
    pub kind: SessionType,
    /// `startDate` and `endDate`; both are there.
    pub dates: Dates,
    /// `parentSourcedId`.
    pub parent: Option<SourcedId>,
    /// `schoolYear`: the calendar year in which it ends.
    pub school_year: u16,
}

impl Record for AcademicSession {
    const FILE: RosterFile = RosterFile::AcademicSessions;
    const REQUIRED: &'static [&'static str] = &["title", "type", "startDate", "endDate", "schoolYear"];
    const OPTIONAL: &'static [&'static str] = &["parentSourcedId"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let title = fields.text("title", LINE);
        let kind = fields.word("type");
        fields.required("startDate");
        fields.required("endDate");
        let dates = fields.dates("startDate", "endDate");
        let parent = fields.optional_id("parentSourcedId");
        let school_year = fields.year("schoolYear");
        Some(Self { title: title?, kind: kind?, dates: dates?, parent: parent?, school_year: school_year? })
    }
}
