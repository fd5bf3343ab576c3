//! Looks at a set as a whole before anything is staged: duplicates, references, periods.
//!
//! Every file is streamed once (those whose rows refer to their own file, twice). What is kept in
//! memory of a row is 16 bytes of a hash and a few numbers, never its text, so that 100,000
//! persons with 600,000 enrolments are checked in some tens of megabytes.

use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{Datelike, NaiveDate};
use serde::Serialize;
use sha2::{Digest, Sha256};
use skolhus_domain::refusal::Rule;

use super::problem::{Problems, RowProblem};
use super::rows::{
    AcademicSession, Class, Content, Course, Dates, Demographics, Enrollment, Org, OrgType, Parsed, Record,
    Role, SessionType, SourcedId, User, UserRole,
};
use super::source::{Fingerprint, Mode, Roster, RosterFile, SourceProblem};

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

// --- what is kept of a row --------------------------------------------------

pub(super) type Key = [u8; 16];

fn key(parts: &[&str]) -> Key {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let mut key = [0; 16];
    for (to, from) in key.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    key
}

pub(super) fn id_key(id: &SourcedId) -> Key {
    key(&[id.as_str()])
}

/// Lines are kept in 32 bits; a file of more has been refused long before.
fn short(line: u64) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Active,
    Ended,
    Refused,
}

struct Kept<E> {
    line: u32,
    state: State,
    extra: E,
}

type Index<E> = HashMap<Key, Kept<E>>;

/// Whether an organisation can be a school, and its parent.
#[derive(Default)]
struct OrgExtra {
    above_schools: bool,
    parent: Option<Key>,
}

#[derive(Default)]
struct SessionExtra {
    is_school_year: bool,
    span: Span,
    parent: Option<Key>,
}

#[derive(Default)]
struct ClassExtra {
    school: Key,
    span: Option<Span>,
}

#[derive(Default)]
struct UserExtra {
    has_role: bool,
}

/// First and last day as numbers; open ends are the extremes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Span {
    from: i32,
    to: i32,
}

impl Default for Span {
    fn default() -> Self {
        Self { from: i32::MIN, to: i32::MAX }
    }
}

impl Span {
    fn of(dates: Dates) -> Self {
        let number = |date: NaiveDate| date.num_days_from_ce();
        Self { from: dates.begin.map_or(i32::MIN, number), to: dates.end.map_or(i32::MAX, number) }
    }

    /// Whether the stated ends of `other` lie within.
    fn admits(self, other: Self) -> bool {
        (other.from == i32::MIN || (self.from..=self.to).contains(&other.from))
            && (other.to == i32::MAX || (self.from..=self.to).contains(&other.to))
    }

    fn hull(self, other: Self) -> Self {
        Self { from: self.from.min(other.from), to: self.to.max(other.to) }
    }
}

/// Many small entries, grown in small steps: a doubling vector would need three times its size.
struct Heap<T> {
    parts: Vec<Vec<T>>,
}

impl<T: Ord> Heap<T> {
    fn new() -> Self {
        Self { parts: (0..64).map(|_| Vec::new()).collect() }
    }

    /// Entries of one key lie in one part.
    fn push(&mut self, key: &Key, entry: T) {
        let number = usize::from(key.first().copied().unwrap_or_default() & 63);
        if let Some(part) = self.parts.get_mut(number) {
            if part.len() == part.capacity() {
                part.reserve_exact(64 + part.len() / 8);
            }
            part.push(entry);
        }
    }

    /// Each entry with the one before it, in order.
    fn pairs(&mut self, mut see: impl FnMut(&T, &T)) {
        for part in &mut self.parts {
            part.sort_unstable();
            for (before, after) in part.iter().zip(part.iter().skip(1)) {
                see(before, after);
            }
        }
    }
}

// --- the findings -----------------------------------------------------------

/// A row that refers to something.
#[derive(Clone, Copy)]
struct Spot {
    file: RosterFile,
    line: u64,
}

