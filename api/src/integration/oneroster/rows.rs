//! Each file as a stream of typed rows.
//!
//! Columns stand in any order. Columns of the standard that Skolhus has no use for (passwords,
//! pronouns, ethnicity, places of birth, resources) and `metadata.*` are passed over unread;
//! other columns are passed over with a warning.

use std::borrow::Cow;
use std::fmt;
use std::io::{BufReader, Read};
use std::marker::PhantomData;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use csv::ByteRecord;
use serde::{Serialize, Serializer};
use skolhus_domain::period::{FIRST_DATE, LAST_DATE, Period};
use skolhus_domain::refusal::{Refusal, Rule};
use skolhus_domain::text::Text;

use super::lines::{Line, Lines};
use super::problem::RowProblem;
use super::source::{Mode, Roster, RosterFile, SourceProblem};

// --- words of the standard --------------------------------------------------

/// An identifier given by the sending system, verbatim.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourcedId(String);

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
trait Vocabulary: Sized {
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
    /// Whether the role is that of an agent: a contact of someone else, without rights.
    #[must_use]
    pub fn is_agent(&self) -> bool {
        matches!(self, Self::Guardian | Self::Parent | Self::Relative)
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

// --- rows -------------------------------------------------------------------

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

/// An organisation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Org {
    /// `name`.
    pub name: Text,
    /// `type`.
    pub kind: OrgType,
    /// `identifier`, such as a school unit code.
    pub identifier: Option<Text>,
    /// `parentSourcedId`.
    pub parent: Option<SourcedId>,
}

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

/// A person. Personal: it has no `Debug` that shows anything.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// `enabledUser`: whether the sender lets the person log in there. Gives no account here.
    pub enabled: bool,
    /// `username`.
    pub username: Text,
    /// `userIds`.
    pub user_ids: Vec<UserId>,
    /// `givenName`.
    pub given_name: Text,
    /// `familyName`.
    pub family_name: Text,
    /// `middleName`.
    pub middle_name: Option<Text>,
    /// `identifier`.
    pub identifier: Option<Text>,
    /// `email`.
    pub email: Option<Text>,
    /// `sms`.
    pub sms: Option<Text>,
    /// `phone`.
    pub phone: Option<Text>,
    /// `agentSourcedIds`: contacts, who get no rights by this.
    pub agents: Vec<SourcedId>,
    /// `grades`.
    pub grades: Vec<Text>,
    /// `userMasterIdentifier`.
    pub master_identifier: Option<Text>,
    /// `preferredGivenName`.
    pub preferred_given_name: Option<Text>,
    /// `preferredMiddleName`.
    pub preferred_middle_name: Option<Text>,
    /// `preferredFamilyName`.
    pub preferred_family_name: Option<Text>,
    /// `primaryOrgSourcedId`.
    pub primary_org: Option<SourcedId>,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("User(…)")
    }
}

/// A role of a person at an organisation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Role {
    /// `userSourcedId`.
    pub user: SourcedId,
    /// `roleType`.
    pub role_type: RoleType,
    /// `role`.
    pub role: UserRole,
    /// `beginDate` and `endDate`.
    pub dates: Dates,
    /// `orgSourcedId`.
    pub org: SourcedId,
}

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

/// What of `demographics.csv` Skolhus has a use for. Personal, as [`User`].
#[derive(Clone, PartialEq, Eq)]
pub struct Demographics {
    /// `birthDate`.
    pub birth_date: Option<NaiveDate>,
    /// `sex`.
    pub sex: Option<Sex>,
}

impl fmt::Debug for Demographics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Demographics(…)")
    }
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

impl Record for Org {
    const FILE: RosterFile = RosterFile::Orgs;
    const REQUIRED: &'static [&'static str] = &["name", "type"];
    const OPTIONAL: &'static [&'static str] = &["identifier", "parentSourcedId"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let name = fields.text("name", LINE);
        let kind = fields.word("type");
        let identifier = fields.optional_text("identifier", NAME);
        let parent = fields.optional_id("parentSourcedId");
        Some(Self { name: name?, kind: kind?, identifier: identifier?, parent: parent? })
    }
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

