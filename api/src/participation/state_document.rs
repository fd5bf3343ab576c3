//! Where a participation stands, as the interface shows and takes it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{InformationClass, Scope},
    id::PersonId,
    participation::{State, StateCode, StateRecord},
    refusal::{Refusal, Refusals, Rule},
};
use utoipa::ToSchema;
use validator::Validate;

/// The name of a state of a participation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = ParticipationStateName, example = "active")]
pub enum StateName {
    /// The person has a place and has not begun.
    Planned,
    /// The person studies.
    Active,
    /// Studieuppehåll: the person is away and keeps the place.
    StudyBreak,
    /// Avbrott: the person has left before the end.
    Interrupted,
    /// The person has finished.
    Completed,
    /// Återbud: the person never began.
    Cancelled,
}

impl StateName {
    /// The domain's name of it.
    #[must_use]
    pub fn code(self) -> StateCode {
        match self {
            Self::Planned => StateCode::Planned,
            Self::Active => StateCode::Active,
            Self::StudyBreak => StateCode::StudyBreak,
            Self::Interrupted => StateCode::Interrupted,
            Self::Completed => StateCode::Completed,
            Self::Cancelled => StateCode::Cancelled,
        }
    }

    fn of(code: StateCode) -> Self {
        match code {
            StateCode::Planned => Self::Planned,
            StateCode::Active => Self::Active,
            StateCode::StudyBreak => Self::StudyBreak,
            StateCode::Interrupted => Self::Interrupted,
            StateCode::Completed => Self::Completed,
            StateCode::Cancelled => Self::Cancelled,
        }
    }
}

/// Where a participation stands, with the facts that are true there.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ParticipationState)]
pub struct StateDocument {
    /// Its name.
    pub code: StateName,
    /// On study break: the first day away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-10-05")]
    pub from: Option<NaiveDate>,
    /// On study break: the planned last day away, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-11-01")]
    pub to: Option<NaiveDate>,
    /// Interrupted or completed: the last day as a participant. Cancelled: the day on which the
    /// place was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-11-20")]
    pub on: Option<NaiveDate>,
    /// Interrupted or cancelled: why. Shown only to those who may see reasons of absence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "Har fått arbete", min_length = 1, max_length = 500)]
    pub reason: Option<String>,
}

/// A reason may tell of illness: it stays out of logs.
impl std::fmt::Debug for StateDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { code, from, to, on, reason: _ } = self;
        f.debug_struct("StateDocument")
            .field("code", code)
            .field("from", from)
            .field("to", to)
            .field("on", on)
            .finish_non_exhaustive()
    }
}

impl StateDocument {
    /// The state of that person's participation, as far as the scope opens it.
    #[must_use]
    pub fn of(state: &State, person: PersonId, scope: &Scope) -> Self {
        let StateRecord { code: _, from, to, reason } = state.to_record();
        let code = state.code();
        let (from, on) = if code == StateCode::StudyBreak { (from, None) } else { (None, from) };
        let open = scope.classes_about(person).has(InformationClass::AbsenceReason);
        Self { code: StateName::of(code), from, to, on, reason: reason.filter(|_| open) }
    }

    /// The state it tells of.
    ///
    /// # Errors
    /// At `/from`, `/to`, `/on` and `/reason`: facts that are missing, or not true in the state.
    pub fn state(&self) -> Result<State, Refusals> {
        let Self { code, from, to, on, reason } = self.clone();
        let on_break = code == StateName::StudyBreak;
        let (first, foreign, at) = if on_break { (from, on, "/on") } else { (on, from, "/from") };
        let mut refusals = Refusals::default();
        if foreign.is_some() {
            let detail = format!("the state {} does not have this", code.code());
            refusals.0.push(Refusal::new(Rule::Conflict, detail).at(at));
        }
        let record = StateRecord { code: code.code().code().to_owned(), from: first, to, reason };
        match State::from_record(record) {
            Ok(state) => refusals.finish().map(|()| state),
            Err(found) => {
                // The record's one date is `from`; here it is `on` but for a study break.
                refusals.0.extend(found.0.into_iter().map(|mut refusal| {
                    if refusal.pointer == "/from" && !on_break {
                        "/on".clone_into(&mut refusal.pointer);
                    }
                    refusal
                }));
                Err(refusals)
            }
        }
    }
}
