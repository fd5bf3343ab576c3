//! The states of a participation and the facts that are true in each.

use chrono::NaiveDate;

use crate::code::coded;
use crate::refusal::Refusal;
use crate::text::Text;

/// Why something was done, as a person writes it: 1 to 500 characters, in lines. A reason may tell
/// of illness or of a family; it belongs to the information class of absence reasons, is shown to
/// those who may see it, and stays out of logs, filters and sort keys.
#[derive(Clone, PartialEq, Eq)]
pub struct Reason(Text);

impl Reason {
    /// A reason in someone's words.
    ///
    /// # Errors
    /// As [`Text::lines`].
    pub fn new(raw: &str) -> Result<Self, Refusal> {
        Text::lines(raw, 500).map(Self)
    }

    /// The words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl std::fmt::Debug for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reason(…)")
    }
}

coded! {
    /// The name of a state, as stored and published.
    StateCode("state of a participation") {
        /// See [`State::Planned`].
        Planned = "planned",
        /// See [`State::Active`].
        Active = "active",
        /// See [`State::OnStudyBreak`].
        StudyBreak = "study-break",
        /// See [`State::Interrupted`].
        Interrupted = "interrupted",
        /// See [`State::Completed`].
        Completed = "completed",
        /// See [`State::CancelledBeforeStart`].
        Cancelled = "cancelled",
    }
}

impl StateCode {
    /// The states that occupy a place.
    pub const OCCUPYING: &'static [Self] = &[Self::Planned, Self::Active, Self::StudyBreak];
}

/// Where a participation stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    /// The person has a place and has not begun.
    Planned,
    /// The person studies.
    Active,
    /// Studieuppehåll: the person is away and keeps the place.
    OnStudyBreak {
        /// The first day away.
        from: NaiveDate,
        /// The planned last day away; none when it is not known.
        to: Option<NaiveDate>,
    },
    /// Avbrott: the person has left before the end.
    Interrupted {
        /// The last day as a participant.
        on: NaiveDate,
        /// Why.
        reason: Reason,
    },
    /// The person has finished.
    Completed {
        /// The last day as a participant.
        on: NaiveDate,
    },
    /// Återbud: the person never began.
    CancelledBeforeStart {
        /// The day on which the place was given up. It may come after the first day: then the
        /// person never came.
        on: NaiveDate,
        /// Why.
        reason: Reason,
    },
}

impl State {
    /// The name under which the state is stored and published.
    #[must_use]
    pub fn code(&self) -> StateCode {
        match self {
            Self::Planned => StateCode::Planned,
            Self::Active => StateCode::Active,
            Self::OnStudyBreak { .. } => StateCode::StudyBreak,
            Self::Interrupted { .. } => StateCode::Interrupted,
            Self::Completed { .. } => StateCode::Completed,
            Self::CancelledBeforeStart { .. } => StateCode::Cancelled,
        }
    }

    /// Whether the participation takes one of the offering's places.
    #[must_use]
    pub fn occupies_place(&self) -> bool {
        StateCode::OCCUPYING.contains(&self.code())
    }
}