impl Record for User {
    const FILE: RosterFile = RosterFile::Users;
    const REQUIRED: &'static [&'static str] = &["enabledUser", "username", "givenName", "familyName"];
    const OPTIONAL: &'static [&'static str] = &[
        "userIds",
        "middleName",
        "identifier",
        "email",
        "sms",
        "phone",
        "agentSourcedIds",
        "grades",
        "password",
        "userMasterIdentifier",
        "resourceSourcedIds",
        "preferredGivenName",
        "preferredMiddleName",
        "preferredFamilyName",
        "primaryOrgSourcedId",
        "pronouns",
    ];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        fields.required("enabledUser");
        let enabled = fields.optional_truth("enabledUser");
        let username = fields.text("username", LINE);
        let user_ids = fields.user_ids("userIds");
        let given_name = fields.text("givenName", NAME);
        let family_name = fields.text("familyName", NAME);
        let middle_name = fields.optional_text("middleName", NAME);
        let identifier = fields.optional_text("identifier", NAME);
        let email = fields.optional_text("email", 320);
        let sms = fields.optional_text("sms", 50);
        let phone = fields.optional_text("phone", 50);
        let agents = fields.ids("agentSourcedIds");
        let grades = fields.texts("grades");
        let master_identifier = fields.optional_text("userMasterIdentifier", NAME);
        let preferred_given_name = fields.optional_text("preferredGivenName", NAME);
        let preferred_middle_name = fields.optional_text("preferredMiddleName", NAME);
        let preferred_family_name = fields.optional_text("preferredFamilyName", NAME);
        let primary_org = fields.optional_id("primaryOrgSourcedId");
        Some(Self {
            enabled: enabled??,
            username: username?,
            user_ids: user_ids?,
            given_name: given_name?,
            family_name: family_name?,
            middle_name: middle_name?,
            identifier: identifier?,
            email: email?,
            sms: sms?,
            phone: phone?,
            agents: agents?,
            grades: grades?,
            master_identifier: master_identifier?,
            preferred_given_name: preferred_given_name?,
            preferred_middle_name: preferred_middle_name?,
            preferred_family_name: preferred_family_name?,
            primary_org: primary_org?,
        })
    }
}

impl Record for Role {
    const FILE: RosterFile = RosterFile::Roles;
    const REQUIRED: &'static [&'static str] = &["userSourcedId", "roleType", "role", "orgSourcedId"];
    const OPTIONAL: &'static [&'static str] = &["beginDate", "endDate", "userProfileSourcedId"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let user = fields.id("userSourcedId");
        let role_type = fields.role_type("roleType");
        let role = fields.word("role");
        let dates = fields.dates("beginDate", "endDate");
        let org = fields.id("orgSourcedId");
        Some(Self { user: user?, role_type: role_type?, role: role?, dates: dates?, org: org? })
    }
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

impl Record for Demographics {
    const FILE: RosterFile = RosterFile::Demographics;
    const REQUIRED: &'static [&'static str] = &[];
    const OPTIONAL: &'static [&'static str] = &[
        "birthDate",
        "sex",
        "americanIndianOrAlaskaNative",
        "asian",
        "blackOrAfricanAmerican",
        "nativeHawaiianOrOtherPacificIslander",
        "white",
        "demographicRaceTwoOrMoreRaces",
        "hispanicOrLatinoEthnicity",
        "countryOfBirthCode",
        "stateOfBirthAbbreviation",
        "cityOfBirth",
        "publicSchoolResidenceStatus",
    ];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let birth_date = fields.date("birthDate");
        let sex = fields.optional_word("sex");
        Some(Self { birth_date: birth_date?, sex: sex? })
    }
}

// --- fields -----------------------------------------------------------------

/// The fields of one row, each read by its column's name. A problem is noted and gives `None`.
pub struct Fields<'a> {
    file: RosterFile,
    line: u64,
    columns: &'a Columns,
    record: &'a ByteRecord,
    problems: Vec<RowProblem>,
    warnings: Vec<RowProblem>,
}

impl<'a> Fields<'a> {
    fn refuse(&mut self, field: &str, rule: Rule, detail: impl Into<String>) {
        self.problems.push(RowProblem::new(self.file, self.line, Some(field), rule, detail));
    }

    fn note<T>(&mut self, field: &str, result: Result<T, Refusal>) -> Option<T> {
        result.map_err(|refusal| self.refuse(field, refusal.rule, refusal.detail)).ok()
    }

