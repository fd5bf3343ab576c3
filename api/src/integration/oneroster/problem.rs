//! What is wrong with a row, and where: file, line, field, rule.

use std::fmt;

use serde::Serialize;
use skolhus_domain::refusal::{Refusal, Rule};

use super::source::RosterFile;

/// One problem (the row is refused) or warning (the row is taken, but look at it).
///
/// Holds no personal data: the field's name and the rule, never the field's value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RowProblem {
    /// The file.
    pub file: RosterFile,
    /// The line, counted from 1 (the header); 0 when it is about the file as a whole.
    pub line: u64,
    /// The column; none when it is about the whole line.
    pub field: Option<String>,
    /// The rule.
    pub code: Code,
    /// What is wrong and what would be right, for a person.
    pub detail: String,
}

/// A [`Rule`] that can be sorted by its published name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(transparent)]
pub struct Code(pub Rule);

impl Ord for Code {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0 as usize).cmp(&(other.0 as usize))
    }
}

impl PartialOrd for Code {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl RowProblem {
    /// A problem of one field.
    pub fn new(
        file: RosterFile,
        line: u64,
        field: Option<&str>,
        rule: Rule,
        detail: impl Into<String>,
    ) -> Self {
        Self { file, line, field: field.map(str::to_owned), code: Code(rule), detail: detail.into() }
    }

    /// A refusal by the domain of a value that came from `field`. The caller answers for the
    /// detail: it may not repeat the value.
    #[must_use]
    pub fn refused(file: RosterFile, line: u64, field: &str, refusal: Refusal) -> Self {
        Self::new(file, line, Some(field), refusal.rule, refusal.detail)
    }
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if self.line > 0 {
            write!(f, " line {}", self.line)?;
        }
        if let Some(field) = &self.field {
            write!(f, ", {field}")?;
        }
        write!(f, ": {}", self.detail)
    }
}

/// Problems as they are found: the first ones kept, all of them counted.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Problems {
    kept: Vec<RowProblem>,
    total: u64,
    #[serde(skip)]
    keep: usize,
}

impl Problems {
    /// Keeps at most `keep` of them.
    #[must_use]
    pub fn keeping(keep: usize) -> Self {
        Self { kept: Vec::new(), total: 0, keep }
    }

    /// Notes one.
    pub fn note(&mut self, problem: RowProblem) {
        self.total += 1;
        if self.kept.len() < self.keep {
            self.kept.push(problem);
        }
    }

    /// Those kept, by file and line once [`Problems::sort`] has run.
    #[must_use]
    pub fn kept(&self) -> &[RowProblem] {
        &self.kept
    }

    /// How many there were, kept or not.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Whether there were none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// Brings those kept into the order of the files and lines.
    pub fn sort(&mut self) {
        self.kept.sort();
    }
}
