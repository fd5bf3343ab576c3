//! What is registered of one person in one lesson, and the minutes that follow from it.

use crate::code::coded;
use crate::refusal::{Refusal, Refusals, Rule};
use crate::schedule::LONGEST_LESSON;

coded! {
    /// The kind of a mark, as stored and published.
    MarkCode("kind of attendance") {
        /// Närvarande, perhaps not from the beginning or to the end.
        Present = "present",
        /// Giltig frånvaro.
        AbsentAuthorised = "absent-authorised",
        /// Ogiltig frånvaro.
        AbsentUnauthorised = "absent-unauthorised",
        /// Annan skolaktivitet: at an excursion, with the school nurse, in another lesson.
        Other = "other",
    }
}

coded! {
    /// A mark as it is entered: as [`MarkCode`], and absence of which nobody says what it is.
    EntryCode("kind of attendance") {
        /// See [`MarkCode::Present`].
        Present = "present",
        /// Absent; authorised where it was reported, and otherwise not.
        Absent = "absent",
        /// See [`MarkCode::AbsentAuthorised`].
        AbsentAuthorised = "absent-authorised",
        /// See [`MarkCode::AbsentUnauthorised`].
        AbsentUnauthorised = "absent-unauthorised",
        /// See [`MarkCode::Other`].
        Other = "other",
    }
}

/// What somebody present missed of a lesson.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Missed {
    late: u32,
    left_early: u32,
    authorised: bool,
}

impl Missed {
    /// Nothing: there from the beginning to the end.
    pub const NOTHING: Self = Self { late: 0, left_early: 0, authorised: false };

    /// Minutes late and left early in a lesson of `length` minutes, and whether they are authorised. Where nothing was
    /// missed there is nothing to authorise.
    ///
    /// # Errors
    /// [`Rule::OutOfRange`] at `/lateMinutes` or `/leftEarlyMinutes` where no minute of the lesson remains: then the
    /// person was absent.
    pub fn new(late: u32, left_early: u32, authorised: bool, length: u32) -> Result<Self, Refusal> {
        let refuse = |at| {
            let detail = format!("nothing remains of the lesson's {length} minutes: that is an absence");
            Err(Refusal::new(Rule::OutOfRange, detail).at(at))
        };
        if late >= length {
            refuse("/lateMinutes")
        } else if left_early >= length - late {
            refuse("/leftEarlyMinutes")
        } else {
            Ok(Self::of(late, left_early, authorised))
        }
    }

    /// As it was registered once, whatever has become of the lesson's length since.
    ///
    /// # Errors
    /// [`Rule::OutOfRange`] at `/lateMinutes` or `/leftEarlyMinutes` for more than the longest lesson has.
    pub fn registered(late: u32, left_early: u32, authorised: bool) -> Result<Self, Refusal> {
        let longest = u32::try_from(LONGEST_LESSON).unwrap_or(u32::MAX);
        Self::new(late, left_early, authorised, longest)
    }

    const fn of(late: u32, left_early: u32, authorised: bool) -> Self {
        Self { late, left_early, authorised: authorised && (late > 0 || left_early > 0) }
    }

    /// Minutes after the lesson's beginning at which the person came, 0 for on time.
    #[must_use]
    pub fn late_minutes(self) -> u32 {
        self.late
    }

    /// Minutes before the lesson's end at which the person left, 0 for not before.
    #[must_use]
    pub fn left_early_minutes(self) -> u32 {
        self.left_early
    }

    /// The minutes missed in all.
    #[must_use]
    pub fn minutes(self) -> u32 {
        self.late.saturating_add(self.left_early)
    }

    /// Whether the minutes missed are authorised; never where there are none.
    #[must_use]
    pub fn is_authorised(self) -> bool {
        self.authorised
    }

    /// What of it fits into a lesson of `length` minutes. Somebody who was registered as present stays so, if only for
    /// one minute: that the schedule changes makes nobody absent. Minutes late go before minutes left early.
    #[must_use]
    pub fn clipped(self, length: u32) -> Self {
        let most = length.saturating_sub(1);
        let late = self.late.min(most);
        Self::of(late, self.left_early.min(most - late), self.authorised)
    }
}