    /// The field's text: empty when blank or when the column is missing.
    fn raw(&mut self, field: &'static str) -> Option<&'a str> {
        let Some(bytes) = self.columns.position(field).and_then(|position| self.record.get(position)) else {
            return Some("");
        };
        match std::str::from_utf8(bytes) {
            Ok(text) if text.trim().is_empty() => Some(""),
            Ok(text) => Some(text),
            Err(_) => {
                self.refuse(
                    field,
                    Rule::Format,
                    "is not UTF-8 (Windows-1252, perhaps); export the set as UTF-8",
                );
                None
            }
        }
    }

    /// Notes a problem when the field is blank.
    fn required(&mut self, field: &'static str) {
        if self.raw(field) == Some("") {
            self.refuse(field, Rule::Required, "may not be blank");
        }
    }

    /// `Some(None)` when blank.
    fn optional<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&mut Self, &'a str) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.raw(field)? {
            "" => Some(None),
            raw => read(self, raw).map(Some),
        }
    }

    fn text(&mut self, field: &'static str, longest: usize) -> Option<Text> {
        let raw = self.raw(field)?;
        self.note(field, Text::line(raw, longest))
    }

    fn optional_text(&mut self, field: &'static str, longest: usize) -> Option<Option<Text>> {
        self.optional(field, |fields, raw| fields.note(field, Text::line(raw, longest)))
    }

    fn id(&mut self, field: &'static str) -> Option<SourcedId> {
        let raw = self.raw(field)?;
        self.note(field, SourcedId::new(raw))
    }

    fn optional_id(&mut self, field: &'static str) -> Option<Option<SourcedId>> {
        self.optional(field, |fields, raw| fields.note(field, SourcedId::new(raw)))
    }

    fn list<T>(&mut self, field: &'static str, read: impl Fn(&str) -> Result<T, Refusal>) -> Option<Vec<T>> {
        let raw = self.raw(field)?;
        let items = self.note(field, split_list(raw))?;
        let read: Result<Vec<T>, Refusal> = items.iter().map(|item| read(item)).collect();
        self.note(field, read)
    }

    fn texts(&mut self, field: &'static str) -> Option<Vec<Text>> {
        self.list(field, |item| Text::line(item, NAME))
    }

    fn ids(&mut self, field: &'static str) -> Option<Vec<SourcedId>> {
        let ids = self.list(field, SourcedId::new)?;
        for (position, id) in ids.iter().enumerate() {
            if ids.iter().take(position).any(|earlier| earlier == id) {
                self.refuse(field, Rule::Duplicate, "one identifier stands there twice");
                return None;
            }
        }
        Some(ids)
    }

    fn user_ids(&mut self, field: &'static str) -> Option<Vec<UserId>> {
        let raw = self.raw(field)?;
        self.note(field, split_user_ids(raw))
    }

    fn optional_word<V: Vocabulary>(&mut self, field: &'static str) -> Option<Option<V>> {
        self.optional(field, |fields, raw| {
            if let Some(word) = V::of(raw) {
                return Some(word);
            }
            let extension = raw
                .strip_prefix("ext:")
                .is_some_and(|name| !name.is_empty() && name.chars().all(is_word_character));
            if !extension {
                let detail = format!("must be one of {}, or begin with ext:", V::WORDS.join(", "));
                fields.refuse(field, Rule::UnknownCode, detail);
                return None;
            }
            let word = fields.note(field, Text::line(raw, NAME))?;
            fields.warnings.push(RowProblem::new(
                fields.file,
                fields.line,
                Some(field),
                Rule::UnknownCode,
                "a word of the sender's own (ext:), of which only its sender knows the meaning",
            ));
            Some(V::extension(word))
        })
    }

    fn word<V: Vocabulary>(&mut self, field: &'static str) -> Option<V> {
        self.required(field);
        self.optional_word(field)?
    }

    fn role_type(&mut self, field: &'static str) -> Option<RoleType> {
        self.required(field);
        self.optional(field, |fields, raw| match raw {
            "primary" => Some(RoleType::Primary),
            "secondary" => Some(RoleType::Secondary),
            _ => {
                fields.refuse(field, Rule::UnknownCode, "must be primary or secondary");
                None
            }
        })?
    }

    fn optional_truth(&mut self, field: &'static str) -> Option<Option<bool>> {
        self.optional(field, |fields, raw| match raw {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                fields.refuse(field, Rule::UnknownCode, "must be true or false");
                None
            }
        })
    }

    fn date(&mut self, field: &'static str) -> Option<Option<NaiveDate>> {
        self.optional(field, |fields, raw| match parse_date(raw) {
            None => {
                fields.refuse(field, Rule::Format, "must be a date of the calendar, YYYY-MM-DD");
                None
            }
            Some(date) if (FIRST_DATE..=LAST_DATE).contains(&date) => Some(date),
            Some(_) => {
                let detail = format!("must lie between {FIRST_DATE} and {LAST_DATE}");
                fields.refuse(field, Rule::OutOfRange, detail);
                None
            }
        })
    }

    fn dates(&mut self, begin_field: &'static str, end_field: &'static str) -> Option<Dates> {
        let begin = self.date(begin_field);
        let end = self.date(end_field);
        let (begin, end) = (begin?, end?);
        if let (Some(first), Some(last)) = (begin, end)
            && last < first
        {
            self.refuse(end_field, Rule::PeriodReversed, format!("may not come before {begin_field}"));
            return None;
        }
        Some(Dates { begin, end })
    }

    fn year(&mut self, field: &'static str) -> Option<u16> {
        self.required(field);
        self.optional(field, |fields, raw| {
            let year = (raw.len() == 4 && raw.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| raw.parse::<u16>().ok())
                .flatten()
                .filter(|year| (FIRST_DATE.year()..=LAST_DATE.year()).contains(&i32::from(*year)));
            if year.is_none() {
                fields.refuse(field, Rule::Format, "must be a year of four digits");
            }
            year
        })?
    }

    fn modified(&mut self) -> Option<Option<DateTime<Utc>>> {
        const FIELD: &str = "dateLastModified";
        self.optional(FIELD, |fields, raw| {
            let instant = DateTime::parse_from_rfc3339(raw).ok().map(|instant| instant.to_utc());
            let Some(instant) = instant else {
                let detail = "must be an instant with its offset, such as 2026-08-17T09:30:00Z";
                fields.refuse(FIELD, Rule::Format, detail);
                return None;
            };
            if !(FIRST_DATE..=LAST_DATE).contains(&instant.date_naive()) {
                let detail = format!("must lie between {FIRST_DATE} and {LAST_DATE}");
                fields.refuse(FIELD, Rule::OutOfRange, detail);
                return None;
            }
            Some(instant)
        })
    }

    /// Whether the row ends its subject.
    fn ends(&mut self, mode: Mode) -> Option<bool> {
        const FIELD: &str = "status";
        if mode == Mode::Delta {
            self.required(FIELD);
            self.required("dateLastModified");
        }
        let ends = self.optional(FIELD, |fields, raw| match raw {
            "active" => Some(false),
            "tobedeleted" => Some(true),
            _ => {
                fields.refuse(FIELD, Rule::UnknownCode, "must be active or tobedeleted");
                None
            }
        })?;
        if ends == Some(true) && mode == Mode::Bulk {
            self.warnings.push(RowProblem::new(
                self.file,
                self.line,
                Some(FIELD),
                Rule::Conflict,
                "a bulk file leaves out what has ended; the row is taken as ended",
            ));
        }
        Some(ends.unwrap_or(false))
    }
}

