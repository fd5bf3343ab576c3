//! Who decides about a change that waits.

use crate::id::{AccountId, PersonId};
use crate::refusal::{Refusal, Rule};

/// Whether what widens access waits for a second person: a setting of the organiser, on unless
/// it was turned off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SecondPerson {
    /// It waits.
    Needed,
    /// It takes effect at once.
    NotNeeded,
}

/// The one who confirms or rejects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decider {
    /// Their account.
    pub account: Option<AccountId>,
    /// The person behind it.
    pub person: Option<PersonId>,
    /// The person behind the account that entered what waits.
    pub entered_by_person: Option<PersonId>,
}

impl Decider {
    /// Checks that this is a second person who gains nothing: neither the account that entered
    /// it, nor another account of the same person, nor one of those concerned.
    ///
    /// # Errors
    /// [`Rule::Conflict`].
    pub fn may_confirm(&self, entered_by: Option<AccountId>, concerned: &[PersonId]) -> Result<(), Refusal> {
        let second = match self.account {
            // The program itself is no person.
            None => false,
            Some(account) => {
                entered_by != Some(account)
                    && (self.person.is_none() || self.person != self.entered_by_person)
            }
        };
        if !second {
            return Err(Refusal::new(
                Rule::Conflict,
                "another person than the one who entered it confirms it",
            ));
        }
        if self.person.is_some_and(|person| concerned.contains(&person)) {
            return Err(Refusal::new(Rule::Conflict, "nobody confirms what concerns themselves"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use uuid::Uuid;

    fn account(number: u128) -> AccountId {
        AccountId::from_uuid(Uuid::from_u128(number))
    }

    fn person(number: u128) -> PersonId {
        PersonId::from_uuid(Uuid::from_u128(number))
    }

    #[test]
    fn a_second_account_of_the_same_person_is_no_second_person() {
        let decider = Decider {
            account: Some(account(2)),
            person: Some(person(7)),
            entered_by_person: Some(person(7)),
        };
        assert!(decider.may_confirm(Some(account(1)), &[]).is_err());
        let other = Decider { entered_by_person: Some(person(8)), ..decider };
        assert!(other.may_confirm(Some(account(1)), &[]).is_ok());
        assert!(other.may_confirm(Some(account(2)), &[]).is_err());
        assert!(other.may_confirm(Some(account(1)), &[person(7)]).is_err());
    }

    #[test]
    fn the_program_confirms_nothing() {
        let decider = Decider { account: None, person: None, entered_by_person: None };
        assert!(decider.may_confirm(Some(account(1)), &[]).is_err());
    }
}