/// What is registered of one person in one lesson.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mark {
    /// There, but for what was missed.
    Present(Missed),
    /// Not there at all.
    Absent {
        /// Giltig frånvaro.
        authorised: bool,
    },
    /// In another activity of the school during the lesson; neither present in it nor absent.
    Other,
}

impl Mark {
    /// A mark as it is kept: its kind, and what somebody present missed.
    #[must_use]
    pub fn kept(code: MarkCode, missed: Missed) -> Self {
        match code {
            MarkCode::Present => Self::Present(missed),
            MarkCode::AbsentAuthorised => Self::Absent { authorised: true },
            MarkCode::AbsentUnauthorised => Self::Absent { authorised: false },
            MarkCode::Other => Self::Other,
        }
    }

    /// The code of its kind.
    #[must_use]
    pub fn code(&self) -> MarkCode {
        match self {
            Self::Present(_) => MarkCode::Present,
            Self::Absent { authorised: true } => MarkCode::AbsentAuthorised,
            Self::Absent { authorised: false } => MarkCode::AbsentUnauthorised,
            Self::Other => MarkCode::Other,
        }
    }

    /// Whether what was missed is authorised; none where nothing was missed.
    #[must_use]
    pub fn authorised(&self) -> Option<bool> {
        match self {
            Self::Present(missed) => (missed.minutes() > 0).then_some(missed.authorised),
            Self::Absent { authorised } => Some(*authorised),
            Self::Other => None,
        }
    }

    /// The same with what was missed authorised, or not.
    #[must_use]
    pub fn with_authorised(self, authorised: bool) -> Self {
        match self {
            Self::Present(missed) => Self::Present(Missed::of(missed.late, missed.left_early, authorised)),
            Self::Absent { .. } => Self::Absent { authorised },
            Self::Other => Self::Other,
        }
    }

    /// The minutes that follow from it in a lesson of `length` minutes.
    ///
    /// The mark is kept as it was entered and the ledger is made of it anew whenever the lesson's length changes, so
    /// that a lesson that is made shorter and then long again has the ledger it had. What does not fit is clipped; see
    /// [`Missed::clipped`].
    #[must_use]
    pub fn ledger(&self, length: u32) -> Ledger {
        match self {
            Self::Present(missed) => {
                let missed = missed.clipped(length);
                let there = length - missed.minutes();
                let (authorised, unauthorised) =
                    if missed.authorised { (missed.minutes(), 0) } else { (0, missed.minutes()) };
                Ledger { present: there, authorised, unauthorised, other: 0 }
            }
            Self::Absent { authorised: true } => Ledger { authorised: length, ..Ledger::default() },
            Self::Absent { authorised: false } => Ledger { unauthorised: length, ..Ledger::default() },
            Self::Other => Ledger { other: length, ..Ledger::default() },
        }
    }
}

/// One person's minutes in one lesson. They always sum to the lesson's length.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Ledger {
    present: u32,
    authorised: u32,
    unauthorised: u32,
    other: u32,
}

impl Ledger {
    /// Minutes there.
    #[must_use]
    pub fn present(&self) -> u32 {
        self.present
    }

    /// Minutes of authorised absence.
    #[must_use]
    pub fn authorised(&self) -> u32 {
        self.authorised
    }

    /// Minutes of unauthorised absence.
    #[must_use]
    pub fn unauthorised(&self) -> u32 {
        self.unauthorised
    }

    /// Minutes in another activity of the school.
    #[must_use]
    pub fn other(&self) -> u32 {
        self.other
    }

    /// All of them: the lesson's length.
    #[must_use]
    pub fn length(&self) -> u32 {
        self.present + self.authorised + self.unauthorised + self.other
    }
}

/// A mark as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewMark<'a> {
    /// A code of [`EntryCode`].
    pub kind: &'a str,
    /// Minutes after the beginning, for somebody present.
    pub late_minutes: Option<u32>,
    /// Minutes before the end, for somebody present.
    pub left_early_minutes: Option<u32>,
    /// Whether those minutes are authorised, where that is said.
    pub missed_authorised: Option<bool>,
}

/// A mark that is well entered. What nobody has said of it yet follows from what is known of the person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    mark: Mark,
    is_stated: bool,
}

