//! The machine: an application, its commands, and what must always be true of it.

use chrono::NaiveDate;

use super::{ApplicationRound, Choice, ChoiceState, Phase, PhaseCode, Submission};
use crate::code::coded;
use crate::id::{ApplicationRoundId, OfferingId};
use crate::participation::Reason;
use crate::period::plausible_date;
use crate::refusal::{Refusal, Refusals, Rule};
use crate::text::Text;

/// How many choices an application may have.
const MOST_CHOICES: usize = 20;

coded! {
    /// Where an application stands as a whole, for lists and filters. It follows from its phase and its choices.
    Standing("standing of an application") {
        /// See [`Phase::Draft`].
        Draft = "draft",
        /// See [`Phase::Confirmed`].
        Confirmed = "confirmed",
        /// See [`Phase::Submitted`].
        Submitted = "submitted",
        /// See [`Phase::CompletionAsked`].
        CompletionAsked = "completion-asked",
        /// A choice is undecided, and none is offered or accepted.
        UnderReview = "under-review",
        /// A place is offered, and none accepted.
        Offered = "offered",
        /// A place is accepted.
        Accepted = "accepted",
        /// In a queue of reserves, and nothing better.
        Reserve = "reserve",
        /// An offer was not answered in time, and nothing is open.
        Expired = "expired",
        /// The applicant has declined, and nothing is open.
        Declined = "declined",
        /// Not admitted to anything.
        Rejected = "rejected",
        /// See [`Phase::Withdrawn`].
        Withdrawn = "withdrawn",
    }
}

/// An application.
///
/// Always true of it: nothing is decided before it is submitted, nothing is open or accepted once it is withdrawn; at
/// most one choice is accepted, and none after it is open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Application {
    phase: Phase,
    choices: Vec<Choice>,
}

impl Application {
    /// An application that somebody has begun.
    #[must_use]
    pub fn begin() -> Self {
        Self { phase: Phase::Draft, choices: Vec::new() }
    }

    /// An application as it was stored.
    ///
    /// # Errors
    /// [`Rule::Conflict`] at `/phase` or `/choices/{n}` where the facts do not fit together.
    pub fn from_parts(phase: Phase, choices: Vec<Choice>) -> Result<Self, Refusal> {
        let application = Self { phase, choices };
        application.check()?;
        Ok(application)
    }

    /// Its phase.
    #[must_use]
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// Its choices, in the applicant's order.
    #[must_use]
    pub fn choices(&self) -> &[Choice] {
        &self.choices
    }