fn is_word_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_')
}

fn parse_date(raw: &str) -> Option<NaiveDate> {
    let shape = raw.len() == 10
        && raw.bytes().enumerate().all(|(position, byte)| match position {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if shape { NaiveDate::parse_from_str(raw, "%Y-%m-%d").ok() } else { None }
}

/// Items between commas, without the spaces around them; an item that holds a comma is quoted.
fn split_list(raw: &str) -> Result<Vec<Cow<'_, str>>, Refusal> {
    if raw.is_empty() {
        return Ok(Vec::new());
    }
    if !raw.contains('"') {
        let items: Vec<Cow<'_, str>> = raw.split(',').map(|item| Cow::Borrowed(item.trim())).collect();
        return if items.iter().any(|item| item.is_empty()) {
            Err(Refusal::new(Rule::Format, "an item of the list is blank"))
        } else {
            Ok(items)
        };
    }
    let malformed = || Refusal::new(Rule::Format, "must be items between commas, each plain or in quotes");
    let mut items = Vec::new();
    let mut characters = raw.chars().peekable();
    loop {
        while characters.next_if_eq(&' ').is_some() {}
        let mut item = String::new();
        if characters.next_if_eq(&'"').is_some() {
            loop {
                match characters.next().ok_or_else(malformed)? {
                    '"' if characters.next_if_eq(&'"').is_none() => break,
                    character => item.push(character),
                }
            }
            while characters.next_if_eq(&' ').is_some() {}
        } else {
            while let Some(character) = characters.next_if(|character| *character != ',') {
                if character == '"' {
                    return Err(malformed());
                }
                item.push(character);
            }
            item.truncate(item.trim_end().len());
        }
        if item.is_empty() {
            return Err(Refusal::new(Rule::Format, "an item of the list is blank"));
        }
        items.push(Cow::Owned(item));
        match characters.next() {
            None => return Ok(items),
            Some(',') => {}
            Some(_) => return Err(malformed()),
        }
    }
}

/// `{type:id},{type:id}`.
fn split_user_ids(raw: &str) -> Result<Vec<UserId>, Refusal> {
    let malformed = || Refusal::new(Rule::Format, "must be a list of {type:id}");
    let mut ids = Vec::new();
    let mut rest = raw.trim();
    while !rest.is_empty() {
        let (inside, after) =
            rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).ok_or_else(malformed)?;
        let (kind, id) = inside.split_once(':').ok_or_else(malformed)?;
        let kind = Text::line(kind, NAME)?.into_string();
        let id = SourcedId::new(id.trim())?.0;
        ids.push(UserId { kind, id });
        rest = after.trim_start();
        if !rest.is_empty() {
            rest = rest
                .strip_prefix(',')
                .map(str::trim_start)
                .filter(|rest| !rest.is_empty())
                .ok_or_else(malformed)?;
        }
    }
    Ok(ids)
}

