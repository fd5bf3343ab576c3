//! What an applicant applies for, and what became of it.

use chrono::NaiveDate;

use crate::code::coded;
use crate::id::{ApplicationRoundId, OfferingId};
use crate::participation::Reason;

coded! {
    /// The name of a choice's state, as stored and published.
    ChoiceCode("state of a choice") {
        /// See [`ChoiceState::Undecided`].
        Undecided = "undecided",
        /// See [`ChoiceState::Offered`].
        Offered = "offered",
        /// See [`ChoiceState::Reserve`].
        Reserve = "reserve",
        /// See [`ChoiceState::Rejected`].
        Rejected = "rejected",
        /// See [`ChoiceState::Accepted`].
        Accepted = "accepted",
        /// See [`ChoiceState::Declined`].
        Declined = "declined",
        /// See [`ChoiceState::Expired`].
        Expired = "expired",
        /// See [`ChoiceState::Lapsed`].
        Lapsed = "lapsed",
    }
}

/// What became of a choice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ChoiceState {
    /// Nobody has decided.
    Undecided,
    /// Admitted: a place is offered.
    Offered {
        /// The last day to accept it.
        until: NaiveDate,
    },
    /// In the queue for a place that becomes free.
    Reserve {
        /// The place in the queue, from 1. Places stay when others leave the queue.
        place: u32,
    },
    /// Not admitted.
    Rejected {
        /// Why.
        reason: Reason,
    },
    /// The applicant has taken the place.
    Accepted {
        /// On which day.
        on: NaiveDate,
    },
    /// The applicant does not want the place.
    Declined {
        /// On which day.
        on: NaiveDate,
    },
    /// The offer was not answered in time, and somebody, or the step that was decided beforehand, has ended it.
    Expired {
        /// On which day.
        on: NaiveDate,
    },
    /// It no longer matters: the applicant has withdrawn, or taken a place in a choice they put before it.
    Lapsed {
        /// From which day.
        on: NaiveDate,
    },
}

impl ChoiceState {
    /// The name under which it is stored and published.
    #[must_use]
    pub fn code(&self) -> ChoiceCode {
        match self {
            Self::Undecided => ChoiceCode::Undecided,
            Self::Offered { .. } => ChoiceCode::Offered,
            Self::Reserve { .. } => ChoiceCode::Reserve,
            Self::Rejected { .. } => ChoiceCode::Rejected,
            Self::Accepted { .. } => ChoiceCode::Accepted,
            Self::Declined { .. } => ChoiceCode::Declined,
            Self::Expired { .. } => ChoiceCode::Expired,
            Self::Lapsed { .. } => ChoiceCode::Lapsed,
        }
    }

    /// Whether it takes one of the offering's places: offered ones do, else a place would be offered twice.
    #[must_use]
    pub fn occupies_place(&self) -> bool {
        matches!(self, Self::Offered { .. } | Self::Accepted { .. })
    }

    /// Whether something can still come of it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Undecided | Self::Offered { .. } | Self::Reserve { .. })
    }
}

/// One choice of an application.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Choice {
    /// The round in which it is applied for.
    pub round: ApplicationRoundId,
    /// The offering of that round.
    pub offering: OfferingId,
    /// Whether it was submitted after the round had closed.
    pub late: bool,
    /// What became of it.
    pub state: ChoiceState,
}
