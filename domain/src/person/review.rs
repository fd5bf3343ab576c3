//! Entries that wait for review.
//!
//! An entry that meets a person whom the one who enters it may not know of must not be answered
//! in a way that tells of them. It waits for somebody who may know, with the same answer as
//! every other entry that waits; and since some wait for quite ordinary reasons that the one
//! who enters them cannot see either, that it waits says nothing.

use super::redacted;
use crate::id::PersonId;
use crate::refusal::{Refusal, Rule};

macro_rules! coded {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable code.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The value with this code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.code() == code)
            }
        }
    };
}

coded! {
    /// Why an entry waits. Only for those who decide; never part of the answer to the entry.
    ReviewReason {
        /// The id that the entry chose belongs to somebody out of reach.
        IdHeld = "id-held",
        /// An identity number belongs to somebody out of reach.
        NumberHeld = "identity-number-held",
        /// An external identifier belongs to somebody out of reach.
        IdentifierHeld = "external-identifier-held",
        /// An identity number stood in an entry that was withdrawn: it may be the same person again.
        NumberWithdrawn = "withdrawn-entry",
        /// Somebody has the same name and date of birth, and no personnummer tells the two apart.
        LookAlike = "look-alike",
        /// The entry states that the person is protected.
        ProtectionStated = "protection-stated",
    }
}

impl ReviewReason {
    /// Whether the entry cannot be carried out while it holds, whoever decides.
    #[must_use]
    pub fn bars(self) -> bool {
        match self {
            Self::IdHeld | Self::NumberHeld | Self::IdentifierHeld => true,
            Self::NumberWithdrawn | Self::LookAlike | Self::ProtectionStated => false,
        }
    }
}

coded! {
    /// What the entry would do.
    ReviewKind {
        /// Enter a new person.
        Create = "create",
        /// Change a person.
        Update = "update",
    }
}

coded! {
    /// How far the review has come.
    ReviewState {
        /// Nobody has decided.
        Waiting = "waiting",
        /// The entry was carried out.
        Accepted = "accepted",
        /// The person was in the register already.
        SamePerson = "same-person",
        /// The entry was not carried out.
        Rejected = "rejected",
    }
}

coded! {
    /// What somebody decides.
    ReviewDecision {
        /// Carry the entry out.
        Accept = "accept",
        /// The person is in the register already: leave it at that.
        SamePerson = "same-person",
        /// Do not carry it out.
        Reject = "reject",
    }
}

impl ReviewState {
    /// The state after a decision.
    ///
    /// # Errors
    /// [`Rule::State`] when somebody has decided already.
    pub fn decided(self, decision: ReviewDecision) -> Result<Self, Refusal> {
        if self != Self::Waiting {
            return Err(Refusal::new(Rule::State, "somebody has decided already"));
        }
        Ok(match decision {
            ReviewDecision::Accept => Self::Accepted,
            ReviewDecision::SamePerson => Self::SamePerson,
            ReviewDecision::Reject => Self::Rejected,
        })
    }
}

/// An entry that waits, or waited. `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonReview {
    /// What the entry would do.
    pub kind: ReviewKind,
    /// How far it has come.
    pub state: ReviewState,
    /// Whom the entry changes, or whom the decision was about.
    pub person: Option<PersonId>,
    /// Why it waits; at least one, in order.
    pub reasons: Vec<ReviewReason>,
    /// Whom it met.
    pub met: Vec<PersonId>,
    /// The entry as it came, as JSON.
    pub entry: String,
    /// What was noted with the decision.
    pub note: Option<String>,
}

redacted!(PersonReview);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_review_is_decided_once() {
        for decision in ReviewDecision::ALL {
            let decided = ReviewState::Waiting.decided(*decision).unwrap();
            assert_ne!(decided, ReviewState::Waiting);
            for again in ReviewDecision::ALL {
                assert_eq!(decided.decided(*again).unwrap_err().rule, Rule::State);
            }
        }
    }

    #[test]
    fn some_reasons_to_wait_tell_nothing_of_protection() {
        assert!(ReviewReason::ALL.iter().any(|reason| !reason.bars()));
        for reason in ReviewReason::ALL {
            assert_eq!(ReviewReason::from_code(reason.code()), Some(*reason));
        }
    }
}