// --- reading ----------------------------------------------------------------

/// Where each column of the header stands.
#[derive(Debug, Default)]
struct Columns {
    known: Vec<(&'static str, usize)>,
    width: usize,
}

impl Columns {
    fn position(&self, name: &str) -> Option<usize> {
        self.known.iter().find(|(known, _)| *known == name).map(|(_, position)| *position)
    }
}

/// One line read: the row, or what is wrong with it.
#[derive(Debug)]
pub struct Parsed<T> {
    /// The line.
    pub line: u64,
    /// The identifier, when at least that could be read.
    pub id: Option<SourcedId>,
    /// The row, or its problems.
    pub row: Result<Row<T>, Vec<RowProblem>>,
    /// What to look at even if the row is taken.
    pub warnings: Vec<RowProblem>,
}

/// The rows of one file, read as they are asked for.
pub struct Rows<'a, T> {
    lines: Lines<BufReader<&'a mut dyn Read>>,
    record: ByteRecord,
    columns: Columns,
    mode: Mode,
    left: u64,
    problems: Vec<RowProblem>,
    warnings: Vec<RowProblem>,
    ended: bool,
    rows: PhantomData<T>,
}

impl Roster {
    /// Lets `read` have the rows of the file of `T`. A file that is absent has none.
    ///
    /// # Errors
    /// When the file cannot be opened any more.
    pub fn rows<T: Record, R>(&self, read: impl FnOnce(&mut Rows<'_, T>) -> R) -> Result<R, SourceProblem> {
        let mode = self.mode(T::FILE);
        if mode == Mode::Absent {
            let mut nothing = std::io::empty();
            let mut rows = Rows::over(&mut nothing, mode, self);
            rows.ended = true;
            return Ok(read(&mut rows));
        }
        self.with_bytes(T::FILE.name(), |bytes| {
            let mut rows = Rows::over(bytes, mode, self);
            rows.read_header()?;
            Ok(read(&mut rows))
        })?
    }
}

impl<'a, T: Record> Rows<'a, T> {
    fn over(bytes: &'a mut dyn Read, mode: Mode, roster: &Roster) -> Self {
        let limits = roster.limits();
        Self {
            lines: Lines::new(BufReader::with_capacity(64 << 10, bytes), limits.line_bytes),
            record: ByteRecord::new(),
            columns: Columns::default(),
            mode,
            left: limits.rows,
            problems: Vec::new(),
            warnings: Vec::new(),
            ended: false,
            rows: PhantomData,
        }
    }

    /// What is wrong with the header. If anything is, there are no rows.
    #[must_use]
    pub fn header_problems(&self) -> &[RowProblem] {
        &self.problems
    }

    /// Columns that are passed over.
    #[must_use]
    pub fn header_warnings(&self) -> &[RowProblem] {
        &self.warnings
    }

    /// Passes over every line up to and with `line`, so that a resumed run goes on after it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn skip_through(&mut self, line: u64) -> Result<(), SourceProblem> {
        while !self.ended && self.lines.number() < line {
            self.ended = self.lines.next(&mut self.record)?.is_none();
        }
        Ok(())
    }

