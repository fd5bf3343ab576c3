//! Code tables: short codes that others decide (Statistics Sweden, the National Agency for
//! Education, ourselves), with names and with the days on which each may be used.
//!
//! A code that changes meaning or is withdrawn is never overwritten: its entry ends and a new
//! entry of the same code may begin. [`seed`] holds what a new installation starts with.

mod entry;
mod lookup;
pub mod place;
pub mod seed;

pub use entry::{Code, CodeEntry, CourseDays, CourseType, NewCodeEntry};
pub use lookup::{find, find_called, find_during, no_overlapping_entries};

use crate::refusal::{Refusal, Rule};

/// A code table, by the stable word that stands for it in the database and the interface.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Table {
    /// School types (skolformer) of SS 12000, and those that Skolverket has added since.
    SchoolType,
    /// Course types (kurstyper) of the folk high schools' statistics report.
    CourseType,
    /// Kinds of code that a school unit has with others (skolenhetskod, skolkod …).
    SchoolUnitCodeKind,
    /// Who pays for a place (finansiering).
    FundingSource,
    /// Why somebody was absent (frånvaroorsak), where an organiser has decided to ask for it.
    AbsenceReason,
    /// Education backgrounds (utbildningsbakgrund) of participants.
    EducationBackground,
    /// Regions (län).
    Region,
    /// Municipalities (kommuner).
    Municipality,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 8] = [
        Self::SchoolType,
        Self::CourseType,
        Self::SchoolUnitCodeKind,
        Self::FundingSource,
        Self::AbsenceReason,
        Self::EducationBackground,
        Self::Region,
        Self::Municipality,
    ];

    /// The stable word, for example `school-type`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::SchoolType => "school-type",
            Self::CourseType => "course-type",
            Self::SchoolUnitCodeKind => "school-unit-code-kind",
            Self::FundingSource => "funding-source",
            Self::AbsenceReason => "absence-reason",
            Self::EducationBackground => "education-background",
            Self::Region => "region",
            Self::Municipality => "municipality",
        }
    }

    /// The table of that word.
    ///
    /// # Errors
    /// [`Rule::UnknownCode`] otherwise.
    pub fn from_word(word: &str) -> Result<Self, Refusal> {
        Self::ALL.into_iter().find(|table| table.word() == word).ok_or_else(|| {
            let words = Self::ALL.map(Self::word).join(", ");
            Refusal::new(Rule::UnknownCode, format!("is not a code table; these are: {words}"))
        })
    }

    /// What one entry is called in a sentence, for example `school type`.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::SchoolType => "school type",
            Self::CourseType => "course type",
            Self::SchoolUnitCodeKind => "kind of school unit code",
            Self::FundingSource => "funding source",
            Self::AbsenceReason => "reason for absence",
            Self::EducationBackground => "education background",
            Self::Region => "region",
            Self::Municipality => "municipality",
        }
    }

    /// The entries that a new installation starts with.
    #[must_use]
    pub fn seeds(self) -> Vec<&'static seed::CodeSeed> {
        match self {
            Self::SchoolType => seed::SCHOOL_TYPES.iter().collect(),
            Self::CourseType => seed::COURSE_TYPES.iter().map(|course_type| &course_type.seed).collect(),
            Self::SchoolUnitCodeKind => seed::SCHOOL_UNIT_CODE_KINDS.iter().collect(),
            Self::FundingSource => seed::FUNDING_SOURCES.iter().collect(),
            Self::AbsenceReason => seed::ABSENCE_REASONS.iter().collect(),
            Self::EducationBackground => seed::EDUCATION_BACKGROUNDS.iter().collect(),
            Self::Region => place::REGIONS.iter().collect(),
            Self::Municipality => place::MUNICIPALITIES.iter().collect(),
        }
    }
}

/// A closed list of values that the program itself knows, each with the stable code under which
/// it is stored and published. Codes are never renamed.
macro_rules! coded {
    ($(#[$doc:meta])* $name:ident ($noun:literal) { $($(#[$variant_doc:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// Every value, in the order in which they are shown.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The value of that code.
            ///
            /// # Errors
            /// [`Rule::UnknownCode`](crate::refusal::Rule::UnknownCode), naming the codes there are.
            pub fn from_code(code: &str) -> Result<Self, crate::refusal::Refusal> {
                match code {
                    $($code => Ok(Self::$variant),)+
                    _ => Err(crate::refusal::Refusal::new(
                        crate::refusal::Rule::UnknownCode,
                        format!("is not a {}; these are: {}", $noun, [$($code),+].join(", ")),
                    )),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.code()) }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.code())
            }
        }
    };
}
pub(crate) use coded;
