//! `enrollments.csv`.

use super::super::source::RosterFile;
use super::Record;
use super::fields::Fields;
use super::words::{Dates, EnrollmentRole, SourcedId};

/// A person in a class.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Enrollment {
    /// `classSourcedId`.
    pub class: SourcedId,
    /// `schoolSourcedId`.
    pub school: SourcedId,
    /// `userSourcedId`.
    pub user: SourcedId,
    /// `role`.
    pub role: EnrollmentRole,
    /// `primary`: whether a teacher is the first one.
    pub primary: Option<bool>,
    /// `beginDate` and `endDate`.
    pub dates: Dates,
}

impl Record for Enrollment {
    const FILE: RosterFile = RosterFile::Enrollments;
    const REQUIRED: &'static [&'static str] = &["classSourcedId", "schoolSourcedId", "userSourcedId", "role"];
    const OPTIONAL: &'static [&'static str] = &["primary", "beginDate", "endDate"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let class = fields.id("classSourcedId");
        let school = fields.id("schoolSourcedId");
        let user = fields.id("userSourcedId");
        let role = fields.word("role");
        let primary = fields.optional_truth("primary");
        let dates = fields.dates("beginDate", "endDate");
        Some(Self {
            class: class?,
            school: school?,
            user: user?,
            role: role?,
            primary: primary?,
            dates: dates?,
        })
    }
}
