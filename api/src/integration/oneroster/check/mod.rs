//! Looks at a set as a whole before anything is staged: duplicates, references, periods.
//!
//! Every file is streamed once (those whose rows refer to their own file, twice). What is kept in
//! memory of a row is 16 bytes of a hash and a few numbers, never its text, so that 100,000
//! persons with 600,000 enrolments are checked in some tens of megabytes.

mod across;
mod classes;
mod courses;
mod demographics;
mod enrollments;
mod findings;
mod forebears;
mod kept;
mod orgs;
mod roles;
mod sessions;
mod users;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use findings::Findings;
use kept::short;
use serde::Serialize;

use super::problem::{Problems, RowProblem};
use super::rows::SourcedId;
use super::source::{Fingerprint, Roster, RosterFile, SourceProblem};

pub(super) use kept::{Key, id_key};

/// What is known already. A delta, or a set without some files, refers to what came before.
pub trait KnownIds {
    /// Says of each identifier, in order, whether something of that file's kind bears it and has
    /// not ended. Called with at most 1,000 identifiers, none of them twice in one call.
    ///
    /// # Errors
    /// Whatever keeps the caller from knowing; the check ends with it.
    fn known(&self, kind: RosterFile, ids: &[SourcedId]) -> Result<Vec<bool>, Unavailable>;
}

/// Why [`KnownIds`] cannot answer.
pub type Unavailable = Box<dyn std::error::Error + Send + Sync>;

/// Knows nothing: an empty register.
#[derive(Clone, Copy, Debug)]
pub struct NothingKnown;

impl KnownIds for NothingKnown {
    fn known(&self, _: RosterFile, ids: &[SourcedId]) -> Result<Vec<bool>, Unavailable> {
        Ok(vec![false; ids.len()])
    }
}

/// Why a check could not be brought to its end.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The set cannot be read.
    #[error(transparent)]
    Source(#[from] SourceProblem),
    /// What is known already cannot be asked.
    #[error("what is known already could not be looked up")]
    Known(#[source] Unavailable),
}

/// How many rows a file has.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub struct Count {
    /// All of them.
    pub rows: u64,
    /// Those that are so.
    pub active: u64,
    /// Those that say that something has ended.
    pub ended: u64,
    /// Those with a problem, whatever they say.
    pub refused: u64,
}

/// What a check found.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// The set's fingerprint when it was checked.
    pub fingerprint: Fingerprint,
    /// Rows per file, for the files that are read and not absent.
    pub counts: BTreeMap<RosterFile, Count>,
    /// What keeps the set from being applied.
    pub problems: Problems,
    /// What does not, but should be looked at.
    pub warnings: Problems,
    /// References that this set does not answer and the register did.
    pub answered_by_register: u64,
    /// Files whose header is wrong, none of whose rows can be read.
    pub unreadable: BTreeSet<RosterFile>,
    #[serde(skip)]
    refused: HashMap<RosterFile, BTreeSet<u32>>,
}

impl Checked {
    /// Whether everything may be applied.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.problems.is_empty()
    }

    /// Whether the row on this line has a problem, and is left out of a partial import.
    #[must_use]
    pub fn is_refused(&self, file: RosterFile, line: u64) -> bool {
        self.refused.get(&file).is_some_and(|lines| lines.contains(&short(line)))
    }
}

/// How many problems, and how many warnings, are kept.
pub const KEPT: usize = 1_000;

/// Whether a row is refused for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The row is refused.
    Problem,
    /// The row is taken.
    Warning,
}

/// Checks a set against itself and against what is known already.
///
/// # Errors
/// When the set or what is known cannot be read to the end; problems of the set are no error.
pub fn check(roster: &Roster, known: &dyn KnownIds) -> Result<Checked, CheckError> {
    check_reporting(roster, known, &mut |_, _| {})
}

/// As [`check`], and tells `report` of every problem and warning as it is found, also those
/// beyond [`KEPT`]. Every refused row is reported at least once.
///
/// # Errors
/// As [`check`].
pub fn check_reporting(
    roster: &Roster,
    known: &dyn KnownIds,
    report: &mut dyn FnMut(Severity, &RowProblem),
) -> Result<Checked, CheckError> {
    let fingerprint = roster.fingerprint()?;
    let mut findings = Findings::new(roster, known, report);
    for warning in roster.warnings() {
        findings.note(Severity::Warning, warning.clone());
    }
    let orgs = findings.orgs()?;
    let sessions = findings.sessions()?;
    let courses = findings.courses(&orgs, &sessions)?;
    let classes = findings.classes(&orgs, &sessions, &courses)?;
    let mut users = findings.users(&orgs)?;
    findings.roles(&orgs, &mut users)?;
    findings.enrollments(&orgs, &classes, &users)?;
    findings.demographics(&users)?;
    if roster.fingerprint()? != fingerprint {
        return Err(SourceProblem::Changed.into());
    }
    Ok(findings.finish(fingerprint))
}
