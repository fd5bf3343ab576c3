//! The flat form in which participations are stored, and the way back, which takes nothing on trust.

use chrono::NaiveDate;

use super::{Origin, Part, Participation, Parts, Reason, State, StateCode};
use crate::code::Code;
use crate::course::Pace;
use crate::id::{OfferingId, PersonId};
use crate::period::Period;
use crate::refusal::{Refusal, Refusals, Rule};

/// A state as four columns. `from` is the day of the state's one date (`on`), or the first day of a
/// study break; `to` is a study break's planned last day.
#[derive(Clone, PartialEq, Eq)]
pub struct StateRecord {
    /// A code of [`StateCode`].
    pub code: String,
    /// See above.
    pub from: Option<NaiveDate>,
    /// See above.
    pub to: Option<NaiveDate>,
    /// The reason, where the state has one.
    pub reason: Option<String>,
}

/// The reason is not shown, see [`Reason`].
impl std::fmt::Debug for StateRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { code, from, to, reason } = self;
        let reason = reason.as_ref().map(|_| "…");
        f.debug_struct("StateRecord")
            .field("code", code)
            .field("from", from)
            .field("to", to)
            .field("reason", &reason)
            .finish()
    }
}

impl State {
    /// The state as columns. Nothing is lost.
    #[must_use]
    pub fn to_record(&self) -> StateRecord {
        let (from, to, reason) = match self {
            Self::Planned | Self::Active => (None, None, None),
            Self::OnStudyBreak { from, to } => (Some(*from), *to, None),
            Self::Completed { on } => (Some(*on), None, None),
            Self::Interrupted { on, reason } | Self::CancelledBeforeStart { on, reason } => {
                (Some(*on), None, Some(reason.as_str().to_owned()))
            }
        };
        StateRecord { code: self.code().code().to_owned(), from, to, reason }
    }

    /// The state of columns.
    ///
    /// # Errors
    /// [`Rule::UnknownCode`] at `/code`; [`Rule::Required`] where a fact of the state is missing
    /// and [`Rule::Conflict`] where there is one that the state does not have, at `/from`, `/to`
    /// and `/reason`; [`Rule::PeriodReversed`] at `/to`.
    pub fn from_record(record: StateRecord) -> Result<Self, Refusals> {
        let StateRecord { code, from, to, reason } = record;
        let code = StateCode::from_code(&code).map_err(|refusal| refusal.at("/code"))?;
        let mut refusals = Refusals::default();
        let (dated, ending, reasoned) = match code {
            StateCode::Planned | StateCode::Active => (false, false, false),
            StateCode::StudyBreak => (true, true, false),
            StateCode::Completed => (true, false, false),
            StateCode::Interrupted | StateCode::Cancelled => (true, false, true),
        };
        let mut fact = |at: &str, present: bool, wanted: Option<bool>| {
            let refusal = match (present, wanted) {
                (true, Some(false)) => {
                    Refusal::new(Rule::Conflict, format!("the state {code} does not have this"))
                }
                (false, Some(true)) => Refusal::new(Rule::Required, format!("the state {code} has this")),
                _ => return,
            };
            refusals.0.push(refusal.at(at));
        };
        fact("/from", from.is_some(), Some(dated));
        fact("/to", to.is_some(), if ending { None } else { Some(false) });
        fact("/reason", reason.is_some(), Some(reasoned));
        let reason = reason.and_then(|raw| refusals.note("/reason", Reason::new(&raw)));
        if let Some(from) = from {
            refusals.note("", Period::new(from, to));
        }
        refusals.finish()?;
        match (code, from, reason) {
            (StateCode::Planned, ..) => Ok(Self::Planned),
            (StateCode::Active, ..) => Ok(Self::Active),
            (StateCode::StudyBreak, Some(from), _) => Ok(Self::OnStudyBreak { from, to }),
            (StateCode::Completed, Some(on), _) => Ok(Self::Completed { on }),
            (StateCode::Interrupted, Some(on), Some(reason)) => Ok(Self::Interrupted { on, reason }),
            (StateCode::Cancelled, Some(on), Some(reason)) => Ok(Self::CancelledBeforeStart { on, reason }),
            _ => Err(Refusal::new(Rule::Required, format!("a fact of the state {code} is missing")).into()),
        }
    }
}

/// A participation as it is stored: one row, and rows for study breaks and parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParticipationRecord {
    /// Who.
    pub person: PersonId,
    /// In which offering.
    pub offering: OfferingId,
    /// Whether it was made directly or follows groups.
    pub origin: Origin,
    /// From which day to which.
    pub period: Period,
    /// The state's columns.
    pub state: StateRecord,
    /// Study breaks that are over, in order of time.
    pub breaks: Vec<Period>,
    /// Pace in percent, in order of time.
    pub pace: Vec<Part<u8>>,
    /// Codes of funding sources, none where not stated, in order of time.
    pub funding: Vec<Part<Option<String>>>,
}

impl Participation {
    /// The participation as rows. Nothing is lost.
    #[must_use]
    pub fn to_record(&self) -> ParticipationRecord {
        let pace = self.pace().to_parts().into_iter();
        let funding = self.funding().to_parts().into_iter();
        ParticipationRecord {
            person: self.person(),
            offering: self.offering(),
            origin: self.origin(),
            period: self.period(),
            state: self.state().to_record(),
            breaks: self.breaks().to_vec(),
            pace: pace.map(|Part { from, value }| Part { from, value: value.percent() }).collect(),
            funding: funding
                .map(|Part { from, value }| Part { from, value: value.map(|code| code.to_string()) })
                .collect(),
        }
    }

    /// The participation of rows. Codes are not looked up again: they were valid when they were
    /// entered.
    ///
    /// # Errors
    /// At `/state`, `/breaks`, `/pace` and `/funding`, for rows that do not fit together.
    pub fn from_record(record: ParticipationRecord) -> Result<Self, Refusals> {
        let ParticipationRecord { person, offering, origin, period, state, breaks, pace, funding } = record;
        let mut refusals = Refusals::default();
        let pace = pace
            .into_iter()
            .map(|Part { from, value }| Ok(Part { from, value: Pace::new(value.into())? }))
            .collect::<Result<Vec<_>, Refusal>>()
            .and_then(|parts| Parts::from_parts(period, parts));
        let pace = refusals.note("/pace", pace);
        let funding = funding
            .into_iter()
            .map(|Part { from, value }| {
                Ok(Part { from, value: value.map(|code| Code::new(&code)).transpose()? })
            })
            .collect::<Result<Vec<_>, Refusal>>()
            .and_then(|parts| Parts::from_parts(period, parts));
        let funding = refusals.note("/funding", funding);
        let state = match State::from_record(state) {
            Ok(state) => Some(state),
            Err(found) => {
                refusals.0.extend(found.0.into_iter().map(|refusal| refusal.at("/state")));
                None
            }
        };
        match (state, pace, funding, refusals.finish()) {
            (Some(state), Some(pace), Some(funding), Ok(())) => {
                Ok(Self::consistent(person, offering, origin, state, breaks, pace, funding)?)
            }
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}
