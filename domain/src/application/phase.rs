//! The phases of an application and the facts that are true in each.

use chrono::NaiveDate;

use crate::code::coded;
use crate::text::Text;

coded! {
    /// The name of a phase, as stored and published.
    PhaseCode("phase of an application") {
        /// See [`Phase::Draft`].
        Draft = "draft",
        /// See [`Phase::Confirmed`].
        Confirmed = "confirmed",
        /// See [`Phase::Submitted`].
        Submitted = "submitted",
        /// See [`Phase::CompletionAsked`].
        CompletionAsked = "completion-asked",
        /// See [`Phase::UnderReview`].
        UnderReview = "under-review",
        /// See [`Phase::Withdrawn`].
        Withdrawn = "withdrawn",
    }
}

/// Where an application stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Phase {
    /// Somebody has begun, and the e-mail address is not confirmed.
    Draft,
    /// The e-mail address is confirmed; the application can be submitted.
    Confirmed,
    /// It is the school's turn.
    Submitted {
        /// On which day.
        on: NaiveDate,
    },
    /// The school has asked for more.
    CompletionAsked {
        /// When it was submitted.
        submitted: NaiveDate,
        /// What is missing, 1 to 2000 characters.
        what: Text,
        /// The last day to complete it. A day that has passed closes nothing by itself.
        by: NaiveDate,
    },
    /// Somebody is looking at it, or has decided about some of its choices.
    UnderReview {
        /// When it was submitted.
        submitted: NaiveDate,
    },
    /// The applicant has taken it back.
    Withdrawn {
        /// On which day.
        on: NaiveDate,
    },
}

impl Phase {
    /// The name under which the phase is stored and published.
    #[must_use]
    pub fn code(&self) -> PhaseCode {
        match self {
            Self::Draft => PhaseCode::Draft,
            Self::Confirmed => PhaseCode::Confirmed,
            Self::Submitted { .. } => PhaseCode::Submitted,
            Self::CompletionAsked { .. } => PhaseCode::CompletionAsked,
            Self::UnderReview { .. } => PhaseCode::UnderReview,
            Self::Withdrawn { .. } => PhaseCode::Withdrawn,
        }
    }

    /// When it was submitted, if it was and is not withdrawn.
    #[must_use]
    pub fn submitted(&self) -> Option<NaiveDate> {
        match self {
            Self::Submitted { on: day }
            | Self::CompletionAsked { submitted: day, .. }
            | Self::UnderReview { submitted: day } => Some(*day),
            Self::Draft | Self::Confirmed | Self::Withdrawn { .. } => None,
        }
    }
}
