//! The files of a set, and how the manifest declares each.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! roster_files {
    ($($variant:ident = $name:literal, $read:literal;)*) => {
        /// A file of a OneRoster 1.2 set, in the order in which references are best followed.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum RosterFile { $(#[doc = concat!("`", $name, ".csv`.")] $variant,)* }

        impl RosterFile {
            /// Every file but the manifest.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name without `.csv`, as the manifest has it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Whether the import reads it. Gradebook and resource files are left aside.
            #[must_use]
            pub fn is_read(self) -> bool {
                match self { $(Self::$variant => $read,)* }
            }
        }
    };
}

roster_files! {
    Orgs = "orgs", true;
    AcademicSessions = "academicSessions", true;
    Courses = "courses", true;
    Classes = "classes", true;
    Users = "users", true;
    Roles = "roles", true;
    Enrollments = "enrollments", true;
    Demographics = "demographics", true;
    Categories = "categories", false;
    ClassResources = "classResources", false;
    CourseResources = "courseResources", false;
    LineItems = "lineItems", false;
    LineItemLearningObjectiveIds = "lineItemLearningObjectiveIds", false;
    LineItemScoreScales = "lineItemScoreScales", false;
    Resources = "resources", false;
    Results = "results", false;
    ResultLearningObjectiveIds = "resultLearningObjectiveIds", false;
    ResultScoreScales = "resultScoreScales", false;
    ScoreScales = "scoreScales", false;
    UserProfiles = "userProfiles", false;
    UserResources = "userResources", false;
}

impl RosterFile {
    /// The file of that name (without `.csv`).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|file| file.name() == name)
    }
}

impl fmt::Display for RosterFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.csv", self.name())
    }
}

impl Serialize for RosterFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How a file stands to what is known already.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Not part of this set; what is known stays as it is.
    Absent,
    /// All there is: what is missing has ended.
    Bulk,
    /// What has changed since last time; each row says whether it is active or to be deleted.
    Delta,
}
