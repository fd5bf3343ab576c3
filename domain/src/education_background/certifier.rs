//! Who may certify something about a participant, and on what it may rest.

use crate::code::coded;
use crate::id::PersonId;
use crate::refusal::{Refusal, Rule};

coded! {
    /// What a certification rests on.
    Basis("basis of a certification") {
        /// A document that whoever certifies has seen: a grade document, a certificate of studies.
        Document = "document",
        /// What another authority or school has confirmed.
        Confirmation = "confirmation",
        /// The school's own assessment, after the level and the purpose of the studies.
        Assessment = "assessment",
    }
}

/// Checks that somebody may certify what concerns a participant: a person (the program certifies nothing), who is not
/// the participant and not related to them. `related` are the persons with a relation to the participant, in whichever
/// direction.
///
/// # Errors
/// [`Rule::NotPermitted`].
pub fn may_certify(
    certifier: Option<PersonId>,
    participant: PersonId,
    related: &[PersonId],
) -> Result<PersonId, Refusal> {
    match certifier {
        None => Err(Refusal::new(Rule::NotPermitted, "a named person certifies, not the program")),
        Some(person) if person == participant => {
            Err(Refusal::new(Rule::NotPermitted, "nobody certifies what concerns themselves"))
        }
        Some(person) if related.contains(&person) => {
            Err(Refusal::new(Rule::NotPermitted, "nobody certifies what concerns a relative"))
        }
        Some(person) => Ok(person),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    #[test]
    fn neither_the_participant_nor_a_relation_nor_the_program_certifies() {
        let person = |number| PersonId::from_uuid(uuid::Uuid::from_u128(number));
        assert_eq!(may_certify(Some(person(3)), person(1), &[person(2)]), Ok(person(3)));
        for certifier in [None, Some(person(1)), Some(person(2))] {
            assert_eq!(may_certify(certifier, person(1), &[person(2)]).unwrap_err().rule, Rule::NotPermitted);
        }
    }
}