/// What becomes of a row whose reference leads nowhere.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// The row is refused.
    Refuses,
    /// The row stands without the reference if what it refers to is refused or ended here.
    Loosens,
}

struct Question {
    spot: Spot,
    field: &'static str,
    id: SourcedId,
}

/// The most questions that are put to the register at once.
const QUESTIONS: usize = 1_000;

struct Findings<'a> {
    roster: &'a Roster,
    known: &'a dyn KnownIds,
    report: &'a mut dyn FnMut(Severity, &RowProblem),
    problems: Problems,
    warnings: Problems,
    refused: HashMap<RosterFile, BTreeSet<u32>>,
    counts: BTreeMap<RosterFile, Count>,
    unreadable: BTreeSet<RosterFile>,
    questions: BTreeMap<RosterFile, Vec<Question>>,
    answered: HashSet<(RosterFile, Key)>,
    answered_by_register: u64,
}

impl<'a> Findings<'a> {
    fn new(
        roster: &'a Roster,
        known: &'a dyn KnownIds,
        report: &'a mut dyn FnMut(Severity, &RowProblem),
    ) -> Self {
        Self {
            roster,
            known,
            report,
            problems: Problems::keeping(KEPT),
            warnings: Problems::keeping(KEPT),
            refused: HashMap::new(),
            counts: BTreeMap::new(),
            unreadable: BTreeSet::new(),
            questions: BTreeMap::new(),
            answered: HashSet::new(),
            answered_by_register: 0,
        }
    }

    fn finish(mut self, fingerprint: Fingerprint) -> Checked {
        self.problems.sort();
        self.warnings.sort();
        for (file, lines) in &self.refused {
            if let Some(count) = self.counts.get_mut(file) {
                count.refused = u64::try_from(lines.len()).unwrap_or(u64::MAX);
            }
        }
        Checked {
            fingerprint,
            counts: self.counts,
            problems: self.problems,
            warnings: self.warnings,
            answered_by_register: self.answered_by_register,
            unreadable: self.unreadable,
            refused: self.refused,
        }
    }

    fn refuse_line(&mut self, spot: Spot) {
        self.refused.entry(spot.file).or_default().insert(short(spot.line));
    }

    fn is_refused(&self, file: RosterFile, line: u32) -> bool {
        self.refused.get(&file).is_some_and(|lines| lines.contains(&line))
    }

    fn note(&mut self, severity: Severity, found: RowProblem) {
        (self.report)(severity, &found);
        match severity {
            Severity::Problem => self.problems.note(found),
            Severity::Warning => self.warnings.note(found),
        }
    }

    fn problem(&mut self, spot: Spot, field: &str, rule: Rule, detail: impl Into<String>) {
        self.refuse_line(spot);
        self.note(Severity::Problem, RowProblem::new(spot.file, spot.line, Some(field), rule, detail));
    }

    fn warn(&mut self, spot: Spot, field: &str, rule: Rule, detail: impl Into<String>) {
        self.note(Severity::Warning, RowProblem::new(spot.file, spot.line, Some(field), rule, detail));
    }

    /// Streams a file for the first time: counts, notes the rows' own problems, and lets `see`
    /// have each row, refused ones (with the identifier they still have) as `None`.
    fn first<T: Record>(
        &mut self,
        mut see: impl FnMut(&mut Self, Spot, &SourcedId, Option<Content<T>>) -> Result<(), CheckError>,
    ) -> Result<(), CheckError> {
        if self.roster.mode(T::FILE) == Mode::Absent {
            return Ok(());
        }
        let roster = self.roster;
        roster.rows::<T, _>(|rows| {
            if !rows.header_problems().is_empty() {
                self.unreadable.insert(T::FILE);
            }
            for problem in rows.header_problems() {
                self.note(Severity::Problem, problem.clone());
            }
            for warning in rows.header_warnings() {
                self.note(Severity::Warning, warning.clone());
            }
            let mut count = Count::default();
            for parsed in rows {
                let Parsed { line, id, row, warnings } = parsed?;
                let spot = Spot { file: T::FILE, line };
                count.rows += 1;
                for warning in warnings {
                    self.note(Severity::Warning, warning);
                }
                match row {
                    Ok(row) => {
                        match &row.content {
                            Content::Active(_) => count.active += 1,
                            Content::ToBeDeleted => count.ended += 1,
                        }
                        see(self, spot, &row.id, Some(row.content))?;
                    }
                    Err(problems) => {
                        self.refuse_line(spot);
                        for problem in problems {
                            self.note(Severity::Problem, problem);
                        }
                        if let Some(id) = id {
                            see(self, spot, &id, None)?;
                        }
                    }
                }
            }
            if count.rows == 0 && !self.unreadable.contains(&T::FILE) {
                let detail = "the file has no rows; the standard wants it declared absent then";
                self.note(Severity::Warning, RowProblem::new(T::FILE, 0, None, Rule::Required, detail));
            }
            self.counts.insert(T::FILE, count);
            self.ask_all(0)
        })?
    }

