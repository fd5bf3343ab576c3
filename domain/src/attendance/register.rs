//! The registration of a lesson: one for each, with a mark for each person.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, Utc};

use super::{Entry, Mark, NewMark};
use crate::code::coded;
use crate::id::{AbsenceReportId, LeaveRequestId, LessonId, PersonId};
use crate::instant::bounds_of_day;
use crate::participation::Reason;
use crate::refusal::{Refusal, Refusals, Rule};
use crate::schedule::Lesson;

/// How many days before the day of a lesson its registration opens: none, so that it opens at the midnight with which
/// the day begins. In the morning a teacher knows who is on an excursion; the day before, a mark would be a guess, and
/// what is known beforehand is an absence report or a leave.
pub const OPENS_DAYS_BEFORE: u64 = 0;

coded! {
    /// Whether a lesson's registration is finished.
    RegisterState("state of a register") {
        /// Marks may be entered.
        Open = "open",
        /// Everybody expected had a mark when it was closed; what follows from it (notices home) may follow.
        Closed = "closed",
    }
}

coded! {
    /// In what capacity somebody works with the registration of a lesson.
    Excuser("capacity") {
        /// Takes the lesson.
        Teacher = "teacher",
        /// Is the person's mentor.
        Mentor = "mentor",
        /// Keeps the register.
        Registrar = "registrar",
        /// Rektor.
        Principal = "principal",
    }
}

impl Excuser {
    /// Whether they may say afterwards that absence was authorised, or was not. The teacher of the lesson changes the
    /// mark instead, while the register is open.
    #[must_use]
    pub fn may_excuse(self) -> bool {
        match self {
            Self::Teacher => false,
            Self::Mentor | Self::Registrar | Self::Principal => true,
        }
    }
}

/// What makes an absence authorised before anybody has registered it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ground {
    /// It was reported.
    Report(AbsenceReportId),
    /// Leave was granted.
    Leave(LeaveRequestId),
}

/// What is registered of a person, and where it comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Registered {
    /// The mark, as it was entered.
    pub mark: Mark,
    /// The report or the leave whose reason it keeps.
    pub ground: Option<Ground>,
    /// Why somebody decided afterwards that what was missed is authorised, or is not. It then stands until somebody
    /// decides otherwise.
    pub decided: Option<Reason>,
}

/// What is known of a lesson when somebody registers.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// The lesson.
    pub lesson: &'a Lesson,
    /// Who is expected in it.
    pub expected: &'a BTreeSet<PersonId>,
    /// Whose absence from it was reported or granted beforehand; only what covers the lesson, whole or in part.
    pub reported: &'a BTreeMap<PersonId, Ground>,
    /// Now.
    pub now: DateTime<Utc>,
}

impl Occasion<'_> {
    /// Checks that the lesson is held and its day has come.
    fn admit(&self) -> Result<(), Refusal> {
        if !self.lesson.is_held() {
            let detail = "the lesson is cancelled: nothing is registered in it";
            return Err(Refusal::new(Rule::State, detail));
        }
        let day = self.lesson.time.day();
        let first = day.checked_sub_days(Days::new(OPENS_DAYS_BEFORE)).unwrap_or(day);
        if self.now < bounds_of_day(first).0 {
            let detail = format!("attendance is registered from {first}, the day of the lesson");
            return Err(Refusal::new(Rule::State, detail));
        }
        Ok(())
    }
}

/// Says afterwards what an absence was.
#[derive(Clone, Copy, Debug)]
pub struct Excuse<'a> {
    /// Whose.
    pub person: PersonId,
    /// Authorised from now on, or unauthorised.
    pub authorised: bool,
    /// Why, 1 to 500 characters.
    pub reason: &'a str,
    /// In what capacity.
    pub by: Excuser,
}

/// The registration of a lesson.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Register {
    /// Of what.
    pub lesson: LessonId,
    /// Whether it is finished.
    pub state: RegisterState,
    /// What is registered, by person.
    pub marks: BTreeMap<PersonId, Registered>,
}

impl Register {
    /// A registration in which nobody has entered anything.
    #[must_use]
    pub fn of(lesson: LessonId) -> Self {
        Self { lesson, state: RegisterState::Open, marks: BTreeMap::new() }
    }

