//! A turn that was carried out.

use chrono::{DateTime, Utc};

use crate::code::coded;
use crate::id::{SchoolUnitId, TermId};
use crate::refusal::{Refusal, Rule};
use crate::text::Text;

coded! {
    /// How a turn stands.
    TermTurnState("state of a turn of term") {
        /// It holds.
        Done = "done",
        /// It was undone.
        Reversed = "reversed",
    }
}

coded! {
    /// What a turn did to a record.
    TurnedAction("action of a turn of term") {
        /// It was entered.
        Made = "made",
        /// It got another last day.
        Ended = "ended",
    }
}

/// A turn of term.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TermTurn {
    /// The school unit whose term turned.
    pub school_unit: SchoolUnitId,
    /// The term that was ending.
    pub from: TermId,
    /// The term that was to begin.
    pub to: TermId,
    /// Why and when it was undone, if it was.
    pub reversal: Option<(Text, DateTime<Utc>)>,
}

impl TermTurn {
    /// How it stands.
    #[must_use]
    pub fn state(&self) -> TermTurnState {
        if self.reversal.is_some() { TermTurnState::Reversed } else { TermTurnState::Done }
    }

    /// The turn as undone.
    ///
    /// # Errors
    /// [`Rule::State`] when it has been undone already.
    pub fn reversed(&self, reason: Text, now: DateTime<Utc>) -> Result<Self, Refusal> {
        match self.state() {
            TermTurnState::Done => Ok(Self { reversal: Some((reason, now)), ..self.clone() }),
            TermTurnState::Reversed => Err(Refusal::new(Rule::State, "the turn has been undone already")),
        }
    }
}