    fn read_header(&mut self) -> Result<(), SourceProblem> {
        const COMMON: [&str; 3] = ["sourcedId", "status", "dateLastModified"];
        let mut problems = Vec::new();
        let mut warnings = Vec::new();
        let mut refuse = |field: Option<&str>, rule, detail: &str| {
            problems.push(RowProblem::new(T::FILE, 1, field, rule, detail));
        };
        match self.lines.next(&mut self.record)? {
            None => refuse(None, Rule::Required, "the file is empty; it must begin with a header"),
            Some(Line::Malformed(why)) => refuse(None, Rule::Format, why),
            Some(Line::Record) if self.record.len() == 1 && self.record.as_slice().contains(&b';') => {
                refuse(None, Rule::Format, "semicolons stand between the columns; export with commas");
            }
            Some(Line::Record) => {
                self.columns.width = self.record.len();
                for (position, name) in self.record.iter().enumerate() {
                    let name = std::str::from_utf8(name).unwrap_or("\u{FFFD}");
                    let known = COMMON
                        .iter()
                        .chain(T::REQUIRED)
                        .chain(T::OPTIONAL)
                        .copied()
                        .find(|known| *known == name);
                    match known {
                        Some(known) if self.columns.position(known).is_some() => {
                            refuse(Some(known), Rule::Duplicate, "this column stands there twice");
                        }
                        Some(known) => self.columns.known.push((known, position)),
                        None if name.starts_with("metadata.") => {}
                        // Its name is the sender's text: only its place is told.
                        None => warnings.push(RowProblem::new(
                            T::FILE,
                            1,
                            None,
                            Rule::UnknownField,
                            format!(
                                "column {} is not one of OneRoster 1.2; it is passed over (extensions begin with metadata.)",
                                position + 1
                            ),
                        )),
                    }
                }
                let mut required = vec!["sourcedId"];
                if self.mode == Mode::Delta {
                    required.extend(["status", "dateLastModified"]);
                }
                required.extend(T::REQUIRED);
                for column in required {
                    if self.columns.position(column).is_none() {
                        refuse(Some(column), Rule::Required, "the header must have this column");
                    }
                }
            }
        }
        self.ended = !problems.is_empty();
        self.problems = problems;
        self.warnings = warnings;
        Ok(())
    }

    fn parse(&mut self) -> Parsed<T> {
        let line = self.lines.number();
        let mut fields = Fields {
            file: T::FILE,
            line,
            columns: &self.columns,
            record: &self.record,
            problems: Vec::new(),
            warnings: Vec::new(),
        };
        if self.record.len() != self.columns.width {
            let detail = format!("has {} fields; the header has {}", self.record.len(), self.columns.width);
            let problem = RowProblem::new(T::FILE, line, None, Rule::Format, detail);
            return Parsed { line, id: None, row: Err(vec![problem]), warnings: Vec::new() };
        }
        let id = fields.id("sourcedId");
        let ends = fields.ends(self.mode);
        let modified = fields.modified();
        let content = match ends {
            Some(true) => Some(Content::ToBeDeleted),
            Some(false) | None => T::read(&mut fields).map(Content::Active),
        };
        let row = match (&id, ends, modified, content) {
            (Some(id), Some(_), Some(modified), Some(content)) if fields.problems.is_empty() => {
                Ok(Row { line, id: id.clone(), modified, content })
            }
            _ => Err(fields.problems),
        };
        Parsed { line, id, row, warnings: fields.warnings }
    }
}

impl<T: Record> Iterator for Rows<'_, T> {
    type Item = Result<Parsed<T>, SourceProblem>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.lines.next(&mut self.record) {
            Ok(None) => {
                self.ended = true;
                None
            }
            Ok(Some(_)) if self.left == 0 => {
                self.ended = true;
                Some(Err(SourceProblem::TooLarge("too many rows in one file")))
            }
            Ok(Some(Line::Malformed(why))) => {
                self.left -= 1;
                let line = self.lines.number();
                let problem = RowProblem::new(T::FILE, line, None, Rule::Format, why);
                Some(Ok(Parsed { line, id: None, row: Err(vec![problem]), warnings: Vec::new() }))
            }
            Ok(Some(Line::Record)) => {
                self.left -= 1;
                Some(Ok(self.parse()))
            }
            Err(error) => {
                self.ended = true;
                Some(Err(error.into()))
            }
        }
    }
}
