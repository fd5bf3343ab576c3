//! One entry of a code table, and the checks it passes on the way in.

use chrono::NaiveDate;
use serde::Serialize;

use crate::period::Period;
use crate::refusal::{Refusal, Refusals, Rule};
use crate::text::Text;

/// A code as it stands in a code table: 1 to 40 ASCII letters, digits and hyphens, case kept.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(transparent)]
pub struct Code(String);

impl Code {
    /// The most characters a code may have.
    pub const LONGEST: usize = 40;

    /// A code that is well written; whether a table holds it is another question
    /// ([`find`](crate::code::find)).
    ///
    /// # Errors
    /// [`Rule::Required`] when blank, [`Rule::TooLong`], [`Rule::Format`]. The refused value is
    /// not repeated: what stands in the wrong field may be personal.
    pub fn new(raw: &str) -> Result<Self, Refusal> {
        let raw = raw.trim();
        if raw.is_empty() {
            return Err(Refusal::new(Rule::Required, "may not be blank"));
        }
        if raw.chars().count() > Self::LONGEST {
            let longest = Self::LONGEST;
            return Err(Refusal::new(Rule::TooLong, format!("a code has at most {longest} characters")));
        }
        if !raw.chars().all(|character| character.is_ascii_alphanumeric() || character == '-') {
            return Err(Refusal::new(
                Rule::Format,
                "a code is written with the letters A to Z, digits and hyphens",
            ));
        }
        Ok(Self(raw.to_owned()))
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// An entry of a code table: what a code means, and when it may be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodeEntry {
    /// The code, unique in its table on any one day.
    pub code: Code,
    /// What it is called in Swedish.
    pub name_sv: Text,
    /// What it is called in English.
    pub name_en: Text,
    /// The days on which it may be used.
    pub valid: Period,
    /// Whether the entry follows one public source without contradiction. What is not verified
    /// may be used, and is shown as such to those who keep the tables.
    pub verified: bool,
    /// Where the entry comes from, and what is uncertain about it.
    pub note: Option<Text>,
}

impl AsRef<CodeEntry> for CodeEntry {
    fn as_ref(&self) -> &CodeEntry {
        self
    }
}

/// An entry as someone enters it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewCodeEntry<'a> {
    /// See [`Code::new`].
    pub code: &'a str,
    /// 1 to 200 characters.
    pub name_sv: &'a str,
    /// 1 to 200 characters.
    pub name_en: &'a str,
    /// First day and last day (none: until further notice) of use.
    pub valid: (NaiveDate, Option<NaiveDate>),
    /// See [`CodeEntry::verified`].
    pub verified: bool,
    /// At most 1000 characters.
    pub note: Option<&'a str>,
}

impl NewCodeEntry<'_> {
    /// Checks every field.
    ///
    /// # Errors
    /// One refusal per field that is wrong, at `/code`, `/nameSv`, `/nameEn`, `/valid/from`,
    /// `/valid/to` and `/note`.
    pub fn validate(self) -> Result<CodeEntry, Refusals> {
        let mut refusals = Refusals::default();
        let code = refusals.note("/code", Code::new(self.code));
        let name_sv = refusals.note("/nameSv", Text::line(self.name_sv, 200));
        let name_en = refusals.note("/nameEn", Text::line(self.name_en, 200));
        let valid = refusals.note("/valid", Period::new(self.valid.0, self.valid.1));
        let note = self.note.and_then(|note| refusals.note("/note", Text::lines(note, 1000)));
        match (code, name_sv, name_en, valid, refusals.finish()) {
            (Some(code), Some(name_sv), Some(name_en), Some(valid), Ok(())) => {
                Ok(CodeEntry { code, name_sv, name_en, valid, verified: self.verified, note })
            }
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}

/// How many course days a course of a type has, where the type says so.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CourseDays {
    /// At least so many course days.
    pub min: Option<u32>,
    /// At most so many course days.
    pub max: Option<u32>,
}

impl CourseDays {
    /// Whether a course of so many days can be of the type.
    #[must_use]
    pub fn admits(self, days: u32) -> bool {
        self.min.is_none_or(|min| min <= days) && self.max.is_none_or(|max| days <= max)
    }
}

impl std::fmt::Display for CourseDays {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.min, self.max) {
            (Some(min), Some(max)) => write!(f, "{min} to {max} course days"),
            (Some(min), None) => write!(f, "at least {min} course days"),
            (None, Some(max)) => write!(f, "at most {max} course days"),
            (None, None) => f.write_str("any number of course days"),
        }
    }
}

/// A course type (kurstyp): an entry, and how many days its courses have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CourseType {
    /// Code, names and validity.
    pub entry: CodeEntry,
    /// The stated bounds.
    pub days: CourseDays,
}

impl AsRef<CodeEntry> for CourseType {
    fn as_ref(&self) -> &CodeEntry {
        &self.entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 8, day).unwrap();
        let entry = NewCodeEntry {
            code: "åäö",
            name_sv: " ",
            name_en: "General course",
            valid: (day(2), Some(day(1))),
            verified: true,
            note: Some("\0"),
        };
        let refusals = entry.validate().unwrap_err().0;
        let places: Vec<_> =
            refusals.iter().map(|refusal| (refusal.pointer.as_str(), refusal.rule)).collect();
        assert_eq!(
            places,
            [
                ("/code", Rule::Format),
                ("/nameSv", Rule::Required),
                ("/valid/to", Rule::PeriodReversed),
                ("/note", Rule::ForbiddenCharacter)
            ]
        );
    }

    #[test]
    fn a_refused_code_is_not_repeated() {
        let refusal = Code::new("19121212_1212").unwrap_err();
        assert!(!refusal.detail.contains("1212"), "{}", refusal.detail);
    }
}
