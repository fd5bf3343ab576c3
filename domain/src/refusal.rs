//! Why a value is refused: a rule, the place in the input, and words for a person.

use serde::Serialize;

/// The rule that a value breaks. The name is part of the published interface
/// (`errors[].code`), so a rule is never renamed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Rule {
    /// A value that must be there is missing or blank.
    Required,
    /// Shorter than allowed.
    TooShort,
    /// Longer than allowed.
    TooLong,
    /// A number or date outside its range.
    OutOfRange,
    /// Not written as this kind of value is written.
    Format,
    /// A control character or another character that text may not hold.
    ForbiddenCharacter,
    /// The check digit does not fit the other digits.
    CheckDigit,
    /// A last day before the first day.
    PeriodReversed,
    /// A value used on a day on which it is not valid.
    OutsidePeriod,
    /// Two periods that may not share a day do, or two lessons are at the same time.
    Overlap,
    /// A code that its code table does not hold.
    UnknownCode,
    /// Something that must be unique occurs twice.
    Duplicate,
    /// A reference to something that does not exist, as far as the caller may see.
    UnknownReference,
    /// The step is not possible from the present state.
    State,
    /// No place is left.
    Capacity,
    /// Two values that do not fit together.
    Conflict,
    /// A field that this operation does not know.
    UnknownField,
    /// What the caller's roles do not open.
    NotPermitted,
}

impl Rule {
    /// Whether the value is refused for how it is written, whatever the register holds.
    #[must_use]
    pub fn is_of_writing(self) -> bool {
        matches!(
            self,
            Self::TooShort
                | Self::TooLong
                | Self::OutOfRange
                | Self::Format
                | Self::ForbiddenCharacter
                | Self::CheckDigit
                | Self::UnknownField
        )
    }
}

/// One refused value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, thiserror::Error)]
#[error("{pointer}: {detail}")]
pub struct Refusal {
    /// The rule it breaks.
    #[serde(rename = "code")]
    pub rule: Rule,
    /// Where, as a JSON Pointer (RFC 6901) into the request; empty for the whole of it.
    pub pointer: String,
    /// What is wrong and what would be right, for a person. Never holds another person's data.
    pub detail: String,
}

impl Refusal {
    /// A refusal of the whole value; say where it stands with [`Refusal::at`].
    pub fn new(rule: Rule, detail: impl Into<String>) -> Self {
        Self { rule, pointer: String::new(), detail: detail.into() }
    }

    /// The same refusal, one level further out: `prefix` is put before the pointer.
    #[must_use]
    pub fn at(mut self, prefix: &str) -> Self {
        self.pointer.insert_str(0, prefix);
        self
    }
}

/// Several refused values, in the order of the input. Never empty where it is an error.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Refusals(pub Vec<Refusal>);

impl Refusals {
    /// Keeps a result's value, or notes its refusal under `prefix` and goes on.
    pub fn note<T>(&mut self, prefix: &str, result: Result<T, Refusal>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(refusal) => {
                self.0.push(refusal.at(prefix));
                None
            }
        }
    }

    /// `Ok` when nothing was refused.
    ///
    /// # Errors
    /// All the refusals noted.
    pub fn finish(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl From<Refusal> for Refusals {
    fn from(refusal: Refusal) -> Self {
        Self(vec![refusal])
    }
}
