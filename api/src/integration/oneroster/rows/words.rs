//! The words of the standard: identifiers, vocabularies, dates.

use std::fmt;

use chrono::NaiveDate;
use serde::{Serialize, Serializer};
use skolhus_domain::period::Period;
use skolhus_domain::refusal::{Refusal, Rule};
use skolhus_domain::text::Text;

/// An identifier given by the sending system, verbatim.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourcedId(pub(super) String);

/// Longest sourcedId, in characters.
pub const LONGEST_ID: usize = 255;

impl SourcedId {
    /// Checks an identifier, and keeps it as it is.
    ///
    /// # Errors
    /// When it is blank, too long, begins or ends with a space, or holds a control character.
    pub fn new(raw: &str) -> Result<Self, Refusal> {
        // Nearly all are plain, and there are several in each of a million rows.
        let plain = (1..=LONGEST_ID).contains(&raw.len()) && raw.bytes().all(|byte| byte.is_ascii_graphic());
        if !plain {
            Text::line(raw, LONGEST_ID)?;
            if raw.trim().len() != raw.len() {
                return Err(Refusal::new(Rule::Format, "may not begin or end with a space"));
            }
        }
        Ok(Self(raw.to_owned()))
    }

    /// The identifier.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for SourcedId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Some senders use identity numbers as identifiers, so logs do not show them.
impl fmt::Debug for SourcedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SourcedId(…)")
    }
}

/// A vocabulary of the standard that others may extend with `ext:` words.
pub(super) trait Vocabulary: Sized {
    const WORDS: &'static [&'static str];
    fn of(word: &str) -> Option<Self>;
    fn extension(word: Text) -> Self;
}

macro_rules! vocabularies {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, Debug)]
        pub enum $name {
            $(#[doc = concat!("`", $word, "`.")] $variant,)*
            /// A word of the sender's own, with its prefix `ext:`.
            Extension(Text),
        }

        impl $name {
            /// The word as it stands in the file.
            #[must_use]
            pub fn word(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::Extension(word) => word.as_str(),
                }
            }
        }

        impl Vocabulary for $name {
            const WORDS: &'static [&'static str] = &[$($word,)*];
            fn of(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }
            fn extension(word: Text) -> Self {
                Self::Extension(word)
            }
        }
    )*};
}

vocabularies! {
    /// What kind of organisation.
    OrgType {
        Department = "department",
        School = "school",
        District = "district",
        Local = "local",
        State = "state",
        National = "national",
    }
    /// What kind of session.
    SessionType {
        GradingPeriod = "gradingPeriod",
        Semester = "semester",
        SchoolYear = "schoolYear",
        Term = "term",
    }
    /// What kind of class.
    ClassType {
        Homeroom = "homeroom",
        Scheduled = "scheduled",
    }
    /// What a person is at an organisation.
    UserRole {
        Aide = "aide",
        Counselor = "counselor",
        DistrictAdministrator = "districtAdministrator",
        Guardian = "guardian",
        Parent = "parent",
        Principal = "principal",
        Proctor = "proctor",
        Relative = "relative",
        SiteAdministrator = "siteAdministrator",
        Student = "student",
        SystemAdministrator = "systemAdministrator",
        Teacher = "teacher",
    }
    /// What a person is in a class.
    EnrollmentRole {
        Administrator = "administrator",
        Proctor = "proctor",
        Student = "student",
        Teacher = "teacher",
    }
    /// The sex stated.
    Sex {
        Male = "male",
        Female = "female",
        Unspecified = "unspecified",
        Other = "other",
    }
}

impl UserRole {
    /// Whether the role is that of an agent: a relative of someone else, without rights. An aide is, as
    /// the standard has it, who helps a user without being a parent, guardian or relative.
    #[must_use]
    pub fn is_agent(&self) -> bool {
        self.agent_word().is_some()
    }

    /// The word of an agent's role.
    #[must_use]
    pub fn agent_word(&self) -> Option<&'static str> {
        match self {
            Self::Guardian => Some("guardian"),
            Self::Parent => Some("parent"),
            Self::Relative => Some("relative"),
            Self::Aide => Some("aide"),
            _ => None,
        }
    }
}

/// Whether a role is the person's first one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RoleType {
    /// `primary`.
    Primary,
    /// `secondary`.
    Secondary,
}

/// An identifier in another system, `{type:id}`.
#[derive(Clone, PartialEq, Eq)]
pub struct UserId {
    /// The kind or system.
    pub kind: String,
    /// The identifier there.
    pub id: String,
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserId(…)")
    }
}

/// How a sender means an end date.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum EndDay {
    /// The last day within, as most senders mean it.
    #[default]
    Last,
    /// The day after the last, as the standard has it.
    DayAfter,
}

/// A first and a last date as they stand in the file, either of which may be missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Dates {
    /// `beginDate` or `startDate`.
    pub begin: Option<NaiveDate>,
    /// `endDate`, verbatim.
    pub end: Option<NaiveDate>,
}

impl Dates {
    /// The period meant; none without a first day.
    ///
    /// # Errors
    /// When no day is left.
    pub fn period(&self, reading: EndDay) -> Result<Option<Period>, Refusal> {
        let Some(begin) = self.begin else { return Ok(None) };
        let end = match reading {
            EndDay::Last => self.end,
            EndDay::DayAfter => self.end.and_then(|end| end.pred_opt()),
        };
        Period::new(begin, end).map(Some)
    }
}