impl NewMark<'_> {
    /// Checks every field, for a lesson of `length` minutes.
    ///
    /// # Errors
    /// At `/kind`; at `/lateMinutes` and `/leftEarlyMinutes` as [`Missed::new`], and [`Rule::Conflict`] there for
    /// somebody who is not present; [`Rule::Conflict`] at `/missedAuthorised` where nothing was missed.
    pub fn validate(self, length: u32) -> Result<Entry, Refusals> {
        let Self { kind, late_minutes, left_early_minutes, missed_authorised } = self;
        let mut refusals = Refusals::default();
        let kind = refusals.note("/kind", EntryCode::from_code(kind));
        let (late, left_early) = (late_minutes.unwrap_or(0), left_early_minutes.unwrap_or(0));
        let missed = match kind {
            Some(EntryCode::Present) => {
                refusals.note("", Missed::new(late, left_early, missed_authorised == Some(true), length))
            }
            _ => {
                for (at, minutes) in [("/lateMinutes", late), ("/leftEarlyMinutes", left_early)] {
                    if minutes > 0 && kind.is_some() {
                        let detail = "only somebody present comes late or leaves early";
                        refusals.0.push(Refusal::new(Rule::Conflict, detail).at(at));
                    }
                }
                Some(Missed::NOTHING)
            }
        };
        if missed_authorised.is_some() && kind.is_some() && missed.is_some_and(|missed| missed.minutes() == 0)
        {
            let detail = "no minutes were missed by somebody present";
            refusals.0.push(Refusal::new(Rule::Conflict, detail).at("/missedAuthorised"));
        }
        match (kind, missed, refusals.finish()) {
            (Some(kind), Some(missed), Ok(())) => {
                let (mark, is_stated) = match kind {
                    EntryCode::Present => (Mark::Present(missed), missed_authorised.is_some()),
                    EntryCode::Absent => (Mark::Absent { authorised: false }, false),
                    EntryCode::AbsentAuthorised => (Mark::Absent { authorised: true }, true),
                    EntryCode::AbsentUnauthorised => (Mark::Absent { authorised: false }, true),
                    EntryCode::Other => (Mark::Other, true),
                };
                Ok(Entry { mark, is_stated })
            }
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}

impl Entry {
    /// Whether what was missed is said to be authorised or not; none where nobody has said, or nothing was missed.
    #[must_use]
    pub fn stated(&self) -> Option<bool> {
        if self.is_stated { self.mark.authorised() } else { None }
    }

    /// Whether it leaves open what the missed minutes are.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.is_stated && self.mark.authorised().is_some()
    }

    /// The mark, with what stands where nobody has said.
    #[must_use]
    pub fn mark(&self, otherwise_authorised: bool) -> Mark {
        if self.is_open() { self.mark.with_authorised(otherwise_authorised) } else { self.mark }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(in super::super) fn new(kind: &str) -> NewMark<'_> {
        NewMark { kind, late_minutes: None, left_early_minutes: None, missed_authorised: None }
    }

    pub(in super::super) fn late(minutes: u32) -> NewMark<'static> {
        NewMark { late_minutes: Some(minutes), ..new("present") }
    }

    /// Marks that were entered in a lesson of some length.
    pub(in super::super) fn marks() -> impl Strategy<Value = Mark> {
        prop_oneof![
            (0..1000_u32, 0..400_u32, any::<bool>()).prop_map(|(late, early, authorised)| {
                Mark::Present(Missed::registered(late, early, authorised).unwrap())
            }),
            Just(Mark::Present(Missed::NOTHING)),
            any::<bool>().prop_map(|authorised| Mark::Absent { authorised }),
            Just(Mark::Other),
        ]
    }

    #[test]
    fn ten_minutes_late_to_a_lesson_of_an_hour() {
        let mark = late(10).validate(60).unwrap().mark(false);
        assert_eq!(mark.ledger(60), Ledger { present: 50, authorised: 0, unauthorised: 10, other: 0 });
        let dentist = NewMark { missed_authorised: Some(true), ..late(10) }.validate(60).unwrap().mark(false);
        assert_eq!(dentist.ledger(60), Ledger { present: 50, authorised: 10, unauthorised: 0, other: 0 });
    }

    #[test]
    fn what_is_wrong_is_named() {
        let refused = |new: NewMark<'_>| -> Vec<(Rule, String)> {
            let refusals = new.validate(50).unwrap_err().0;
            refusals.into_iter().map(|refusal| (refusal.rule, refusal.pointer)).collect()
        };
        let at = |rule, pointer: &str| vec![(rule, pointer.to_owned())];
        assert_eq!(refused(new("frånvarande")), at(Rule::UnknownCode, "/kind"));
        assert_eq!(refused(late(50)), at(Rule::OutOfRange, "/lateMinutes"));
        assert_eq!(refused(late(u32::MAX)), at(Rule::OutOfRange, "/lateMinutes"));
        let both = NewMark { left_early_minutes: Some(20), ..late(30) };
        assert_eq!(refused(both), at(Rule::OutOfRange, "/leftEarlyMinutes"));
        let absent = NewMark { kind: "absent-authorised", ..late(5) };
        assert_eq!(refused(absent), at(Rule::Conflict, "/lateMinutes"));
        let nothing = NewMark { missed_authorised: Some(true), ..new("present") };
        assert_eq!(refused(nothing), at(Rule::Conflict, "/missedAuthorised"));
        assert!(NewMark { left_early_minutes: Some(19), ..late(30) }.validate(50).is_ok());
    }

    #[test]
    fn absence_of_which_nothing_is_said_follows_what_is_known() {
        let entry = new("absent").validate(50).unwrap();
        assert_eq!((entry.stated(), entry.is_open()), (None, true));
        assert_eq!(entry.mark(true).code(), MarkCode::AbsentAuthorised);
        assert_eq!(entry.mark(false).code(), MarkCode::AbsentUnauthorised);
        let entry = new("absent-unauthorised").validate(50).unwrap();
        assert_eq!(entry.mark(true).code(), MarkCode::AbsentUnauthorised);
        assert!(!new("present").validate(50).unwrap().is_open());
    }

    #[test]
    fn a_lesson_made_shorter_makes_nobody_absent() {
        let mark = late(40).validate(60).unwrap().mark(false);
        assert_eq!(mark.ledger(30), Ledger { present: 1, authorised: 0, unauthorised: 29, other: 0 });
        assert_eq!(mark.ledger(60).present(), 20, "and made long again it is as it was");
        let left = NewMark { left_early_minutes: Some(15), ..late(10) }.validate(60).unwrap().mark(false);
        assert_eq!(left.ledger(20).unauthorised(), 19);
    }

    proptest! {
        #[test]
        fn the_minutes_sum_to_the_length(mark in marks(), length in 5..=1440_u32, other in 5..=1440_u32) {
            let ledger = mark.ledger(length);
            prop_assert_eq!(ledger.length(), length);
            prop_assert!(!matches!(mark, Mark::Present(_)) || ledger.present() > 0);
            prop_assert_eq!(mark.authorised().is_none(), ledger.authorised() + ledger.unauthorised() == 0);
            // A lesson that grows takes no minute of presence away.
            if let Mark::Present(missed) = mark {
                prop_assert!(other < length || mark.ledger(other).present() >= ledger.present());
                prop_assert_eq!(missed.clipped(length).clipped(length), missed.clipped(length));
            }
        }

        #[test]
        fn whatever_is_entered_fits_the_lesson_or_is_refused(
            kind in 0..EntryCode::ALL.len(), late in proptest::option::of(0..100_u32), length in 5..=90_u32,
            left in proptest::option::of(0..100_u32), authorised: Option<bool>, otherwise: bool,
        ) {
            let kind = EntryCode::ALL[kind].code();
            let new = NewMark {
                kind, late_minutes: late, left_early_minutes: left, missed_authorised: authorised,
            };
            if let Ok(entry) = new.validate(length) {
                let mark = entry.mark(otherwise);
                let missed = late.unwrap_or(0) + left.unwrap_or(0);
                if let Mark::Present(of) = mark {
                    prop_assert!(missed < length && of.clipped(length) == of);
                    prop_assert_eq!(mark.ledger(length).present(), length - missed);
                } else {
                    prop_assert_eq!(missed, 0);
                }
                prop_assert_eq!(mark.with_authorised(true).code() == mark.code()
                    || mark.with_authorised(false).code() == mark.code(), true);
            }
        }
    }
}
