//! Exemptions (undantag): somebody who takes part in an offering, and is not expected in one of its lessons.

use std::collections::BTreeSet;

use crate::{
    id::{LessonId, PersonId},
    participation::Reason,
    refusal::{Refusal, Rule},
};

use super::{Register, RegisterState};

/// Says that a person is not expected in a lesson: they leave its register, and it counts in none of their figures.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exemption {
    /// From which lesson.
    pub lesson: LessonId,
    /// Who.
    pub person: PersonId,
    /// Why, 1 to 500 characters.
    pub reason: Reason,
}

impl Register {
    /// Checks that who is expected and not registered yet may be exempted. What is registered is never taken back by an
    /// exemption: whoever missed a lesson is excused afterwards ([`Register::excuse`]), with a mark that stays.
    ///
    /// # Errors
    /// [`Rule::State`] while the register is closed and for one who has a mark; [`Rule::UnknownReference`] at
    /// `/path/personId` for one who is not expected.
    pub fn admit_exemption(&self, person: PersonId, expected: &BTreeSet<PersonId>) -> Result<(), Refusal> {
        if self.state == RegisterState::Closed {
            return Err(Refusal::new(Rule::State, "the register is closed: open it again to change it"));
        }
        if self.marks.contains_key(&person) {
            let detail =
                "attendance is registered of the person: take the mark away first, or excuse the absence";
            return Err(Refusal::new(Rule::State, detail));
        }
        if expected.contains(&person) {
            Ok(())
        } else {
            let detail = "the person is not expected in the lesson";
            Err(Refusal::new(Rule::UnknownReference, detail).at("/path/personId"))
        }
    }

    /// Checks that somebody who was exempted may be expected again.
    ///
    /// # Errors
    /// [`Rule::State`] while the register is closed: they would be without a mark in it.
    pub fn admit_return(&self) -> Result<(), Refusal> {
        match self.state {
            RegisterState::Open => Ok(()),
            RegisterState::Closed => {
                Err(Refusal::new(Rule::State, "the register is closed: open it again to change it"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::{
        attendance::{Mark, Registered},
        id::Id,
    };

    fn id<T: Id>(number: u128) -> T {
        T::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn marked() -> Registered {
        Registered { mark: Mark::Absent { authorised: false }, ground: None, decided: None }
    }

    proptest! {
        /// Whoever may be exempted is expected and without a mark, in an open register; nobody else.
        #[test]
        fn only_who_is_expected_and_unmarked_is_exempted(
            expected in prop::collection::btree_set(0_u128..6, 0..6),
            marks in prop::collection::btree_set(0_u128..6, 0..6),
            closed: bool,
            person in 0_u128..6,
        ) {
            let state = if closed { RegisterState::Closed } else { RegisterState::Open };
            let marks_of: BTreeMap<PersonId, Registered> =
                marks.iter().map(|number| (id(*number), marked())).collect();
            let register = Register { lesson: id(9), state, marks: marks_of };
            let expected_of: BTreeSet<PersonId> = expected.iter().map(|number| id(*number)).collect();
            let admitted = register.admit_exemption(id(person), &expected_of).is_ok();
            prop_assert_eq!(admitted, !closed && expected.contains(&person) && !marks.contains(&person));
            prop_assert_eq!(register.admit_return().is_ok(), !closed);
        }
    }
}