    /// Where it stands as a whole.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match &self.phase {
            Phase::Draft => return Standing::Draft,
            Phase::Confirmed => return Standing::Confirmed,
            Phase::CompletionAsked { .. } => return Standing::CompletionAsked,
            Phase::Withdrawn { .. } => return Standing::Withdrawn,
            Phase::Submitted { .. } => return Standing::Submitted,
            Phase::UnderReview { .. } => {}
        }
        let any = |fits: fn(&ChoiceState) -> bool| self.choices.iter().any(|choice| fits(&choice.state));
        if any(|state| matches!(state, ChoiceState::Accepted { .. })) {
            Standing::Accepted
        } else if any(|state| matches!(state, ChoiceState::Offered { .. })) {
            Standing::Offered
        } else if any(|state| matches!(state, ChoiceState::Undecided)) {
            Standing::UnderReview
        } else if any(|state| matches!(state, ChoiceState::Reserve { .. })) {
            Standing::Reserve
        } else if any(|state| matches!(state, ChoiceState::Expired { .. })) {
            Standing::Expired
        } else if any(|state| matches!(state, ChoiceState::Declined { .. })) {
            Standing::Declined
        } else {
            Standing::Rejected
        }
    }

    /// The same with other choices, in the applicant's order, while it is not submitted.
    ///
    /// # Errors
    /// [`Rule::State`]; [`Rule::TooLong`] at `/choices` for more than 20; [`Rule::Duplicate`] at `/choices/{n}`.
    pub fn choose(self, choices: &[(ApplicationRoundId, OfferingId)]) -> Result<Self, Refusals> {
        if !matches!(self.phase, Phase::Draft | Phase::Confirmed) {
            return Err(self.cannot("changed", "only before it is submitted").into());
        }
        if choices.len() > MOST_CHOICES {
            let detail = format!("an application has at most {MOST_CHOICES} choices");
            return Err(Refusal::new(Rule::TooLong, detail).at("/choices").into());
        }
        let mut refusals = Refusals::default();
        for (place, choice) in choices.iter().enumerate() {
            if choices.iter().take(place).any(|earlier| earlier == choice) {
                let detail = "the same choice stands before it";
                refusals.0.push(Refusal::new(Rule::Duplicate, detail).at(&format!("/choices/{place}")));
            }
        }
        refusals.finish()?;
        let choices = choices.iter().map(|(round, offering)| Choice {
            round: *round,
            offering: *offering,
            late: false,
            state: ChoiceState::Undecided,
        });
        Ok(Self { phase: self.phase, choices: choices.collect() })
    }

    /// Draft → confirmed: the applicant has shown that the e-mail address is theirs, or has logged in with an
    /// e-identification.
    ///
    /// # Errors
    /// [`Rule::State`].
    pub fn confirm(self) -> Result<Self, Refusal> {
        match self.phase {
            Phase::Draft => Ok(Self { phase: Phase::Confirmed, ..self }),
            _ => Err(self.cannot("confirmed", "only a draft can")),
        }
    }

    /// Confirmed → submitted. `round` gives a round and its offering's last day, if there is one.
    ///
    /// # Errors
    /// [`Rule::State`]; [`Rule::Required`] at `/choices` without any; at `/choices/{n}` [`Rule::UnknownReference`], and
    /// [`Rule::OutsidePeriod`] naming when the round is open.
    pub fn submit(
        self,
        on: NaiveDate,
        round: impl Fn(ApplicationRoundId) -> Option<(ApplicationRound, NaiveDate)>,
    ) -> Result<Self, Refusals> {
        if self.phase != Phase::Confirmed {
            return Err(self.cannot("submitted", "only one whose e-mail address is confirmed can").into());
        }
        if self.choices.is_empty() {
            let detail = "an application has at least one choice";
            return Err(Refusal::new(Rule::Required, detail).at("/choices").into());
        }
        let mut refusals = Refusals::default();
        let mut choices = Vec::with_capacity(self.choices.len());
        for (place, choice) in self.choices.into_iter().enumerate() {
            let submission = match round(choice.round) {
                Some((round, last_day)) if round.offering == choice.offering => {
                    round.submission(on, last_day)
                }
                _ => Err(Refusal::new(Rule::UnknownReference, "there is no such application round")),
            };
            let submission = refusals.note(&format!("/choices/{place}"), submission);
            choices.push(Choice { late: submission == Some(Submission::Late), ..choice });
        }
        refusals.finish()?;
        Ok(Self { phase: Phase::Submitted { on }, choices })
    }

    /// Submitted, or waiting for completion → under review.
    ///
    /// # Errors
    /// [`Rule::State`].
    pub fn review(self) -> Result<Self, Refusal> {
        match (&self.phase, self.phase.submitted()) {
            (Phase::Submitted { .. } | Phase::CompletionAsked { .. }, Some(submitted)) => {
                Ok(Self { phase: Phase::UnderReview { submitted }, ..self })
            }
            _ => Err(self.cannot("taken up for review", "only a submitted one can")),
        }
    }

    /// Submitted or under review → waiting for completion, as long as something is open.
    ///
    /// # Errors
    /// [`Rule::State`]; as [`Text::lines`] at `/what`; [`Rule::OutsidePeriod`] at `/by` before `on`.
    pub fn ask_for_completion(self, on: NaiveDate, what: &str, by: NaiveDate) -> Result<Self, Refusals> {
        let mut refusals = Refusals::default();
        let submitted = match self.phase {
            Phase::Submitted { on } | Phase::UnderReview { submitted: on } if self.is_open() => Some(on),
            _ => None,
        };
        if submitted.is_none() {
            refusals
                .0
                .push(self.cannot("sent back for completion", "only one that waits for a decision can"));
        }
        let what = refusals.note("/what", Text::lines(what, 2000));
        let by = refusals.note("/by", plausible_date(by)).filter(|by| {
            if *by < on {
                let detail = format!("the last day to complete it, {by}, has passed");
                refusals.0.push(Refusal::new(Rule::OutsidePeriod, detail).at("/by"));
            }
            *by >= on
        });
        match (submitted, what, by, refusals.finish()) {
            (Some(submitted), Some(what), Some(by), Ok(())) => {
                Ok(Self { phase: Phase::CompletionAsked { submitted, what, by }, ..self })
            }
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }

    /// Waiting for completion → under review: the applicant has completed it. That the day has passed closes nothing.
    ///
    /// # Errors
    /// [`Rule::State`].
    pub fn complete(self) -> Result<Self, Refusal> {
        match self.phase {
            Phase::CompletionAsked { submitted, .. } => {
                Ok(Self { phase: Phase::UnderReview { submitted }, ..self })
            }
            _ => Err(self.cannot("completed", "only one that waits for completion can")),
        }
    }

    /// The applicant takes it back, in any phase. Whatever is open lapses, and so does a place that was accepted.
    ///
    /// # Errors
    /// [`Rule::State`] when it is withdrawn already.
    pub fn withdraw(mut self, on: NaiveDate) -> Result<Self, Refusal> {
        if self.phase.code() == PhaseCode::Withdrawn {
            return Err(self.cannot("withdrawn", "it is already"));
        }
        for choice in &mut self.choices {
            if choice.state.is_open() || choice.state.occupies_place() {
                choice.state = ChoiceState::Lapsed { on };
            }
        }
        Ok(Self { phase: Phase::Withdrawn { on }, ..self })
    }

    /// Undecided, reserve or expired → offered, until and with a day. That there is a place is
    /// [`course::admit`](crate::course::admit)'s question, and must be held against others who ask at the same time.
    ///
    /// # Errors
    /// [`Rule::State`] at `/choices/{n}`; [`Rule::OutsidePeriod`] at `/until` before `on`.
    pub fn admit(self, choice: usize, on: NaiveDate, until: NaiveDate) -> Result<Self, Refusal> {
        plausible_date(until).map_err(|refusal| refusal.at("/until"))?;
        if until < on {
            let detail = format!("the last day to answer, {until}, has passed");
            return Err(Refusal::new(Rule::OutsidePeriod, detail).at("/until"));
        }
        self.decide(choice, "admitted", |state| match state {
            ChoiceState::Undecided | ChoiceState::Reserve { .. } | ChoiceState::Expired { .. } => {
                Some(ChoiceState::Offered { until })
            }
            _ => None,
        })
    }

    /// Undecided → reserve, with a place in the queue (see [`check_place`](super::check_place)).
    ///
    /// # Errors
    /// [`Rule::State`] at `/choices/{n}`; [`Rule::OutOfRange`] at `/place` for 0.
    pub fn put_in_reserve(self, choice: usize, place: u32) -> Result<Self, Refusal> {
        if place == 0 {
            return Err(Refusal::new(Rule::OutOfRange, "places in the queue begin with 1").at("/place"));
        }
        self.decide(choice, "put in reserve", |state| {
            matches!(state, ChoiceState::Undecided).then_some(ChoiceState::Reserve { place })
        })
    }

    /// Undecided or reserve → rejected.
    ///
    /// # Errors
    /// [`Rule::State`] at `/choices/{n}`; as [`Reason::new`] at `/reason`.
    pub fn reject(self, choice: usize, reason: &str) -> Result<Self, Refusal> {
        let reason = Reason::new(reason).map_err(|refusal| refusal.at("/reason"))?;
        self.decide(choice, "rejected", |state| match state {
            ChoiceState::Undecided | ChoiceState::Reserve { .. } => {
                Some(ChoiceState::Rejected { reason: reason.clone() })
            }
            _ => None,
        })
    }

    /// Rejected, declined or expired → undecided, to undo a mistake. Why belongs in the change log. A choice that
    /// stands after an accepted one stays closed.
    ///
    /// # Errors
    /// [`Rule::State`] or [`Rule::Conflict`] at `/choices/{n}`; as [`Reason::new`] at `/reason`.
    pub fn reconsider(self, choice: usize, reason: &str) -> Result<(Self, Reason), Refusal> {
        let reason = Reason::new(reason).map_err(|refusal| refusal.at("/reason"))?;
        let application = self.decide(choice, "taken up again", |state| match state {
            ChoiceState::Rejected { .. } | ChoiceState::Declined { .. } | ChoiceState::Expired { .. } => {
                Some(ChoiceState::Undecided)
            }
            _ => None,
        })?;
        Ok((application, reason))
    }

    /// Offered → accepted, until and with the offer's last day. What the applicant has put after it lapses; what stands
    /// before it stays open, and if that is accepted later, this one lapses in its turn.
    ///
    /// # Errors
    /// [`Rule::State`] at `/choices/{n}`; [`Rule::OutsidePeriod`] at `/on`, saying until when the offer stood.
    pub fn accept(self, choice: usize, on: NaiveDate) -> Result<Self, Refusal> {
        if let Some(ChoiceState::Offered { until }) = self.state_of(choice)
            && on > *until
        {
            let detail =
                format!("the place was offered until {until}; ask the school whether it is still free");
            return Err(Refusal::new(Rule::OutsidePeriod, detail).at("/on"));
        }
        let mut application = self.turn(choice, "accepted", |state| {
            matches!(state, ChoiceState::Offered { .. }).then_some(ChoiceState::Accepted { on })
        })?;
        for after in application.choices.iter_mut().skip(choice + 1) {
            if after.state.is_open() || after.state.occupies_place() {
                after.state = ChoiceState::Lapsed { on };
            }
        }
        application.check()?;
        Ok(application)
    }

    /// Offered, reserve or accepted → declined, by the applicant (after acceptance: återbud).
    ///
    /// # Errors
    /// [`Rule::State`] at `/choices/{n}`.
    pub fn decline(self, choice: usize, on: NaiveDate) -> Result<Self, Refusal> {
        self.decide(choice, "declined", |state| match state {
            ChoiceState::Offered { .. } | ChoiceState::Reserve { .. } | ChoiceState::Accepted { .. } => {
                Some(ChoiceState::Declined { on })
            }
            _ => None,
        })
    }

    /// Offered → expired, from the day after the offer's last.
    ///
    /// # Errors
    /// [`Rule::State`] at `/choices/{n}`; [`Rule::OutsidePeriod`] at `/on` while the offer stands.
    pub fn expire(self, choice: usize, on: NaiveDate) -> Result<Self, Refusal> {
        if let Some(ChoiceState::Offered { until }) = self.state_of(choice)
            && on <= *until
        {
            let detail = format!("the offer stands until {until}");
            return Err(Refusal::new(Rule::OutsidePeriod, detail).at("/on"));
        }
        self.decide(choice, "ended", |state| {
            matches!(state, ChoiceState::Offered { .. }).then_some(ChoiceState::Expired { on })
        })
    }

    fn is_open(&self) -> bool {
        self.choices.iter().any(|choice| choice.state.is_open())
    }

    fn state_of(&self, choice: usize) -> Option<&ChoiceState> {
        self.choices.get(choice).map(|choice| &choice.state)
    }

    /// Puts a choice into another state, if what must always be true stays so.
    fn decide(
        self,
        choice: usize,
        done: &str,
        to: impl Fn(&ChoiceState) -> Option<ChoiceState>,
    ) -> Result<Self, Refusal> {
        let decided = self.turn(choice, done, to)?;
        decided.check()?;
        Ok(decided)
    }

    /// Puts a choice into another state, where that is possible from its present one. A decision takes the application
    /// up for review.
    fn turn(
        mut self,
        choice: usize,
        done: &str,
        to: impl Fn(&ChoiceState) -> Option<ChoiceState>,
    ) -> Result<Self, Refusal> {
        let at = format!("/choices/{choice}");
        let submitted = match self.phase {
            Phase::Submitted { on } | Phase::UnderReview { submitted: on } => on,
            _ => return Err(self.cannot("decided", "only one that is submitted and complete can")),
        };
        let Some(present) = self.choices.get_mut(choice) else {
            return Err(Refusal::new(Rule::UnknownReference, "there is no such choice").at(&at));
        };
        let Some(next) = to(&present.state) else {
            let code = present.state.code();
            return Err(
                Refusal::new(Rule::State, format!("the choice is {code} and cannot be {done}")).at(&at)
            );
        };
        present.state = next;
        Ok(Self { phase: Phase::UnderReview { submitted }, ..self })
    }

    fn cannot(&self, done: &str, only: &str) -> Refusal {
        let code = self.phase.code();
        Refusal::new(Rule::State, format!("the application cannot be {done}: it is {code}, and {only}"))
    }

    /// What must always be true.
    fn check(&self) -> Result<(), Refusal> {
        let wrong = |place: usize, detail: &str| {
            Err(Refusal::new(Rule::Conflict, detail).at(&format!("/choices/{place}")))
        };
        let mut accepted: Option<usize> = None;
        for (place, choice) in self.choices.iter().enumerate() {
            let state = &choice.state;
            let is_undecided = *state == ChoiceState::Undecided;
            match self.phase {
                Phase::Draft | Phase::Confirmed | Phase::Submitted { .. } if !is_undecided => {
                    return wrong(place, "nothing is decided before the application is under review");
                }
                Phase::Withdrawn { .. } if state.is_open() || state.occupies_place() => {
                    return wrong(place, "the application is withdrawn, and nothing is left open");
                }
                _ => {}
            }
            if accepted.is_some() && (state.is_open() || state.occupies_place()) {
                return wrong(place, "the applicant has accepted a place that they put before this choice");
            }
            if matches!(state, ChoiceState::Accepted { .. }) {
                accepted = Some(place);
            }
        }
        match self.phase.submitted() {
            Some(_) if self.choices.is_empty() => {
                Err(Refusal::new(Rule::Conflict, "a submitted application has choices").at("/phase"))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