    /// Streams a file again for the references within it.
    fn second<T: Record>(
        &mut self,
        mut see: impl FnMut(&mut Self, Spot, &SourcedId, T) -> Result<(), CheckError>,
    ) -> Result<(), CheckError> {
        let roster = self.roster;
        roster.rows::<T, _>(|rows| {
            for parsed in rows {
                let parsed = parsed?;
                if let Ok(row) = parsed.row
                    && let Content::Active(content) = row.content
                {
                    see(self, Spot { file: T::FILE, line: parsed.line }, &row.id, content)?;
                }
            }
            self.ask_all(0)
        })?
    }

    /// Enters a row under its identifier; the second of that name is refused.
    fn enter<E: Default>(
        &mut self,
        index: &mut Index<E>,
        spot: Spot,
        id: &SourcedId,
        state: State,
        extra: E,
    ) -> bool {
        match index.entry(id_key(id)) {
            Slot::Vacant(slot) => {
                slot.insert(Kept { line: short(spot.line), state, extra });
                true
            }
            Slot::Occupied(slot) => {
                let detail = format!("line {} has the same identifier", slot.get().line);
                self.problem(spot, "sourcedId", Rule::Duplicate, detail);
                false
            }
        }
    }

    /// Follows a reference; gives what it leads to when that is in the set and stands.
    fn follow<'i, E>(
        &mut self,
        spot: Spot,
        field: &'static str,
        (target, index): (RosterFile, &'i Index<E>),
        id: &SourcedId,
        weight: Weight,
    ) -> Result<Option<&'i E>, CheckError> {
        let Some(kept) = index.get(&id_key(id)) else {
            if self.unreadable.contains(&target) {
                let detail = format!("{target}, to which it refers, cannot be read");
                self.problem(spot, field, Rule::UnknownReference, detail);
            } else if self.roster.mode(target) == Mode::Bulk {
                let detail = format!("nothing in {target} has this identifier");
                self.problem(spot, field, Rule::UnknownReference, detail);
            } else if !self.answered.contains(&(target, id_key(id))) {
                self.questions.entry(target).or_default().push(Question { spot, field, id: id.clone() });
                self.ask_all(QUESTIONS)?;
            } else {
                self.answered_by_register += 1;
            }
            return Ok(None);
        };
        let refused = kept.state == State::Refused || self.is_refused(target, kept.line);
        let (rule, what) = match kept.state {
            _ if refused => (Rule::UnknownReference, "is refused itself"),
            State::Ended => (Rule::State, "ends in this set"),
            _ => return Ok(Some(&kept.extra)),
        };
        let detail = format!("line {} of {target}, to which it refers, {what}", kept.line);
        match weight {
            Weight::Refuses => self.problem(spot, field, rule, detail),
            Weight::Loosens => self.warn(spot, field, rule, detail),
        }
        Ok(None)
    }

    /// Puts the questions of every kind that has at least `most` of them.
    fn ask_all(&mut self, most: usize) -> Result<(), CheckError> {
        let full: Vec<RosterFile> = self
            .questions
            .iter()
            .filter(|(_, questions)| questions.len() >= most.max(1))
            .map(|(kind, _)| *kind)
            .collect();
        for kind in full {
            let questions = self.questions.remove(&kind).unwrap_or_default();
            let mut distinct = BTreeSet::new();
            let ids: Vec<SourcedId> = questions
                .iter()
                .filter(|question| distinct.insert(id_key(&question.id)))
                .map(|question| question.id.clone())
                .collect();
            let answers = self.known.known(kind, &ids).map_err(CheckError::Known)?;
            let known: BTreeSet<Key> =
                ids.iter().zip(answers).filter(|(_, known)| *known).map(|(id, _)| id_key(id)).collect();
            self.answered.extend(known.iter().map(|key| (kind, *key)));
            for Question { spot, field, id } in questions {
                if known.contains(&id_key(&id)) {
                    self.answered_by_register += 1;
                } else {
                    let detail = format!("nothing in {kind}, nor in the register, has this identifier");
                    self.problem(spot, field, Rule::UnknownReference, detail);
                }
            }
        }
        Ok(())
    }

    // --- file by file -------------------------------------------------------

    fn orgs(&mut self) -> Result<Index<OrgExtra>, CheckError> {
        let mut index = Index::new();
        self.first::<Org>(|findings, spot, id, content| {
            let (state, extra) = match content {
                None => (State::Refused, OrgExtra::default()),
                Some(Content::ToBeDeleted) => (State::Ended, OrgExtra::default()),
                Some(Content::Active(org)) => (
                    State::Active,
                    OrgExtra {
                        above_schools: !matches!(
                            org.kind,
                            OrgType::School | OrgType::Department | OrgType::Extension(_)
                        ),
                        parent: org.parent.as_ref().map(id_key),
                    },
                ),
            };
            findings.enter(&mut index, spot, id, state, extra);
            Ok(())
        })?;
        if index.values().any(|org| org.extra.parent.is_some()) {
            self.second::<Org>(|findings, spot, _, org| {
                if let Some(parent) = &org.parent {
                    let target = (RosterFile::Orgs, &index);
                    findings.follow(spot, "parentSourcedId", target, parent, Weight::Refuses)?;
                }
                Ok(())
            })?;
            self.walk_up(RosterFile::Orgs, &index, |org| org.parent);
        }
        Ok(index)
    }

    fn sessions(&mut self) -> Result<Index<SessionExtra>, CheckError> {
        let mut index = Index::new();
        self.first::<AcademicSession>(|findings, spot, id, content| {
            let (state, extra) = match content {
                None => (State::Refused, SessionExtra::default()),
                Some(Content::ToBeDeleted) => (State::Ended, SessionExtra::default()),
                Some(Content::Active(session)) => (
                    State::Active,
                    SessionExtra {
                        is_school_year: session.kind == SessionType::SchoolYear,
                        span: Span::of(session.dates),
                        parent: session.parent.as_ref().map(id_key),
                    },
                ),
            };
            findings.enter(&mut index, spot, id, state, extra);
            Ok(())
        })?;
        if index.values().any(|session| session.extra.parent.is_some()) {
            self.second::<AcademicSession>(|findings, spot, _, session| {
                let Some(parent) = &session.parent else { return Ok(()) };
                let target = (RosterFile::AcademicSessions, &index);
                let parent = findings.follow(spot, "parentSourcedId", target, parent, Weight::Refuses)?;
                let span = Span::of(session.dates);
                if let Some(parent) = parent
                    && !parent.span.admits(span)
                {
                    let field = if span.from < parent.span.from { "startDate" } else { "endDate" };
                    findings.warn(spot, field, Rule::OutsidePeriod, "lies outside the session it is part of");
                }
                Ok(())
            })?;
            self.walk_up(RosterFile::AcademicSessions, &index, |session| session.parent);
        }
        Ok(index)
    }

    /// Refuses what is its own forebear, and what stands under something refused.
    fn walk_up<E>(&mut self, file: RosterFile, index: &Index<E>, parent: impl Fn(&E) -> Option<Key>) {
        // Whether all the way up is sound, for each key walked so far.
        let mut sound: HashMap<Key, bool> = HashMap::new();
        let mut order: Vec<(u32, Key)> = index
            .iter()
            .filter(|(_, kept)| kept.state == State::Active)
            .map(|(key, kept)| (kept.line, *key))
            .collect();
        order.sort_unstable();
        for (_, start) in order {
            let mut path: Vec<Key> = Vec::new();
            let mut on_path = HashSet::new();
            let mut at = Some(start);
            let mut top_is_sound = true;
            let mut circle = None;
            while let Some(key) = at {
                if let Some(known) = sound.get(&key) {
                    top_is_sound = *known;
                    break;
                }
                if !on_path.insert(key) {
                    circle = Some(key);
                    top_is_sound = false;
                    break;
                }
                path.push(key);
                at = index.get(&key).and_then(|kept| parent(&kept.extra));
            }
            let in_circle: HashSet<Key> = match circle {
                None => HashSet::new(),
                Some(first) => path.iter().copied().skip_while(|key| *key != first).collect(),
            };
            for key in path.iter().rev() {
                let Some(kept) = index.get(key) else { continue };
                let spot = Spot { file, line: u64::from(kept.line) };
                let own = kept.state != State::Refused && !self.is_refused(file, kept.line);
                if in_circle.contains(key) {
                    self.problem(spot, "parentSourcedId", Rule::Conflict, "stands above itself");
                } else if own && !top_is_sound {
                    let detail = "what it belongs to is refused itself";
                    self.problem(spot, "parentSourcedId", Rule::UnknownReference, detail);
                }
                top_is_sound &= own && !in_circle.contains(key);
                sound.insert(*key, top_is_sound);
            }
        }
    }

    fn courses(
        &mut self,
        orgs: &Index<OrgExtra>,
        sessions: &Index<SessionExtra>,
    ) -> Result<Index<()>, CheckError> {
        let mut index = Index::new();
        self.first::<Course>(|findings, spot, id, content| {
            let state = match content {
                None => State::Refused,
                Some(Content::ToBeDeleted) => State::Ended,
                Some(Content::Active(course)) => {
                    let target = (RosterFile::Orgs, orgs);
                    findings.follow(spot, "orgSourcedId", target, &course.org, Weight::Refuses)?;
                    if let Some(year) = &course.school_year {
                        let target = (RosterFile::AcademicSessions, sessions);
                        let field = "schoolYearSourcedId";
                        let year = findings.follow(spot, field, target, year, Weight::Refuses)?;
                        if year.is_some_and(|year| !year.is_school_year) {
                            findings.warn(
                                spot,
                                field,
                                Rule::Conflict,
                                "refers to a session that is no school year",
                            );
                        }
                    }
                    State::Active
                }
            };
            findings.enter(&mut index, spot, id, state, ());
            Ok(())
        })?;
        Ok(index)
    }

    fn classes(
        &mut self,
        orgs: &Index<OrgExtra>,
        sessions: &Index<SessionExtra>,
        courses: &Index<()>,
    ) -> Result<Index<ClassExtra>, CheckError> {
        let mut index = Index::new();
        self.first::<Class>(|findings, spot, id, content| {
            let (state, extra) = match content {
                None => (State::Refused, ClassExtra::default()),
                Some(Content::ToBeDeleted) => (State::Ended, ClassExtra::default()),
                Some(Content::Active(class)) => {
                    let target = (RosterFile::Courses, courses);
                    findings.follow(spot, "courseSourcedId", target, &class.course, Weight::Refuses)?;
                    findings.school(spot, orgs, &class.school)?;
                    let mut span: Option<Span> = None;
                    let mut all_here = true;
                    for term in &class.terms {
                        let target = (RosterFile::AcademicSessions, sessions);
                        match findings.follow(spot, "termSourcedIds", target, term, Weight::Refuses)? {
                            Some(term) => span = Some(span.map_or(term.span, |span| span.hull(term.span))),
                            None => all_here = false,
                        }
                    }
                    let span = span.filter(|_| all_here);
                    (State::Active, ClassExtra { school: id_key(&class.school), span })
                }
            };
            findings.enter(&mut index, spot, id, state, extra);
            Ok(())
        })?;
        Ok(index)
    }

    fn school(&mut self, spot: Spot, orgs: &Index<OrgExtra>, school: &SourcedId) -> Result<(), CheckError> {
        const FIELD: &str = "schoolSourcedId";
        let org = self.follow(spot, FIELD, (RosterFile::Orgs, orgs), school, Weight::Refuses)?;
        if org.is_some_and(|org| org.above_schools) {
            self.problem(spot, FIELD, Rule::Conflict, "refers to an organisation that is no school");
        }
        Ok(())
    }

    fn users(&mut self, orgs: &Index<OrgExtra>) -> Result<Index<UserExtra>, CheckError> {
        let mut index = Index::new();
        let mut agents = false;
        self.first::<User>(|findings, spot, id, content| {
            let state = match content {
                None => State::Refused,
                Some(Content::ToBeDeleted) => State::Ended,
                Some(Content::Active(user)) => {
                    agents |= !user.agents.is_empty();
                    if let Some(org) = &user.primary_org {
                        let target = (RosterFile::Orgs, orgs);
                        findings.follow(spot, "primaryOrgSourcedId", target, org, Weight::Refuses)?;
                    }
                    State::Active
                }
            };
            findings.enter(&mut index, spot, id, state, UserExtra::default());
            Ok(())
        })?;
        if agents {
            self.second::<User>(|findings, spot, id, user| {
                for agent in &user.agents {
                    if agent == id {
                        let detail = "a person is no agent of themselves";
                        findings.problem(spot, "agentSourcedIds", Rule::Conflict, detail);
                        continue;
                    }
                    let target = (RosterFile::Users, &index);
                    findings.follow(spot, "agentSourcedIds", target, agent, Weight::Loosens)?;
                }
                Ok(())
            })?;
        }
        Ok(index)
    }

    fn roles(&mut self, orgs: &Index<OrgExtra>, users: &mut Index<UserExtra>) -> Result<(), CheckError> {
        let mut index = Identifiers::new();
        let mut spans = Spans::new();
        self.first::<Role>(|findings, spot, id, content| {
            index.enter(spot, id);
            let Some(Content::Active(role)) = content else { return Ok(()) };
            let target = (RosterFile::Users, &*users);
            findings.follow(spot, "userSourcedId", target, &role.user, Weight::Refuses)?;
            findings.follow(spot, "orgSourcedId", (RosterFile::Orgs, orgs), &role.org, Weight::Refuses)?;
            if let Some(user) = users.get_mut(&id_key(&role.user)) {
                user.extra.has_role = true;
            }
            if role.role == UserRole::Student {
                spans.enter(spot, &[role.user.as_str(), role.org.as_str()], Span::of(role.dates));
            }
            Ok(())
        })?;
        index.finish(self, RosterFile::Roles);
        spans.finish(self, RosterFile::Roles, "a student's roles at one organisation");
        if self.roster.mode(RosterFile::Roles) == Mode::Bulk && !self.unreadable.contains(&RosterFile::Roles)
        {
            let mut without: Vec<u32> = users
                .values()
                .filter(|user| user.state == State::Active && !user.extra.has_role)
                .map(|user| user.line)
                .collect();
            without.sort_unstable();
            for line in without {
                let spot = Spot { file: RosterFile::Users, line: u64::from(line) };
                self.warn(spot, "sourcedId", Rule::Conflict, "the person has no role in roles.csv");
            }
        }
        Ok(())
    }

    fn enrollments(
        &mut self,
        orgs: &Index<OrgExtra>,
        classes: &Index<ClassExtra>,
        users: &Index<UserExtra>,
    ) -> Result<(), CheckError> {
        let mut index = Identifiers::new();
        let mut spans = Spans::new();
        self.first::<Enrollment>(|findings, spot, id, content| {
            index.enter(spot, id);
            let Some(Content::Active(enrollment)) = content else { return Ok(()) };
            let target = (RosterFile::Classes, classes);
            let class =
                findings.follow(spot, "classSourcedId", target, &enrollment.class, Weight::Refuses)?;
            let target = (RosterFile::Users, users);
            findings.follow(spot, "userSourcedId", target, &enrollment.user, Weight::Refuses)?;
            findings.school(spot, orgs, &enrollment.school)?;
            let span = Span::of(enrollment.dates);
            if let Some(class) = class {
                if class.school != id_key(&enrollment.school) {
                    findings.warn(spot, "schoolSourcedId", Rule::Conflict, "is not the school of the class");
                }
                if let Some(terms) = class.span
                    && !terms.admits(span)
                {
                    let field = if span.from != i32::MIN && !(terms.from..=terms.to).contains(&span.from) {
                        "beginDate"
                    } else {
                        "endDate"
                    };
                    findings.warn(spot, field, Rule::OutsidePeriod, "lies outside the terms of the class");
                }
            }
            let same = [enrollment.user.as_str(), enrollment.class.as_str(), enrollment.role.word()];
            spans.enter(spot, &same, span);
            Ok(())
        })?;
        index.finish(self, RosterFile::Enrollments);
        spans.finish(self, RosterFile::Enrollments, "a person's enrollments in one class in one role");
        Ok(())
    }

    fn demographics(&mut self, users: &Index<UserExtra>) -> Result<(), CheckError> {
        let mut index = Identifiers::new();
        self.first::<Demographics>(|findings, spot, id, content| {
            index.enter(spot, id);
            if let Some(Content::Active(_)) = content {
                findings.follow(spot, "sourcedId", (RosterFile::Users, users), id, Weight::Refuses)?;
            }
            Ok(())
        })?;
        index.finish(self, RosterFile::Demographics);
        Ok(())
    }
}

