//! Each file as a stream of typed rows.
//!
//! Columns stand in any order. Columns of the standard that Skolhus has no use for (passwords,
//! pronouns, ethnicity, places of birth, resources) and `metadata.*` are passed over unread;
//! other columns are passed over with a warning.

mod academic_session;
mod class;
mod course;
mod demographics;
mod enrollment;
mod fields;
mod org;
mod reading;
mod role;
mod user;
mod words;

use chrono::{DateTime, Utc};

use super::source::RosterFile;

pub use academic_session::AcademicSession;
pub use class::Class;
pub use course::Course;
pub use demographics::Demographics;
pub use enrollment::Enrollment;
pub use fields::Fields;
pub use org::Org;
pub use reading::{Parsed, Rows};
pub use role::Role;
pub use user::User;
pub use words::{
    ClassType, Dates, EndDay, EnrollmentRole, LONGEST_ID, OrgType, RoleType, SessionType, Sex, SourcedId,
    UserId, UserRole,
};

/// A row whose fields have all passed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row<T> {
    /// Its line in the file.
    pub line: u64,
    /// Its identifier; in `demographics.csv` the user's.
    pub id: SourcedId,
    /// `dateLastModified`.
    pub modified: Option<DateTime<Utc>>,
    /// What it says.
    pub content: Content<T>,
}

/// What a row says about its subject.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content<T> {
    /// It is so.
    Active(T),
    /// It has ended; nothing else in the row matters.
    ToBeDeleted,
}

/// A kind of row: its file, its columns, and how its fields are read.
pub trait Record: Sized {
    /// The file.
    const FILE: RosterFile;
    /// Columns that must be there.
    const REQUIRED: &'static [&'static str];
    /// Columns that may be there, read or not.
    const OPTIONAL: &'static [&'static str];
    /// Reads the fields of a row that is active; `None` once a problem is noted.
    #[doc(hidden)]
    fn read(fields: &mut Fields<'_>) -> Option<Self>;
}

/// Lengths, in characters.
const NAME: usize = 200;
const LINE: usize = 500;
