//! What a check finds as it goes from file to file, and how it follows references.

use std::collections::hash_map::Entry as Slot;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use skolhus_domain::refusal::Rule;

use super::super::problem::{Problems, RowProblem};
use super::super::rows::{Content, Parsed, Record, SourcedId};
use super::super::source::{Fingerprint, Mode, Roster, RosterFile};
use super::kept::{Index, Kept, Key, State, id_key, short};
use super::{CheckError, Checked, Count, KEPT, KnownIds, Severity};

/// A row that refers to something.
#[derive(Clone, Copy)]
pub(super) struct Spot {
    pub(super) file: RosterFile,
    pub(super) line: u64,
}

/// What becomes of a row whose reference leads nowhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
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

pub(super) struct Findings<'a> {
    pub(super) roster: &'a Roster,
    known: &'a dyn KnownIds,
    report: &'a mut dyn FnMut(Severity, &RowProblem),
    problems: Problems,
    warnings: Problems,
    refused: HashMap<RosterFile, BTreeSet<u32>>,
    counts: BTreeMap<RosterFile, Count>,
    pub(super) unreadable: BTreeSet<RosterFile>,
    questions: BTreeMap<RosterFile, Vec<Question>>,
    answered: HashSet<(RosterFile, Key)>,
    answered_by_register: u64,
}

impl<'a> Findings<'a> {
    pub(super) fn new(
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

    pub(super) fn finish(mut self, fingerprint: Fingerprint) -> Checked {
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

    pub(super) fn is_refused(&self, file: RosterFile, line: u32) -> bool {
        self.refused.get(&file).is_some_and(|lines| lines.contains(&line))
    }

    pub(super) fn note(&mut self, severity: Severity, found: RowProblem) {
        (self.report)(severity, &found);
        match severity {
            Severity::Problem => self.problems.note(found),
            Severity::Warning => self.warnings.note(found),
        }
    }

    pub(super) fn problem(&mut self, spot: Spot, field: &str, rule: Rule, detail: impl Into<String>) {
        self.refuse_line(spot);
        self.note(Severity::Problem, RowProblem::new(spot.file, spot.line, Some(field), rule, detail));
    }

    pub(super) fn warn(&mut self, spot: Spot, field: &str, rule: Rule, detail: impl Into<String>) {
        self.note(Severity::Warning, RowProblem::new(spot.file, spot.line, Some(field), rule, detail));
    }

    /// Streams a file for the first time: counts, notes the rows' own problems, and lets `see`
    /// have each row, refused ones (with the identifier they still have) as `None`.
    pub(super) fn first<T: Record>(
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
    pub(super) fn second<T: Record>(
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
    pub(super) fn enter<E: Default>(
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
    pub(super) fn follow<'i, E>(
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
}