    /// Saves the marks of the whole lesson. Who is expected and not named has no mark afterwards; who is no longer
    /// expected and has a mark keeps it. The same marks again change nothing, also when the register is closed.
    ///
    /// Where a mark says `absent`, or that somebody came late, and not whether that is authorised, then what was
    /// registered before stands; where nothing was, a report that covers the lesson makes it authorised, and nothing
    /// else does. So a report never changes what is registered already.
    ///
    /// # Errors
    /// [`Rule::State`] for a cancelled lesson, before its day, and for another set of marks in a closed register.
    /// At `/marks/N/personId` ([`Rule::UnknownReference`] for one who is not expected, [`Rule::Duplicate`]) and
    /// `/marks/N/…` as [`NewMark::validate`]; [`Rule::Conflict`] at `/marks/N/kind` where somebody has decided
    /// otherwise ([`Register::excuse`]), and at `/marks` where a person is left out of whom somebody has decided.
    pub fn save(&self, marks: &[(PersonId, NewMark<'_>)], occasion: &Occasion<'_>) -> Result<Self, Refusals> {
        occasion.admit()?;
        let mut refusals = Refusals::default();
        let mut saved: BTreeMap<PersonId, Registered> = BTreeMap::new();
        for (place, (person, new)) in marks.iter().enumerate() {
            let at = format!("/marks/{place}");
            match self.entered(*person, *new, occasion) {
                Ok(_) if saved.contains_key(person) => {
                    let refusal = Refusal::new(Rule::Duplicate, "the person is named twice");
                    refusals.0.push(refusal.at(&format!("{at}/personId")));
                }
                Ok(registered) => {
                    saved.insert(*person, registered);
                }
                Err(refused) => refusals.0.extend(refused.0.into_iter().map(|refusal| refusal.at(&at))),
            }
        }
        refusals.finish()?;
        for (person, kept) in &self.marks {
            if !occasion.expected.contains(person) {
                saved.entry(*person).or_insert_with(|| kept.clone());
            } else if kept.decided.is_some() && !saved.contains_key(person) {
                return Err(no_decision_goes().at("/marks").into());
            }
        }
        self.become_of(saved)
    }

    /// Saves the mark of one person, and leaves the others.
    ///
    /// # Errors
    /// As [`Register::save`], at `/personId`, `/kind`, ….
    pub fn save_one(
        &self,
        person: PersonId,
        new: NewMark<'_>,
        occasion: &Occasion<'_>,
    ) -> Result<Self, Refusals> {
        occasion.admit()?;
        let mut saved = self.marks.clone();
        saved.insert(person, self.entered(person, new, occasion)?);
        self.become_of(saved)
    }

    /// Takes a mark away that was entered by mistake. Where there is none it changes nothing.
    ///
    /// # Errors
    /// [`Rule::State`] for a cancelled lesson and in a closed register; [`Rule::Conflict`] at `/personId` where somebody
    /// has decided about it.
    pub fn unmark(&self, person: PersonId, occasion: &Occasion<'_>) -> Result<Self, Refusals> {
        occasion.admit()?;
        let mut saved = self.marks.clone();
        if saved.remove(&person).is_some_and(|gone| gone.decided.is_some()) {
            return Err(no_decision_goes().at("/personId").into());
        }
        self.become_of(saved)
    }

    /// Closes it. What is closed already stays as it is.
    ///
    /// # Errors
    /// [`Rule::State`] for a cancelled lesson, before the lesson begins (what is closed may be told to those at home,
    /// and nobody has been away from what has not begun), and while somebody expected has no mark, naming how many.
    pub fn close(&self, occasion: &Occasion<'_>) -> Result<Self, Refusal> {
        occasion.admit()?;
        if self.state == RegisterState::Closed {
            return Ok(self.clone());
        }
        if occasion.now < occasion.lesson.time.from() {
            return Err(Refusal::new(Rule::State, "the lesson has not begun"));
        }
        match self.missing(occasion.expected) {
            0 => Ok(Self { state: RegisterState::Closed, ..self.clone() }),
            1 => Err(Refusal::new(Rule::State, "1 person has no mark")),
            missing => Err(Refusal::new(Rule::State, format!("{missing} persons have no mark"))),
        }
    }

    /// Opens it again. What is open already stays as it is.
    ///
    /// # Errors
    /// [`Rule::State`] for a cancelled lesson.
    pub fn reopen(&self, occasion: &Occasion<'_>) -> Result<Self, Refusal> {
        occasion.admit()?;
        Ok(Self { state: RegisterState::Open, ..self.clone() })
    }

    /// Says afterwards that what somebody missed was authorised, or was not; in an open register as in a closed one,
    /// which stays closed. What is so already stays as it is, with the reason it had.
    ///
    /// # Errors
    /// [`Rule::State`] for a cancelled lesson, and at `/personId` for somebody who missed nothing;
    /// [`Rule::NotPermitted`] for one who may not ([`Excuser::may_excuse`]); [`Rule::UnknownReference`] at
    /// `/personId` for one without a mark; at `/reason` as [`Reason::new`].
    pub fn excuse(&self, excuse: Excuse<'_>, occasion: &Occasion<'_>) -> Result<Self, Refusals> {
        let Excuse { person, authorised, reason, by } = excuse;
        occasion.admit()?;
        if !by.may_excuse() {
            let detail = "mentors, registrars and principals excuse absence; a teacher changes the mark";
            return Err(Refusal::new(Rule::NotPermitted, detail).into());
        }
        let mut refusals = Refusals::default();
        let reason = refusals.note("/reason", Reason::new(reason));
        let before = match self.marks.get(&person) {
            None => Err(Refusal::new(Rule::UnknownReference, "nothing is registered of the person")),
            Some(of) if of.mark.authorised().is_none() => {
                Err(Refusal::new(Rule::State, "the person has missed nothing of the lesson"))
            }
            Some(of) => Ok(of),
        };
        let before = refusals.note("/personId", before);
        match (before, refusals.finish()) {
            (Some(before), Ok(())) if before.mark.authorised() == Some(authorised) => Ok(self.clone()),
            (Some(before), Ok(())) => {
                let mark = before.mark.with_authorised(authorised);
                let mut after = self.clone();
                after.marks.insert(person, Registered { mark, ground: None, decided: reason });
                Ok(after)
            }
            (_, finished) => Err(finished.err().unwrap_or_default()),
        }
    }

    /// How many of those expected have no mark.
    #[must_use]
    pub fn missing(&self, expected: &BTreeSet<PersonId>) -> usize {
        expected.iter().filter(|person| !self.marks.contains_key(person)).count()
    }

    /// What is proposed for a person without a mark: absent with the reason reported. Proposing enters nothing.
    #[must_use]
    pub fn proposed(&self, person: PersonId, occasion: &Occasion<'_>) -> Option<Mark> {
        let is_open = !self.marks.contains_key(&person) && occasion.reported.contains_key(&person);
        is_open.then_some(Mark::Absent { authorised: true })
    }

    /// The register with these marks; closed it can only stay as it is.
    fn become_of(&self, marks: BTreeMap<PersonId, Registered>) -> Result<Self, Refusals> {
        if marks != self.marks && self.state == RegisterState::Closed {
            return Err(
                Refusal::new(Rule::State, "the register is closed: open it again to change it").into()
            );
        }
        Ok(Self { marks, ..self.clone() })
    }

    /// What an entry comes to, with what is known of the person.
    fn entered(
        &self,
        person: PersonId,
        new: NewMark<'_>,
        occasion: &Occasion<'_>,
    ) -> Result<Registered, Refusals> {
        let before = self.marks.get(&person);
        let mut refusals = Refusals::default();
        if before.is_none() && !occasion.expected.contains(&person) {
            let refusal = Refusal::new(Rule::UnknownReference, "the person is not expected in the lesson");
            refusals.0.push(refusal.at("/personId"));
        }
        let entry = match new.validate(occasion.lesson.time.minutes()) {
            Ok(entry) => Some(entry),
            Err(refused) => {
                refusals.0.extend(refused.0);
                None
            }
        };
        match (entry, refusals.finish()) {
            (Some(entry), Ok(())) => Ok(merged(before, &entry, occasion.reported.get(&person).copied())?),
            (_, finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}

/// Why a mark about which somebody has decided is not taken away.
fn no_decision_goes() -> Refusal {
    Refusal::new(Rule::Conflict, "somebody has decided about a mark that would go; enter another one instead")
}

/// An entry onto what was registered before, or else what was reported.
fn merged(
    before: Option<&Registered>,
    entry: &Entry,
    reported: Option<Ground>,
) -> Result<Registered, Refusal> {
    let standing = before.and_then(|before| before.mark.authorised());
    let is_decided = before.is_some_and(|before| before.decided.is_some());
    if is_decided && entry.stated().is_some() && entry.stated() != standing {
        let detail =
            "somebody has decided whether this absence is authorised; only another decision changes it";
        return Err(Refusal::new(Rule::Conflict, detail).at("/kind"));
    }
    let mark = entry.mark(standing.unwrap_or(reported.is_some()));
    match before {
        // It is still missed, and what was said of it stands.
        Some(before) if standing.is_some() && standing == mark.authorised() => {
            Ok(Registered { mark, ..before.clone() })
        }
        _ => {
            let ground = if entry.is_open() && standing.is_none() { reported } else { None };
            Ok(Registered { mark, ground, decided: None })
        }
    }
}

#[cfg(test)]
#[path = "register_tests.rs"]
pub(super) mod tests;