/// Identifiers to which nothing refers: only that none stands there twice.
struct Identifiers {
    seen: Heap<(Key, u32)>,
}

impl Identifiers {
    fn new() -> Self {
        Self { seen: Heap::new() }
    }

    fn enter(&mut self, spot: Spot, id: &SourcedId) {
        let key = id_key(id);
        self.seen.push(&key, (key, short(spot.line)));
    }

    fn finish(mut self, findings: &mut Findings<'_>, file: RosterFile) {
        self.seen.pairs(|(key, line), (next_key, next_line)| {
            if key == next_key {
                let spot = Spot { file, line: u64::from(*next_line) };
                let detail = format!("line {line} has the same identifier");
                findings.problem(spot, "sourcedId", Rule::Duplicate, detail);
            }
        });
    }
}

/// Periods that may not share a day where the key is the same.
struct Spans {
    seen: Heap<(Key, i32, i32, u32)>,
}

impl Spans {
    fn new() -> Self {
        Self { seen: Heap::new() }
    }

    fn enter(&mut self, spot: Spot, same: &[&str], span: Span) {
        let key = key(same);
        self.seen.push(&key, (key, span.from, span.to, short(spot.line)));
    }

    fn finish(mut self, findings: &mut Findings<'_>, file: RosterFile, what: &str) {
        // The latest end so far of the key at hand, and its line.
        let mut latest: Option<(Key, i32, u32)> = None;
        self.seen.pairs(|(key, _, to, line), (next_key, next_from, _, next_line)| {
            if latest.is_none_or(|(of, end, _)| of != *key || end < *to) {
                latest = Some((*key, *to, *line));
            }
            if let Some((of, end, line)) = latest
                && of == *next_key
                && *next_from <= end
            {
                let (first, second) = (line.min(*next_line), line.max(*next_line));
                let spot = Spot { file, line: u64::from(second) };
                let detail = format!("{what} may not overlap; line {first} does");
                findings.problem(spot, "beginDate", Rule::Overlap, detail);
            }
        });
    }
}
