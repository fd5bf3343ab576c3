//! Who is cleared to know of a protected person, and how that comes about.

use super::Decider;
use crate::code::coded;
use crate::id::{AccountId, PersonId};
use crate::person::redacted;
use crate::refusal::{Refusal, Rule};
use crate::text::Text;

use super::SecondPerson;

coded! {
    /// How far a clearing has come.
    ClearingState("state of a clearing") {
        /// Entered; clears nobody until a second person has confirmed it.
        Waiting = "waiting",
        /// The relative is cleared.
        Confirmed = "confirmed",
        /// A second person said no; clears nobody.
        Rejected = "rejected",
    }
}

/// A protected person's relative who is cleared to know of them: their relations carry what they would carry
/// if the person were not protected. It gives no right of its own. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Clearing {
    /// Who is protected.
    pub person: PersonId,
    /// Who is cleared.
    pub relative: PersonId,
    /// How far it has come.
    pub state: ClearingState,
    /// Why it was entered; 5 to 500 characters.
    pub reason: Text,
    /// The account that entered it.
    pub entered_by: Option<AccountId>,
    /// The account that confirmed or rejected it.
    pub decided_by: Option<AccountId>,
    /// What they noted; 5 to 500 characters.
    pub decision_note: Option<Text>,
}

redacted!(Clearing);

impl Clearing {
    /// Enters a clearing; it waits where a second person is needed.
    ///
    /// # Errors
    /// [`Rule::Conflict`] at `/relativeId` for the person themselves.
    pub fn enter(
        person: PersonId,
        relative: PersonId,
        reason: Text,
        by: Option<AccountId>,
        second_person: SecondPerson,
    ) -> Result<Self, Refusal> {
        if person == relative {
            return Err(Refusal::new(Rule::Conflict, "nobody is their own relative").at("/relativeId"));
        }
        let state = match second_person {
            SecondPerson::Needed => ClearingState::Waiting,
            SecondPerson::NotNeeded => ClearingState::Confirmed,
        };
        Ok(Self { person, relative, state, reason, entered_by: by, decided_by: None, decision_note: None })
    }

    /// Whether the relative is cleared.
    #[must_use]
    pub fn is_in_force(&self) -> bool {
        self.state == ClearingState::Confirmed
    }

    /// Confirms what waits: the relative is cleared from now on.
    ///
    /// # Errors
    /// [`Rule::State`] when it does not wait; as [`Decider::may_confirm`].
    pub fn confirm(&self, decider: &Decider, note: Option<Text>) -> Result<Self, Refusal> {
        self.waits()?;
        decider.may_confirm(self.entered_by, &[self.person, self.relative])?;
        Ok(self.decided(ClearingState::Confirmed, decider, note))
    }

    /// Rejects what waits. Whoever entered it may do so too.
    ///
    /// # Errors
    /// [`Rule::State`] when it does not wait.
    pub fn reject(&self, decider: &Decider, note: Text) -> Result<Self, Refusal> {
        self.waits()?;
        Ok(self.decided(ClearingState::Rejected, decider, Some(note)))
    }

    fn waits(&self) -> Result<(), Refusal> {
        match self.state {
            ClearingState::Waiting => Ok(()),
            ClearingState::Confirmed | ClearingState::Rejected => {
                Err(Refusal::new(Rule::State, "nothing waits for a second person"))
            }
        }
    }

    fn decided(&self, state: ClearingState, decider: &Decider, note: Option<Text>) -> Self {
        Self { state, decided_by: decider.account, decision_note: note, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn person(number: u128) -> PersonId {
        PersonId::from_uuid(Uuid::from_u128(number))
    }

    fn account(number: u128) -> AccountId {
        AccountId::from_uuid(Uuid::from_u128(number))
    }

    fn reason() -> Text {
        Text::line("Modern är målsman", 500).unwrap()
    }

    proptest! {
        #[test]
        fn nobody_is_cleared_by_one_person_alone(
            by in 0..3u128, decides in 0..3u128, behind in proptest::option::of(0..4u128), same_person: bool,
        ) {
            let waiting =
                Clearing::enter(person(1), person(2), reason(), Some(account(by)), SecondPerson::Needed).unwrap();
            prop_assert!(!waiting.is_in_force());
            let decider = Decider {
                account: Some(account(decides)),
                person: behind.map(person),
                entered_by_person: behind.filter(|_| same_person).map(person),
            };
            let second = by != decides && !(same_person && behind.is_some()) && ![Some(1), Some(2)].contains(&behind);
            let confirmed = waiting.confirm(&decider, None);
            prop_assert_eq!(confirmed.as_ref().is_ok_and(Clearing::is_in_force), second);
            let rejected = waiting.reject(&decider, reason()).unwrap();
            prop_assert!(!rejected.is_in_force());
            prop_assert!(rejected.confirm(&decider, None).is_err() && rejected.reject(&decider, reason()).is_err());
        }
    }

    #[test]
    fn where_no_second_person_is_needed_it_is_in_force_at_once() {
        let clearing =
            Clearing::enter(person(1), person(2), reason(), None, SecondPerson::NotNeeded).unwrap();
        assert!(clearing.is_in_force());
        assert!(Clearing::enter(person(1), person(1), reason(), None, SecondPerson::NotNeeded).is_err());
    }
}
