//! Whether an applicant is somebody whom the register knows.
//!
//! A wrong match gives a stranger somebody's record, so that only a number that says who somebody is, and that was
//! shown to be the applicant's, matches by itself. Whatever else speaks for it is a suggestion to staff; the applicant
//! is never told of it. Somebody whom the one who handles the application may not know of does not show: what is seen
//! is the same as if they were not in the register, and the application waits for somebody who may know.

use crate::code::coded;
use crate::id::PersonId;
use crate::person::{DuplicateClass, IdentityNumberKind};

coded! {
    /// How a stated identity number was shown to be the applicant's.
    Proof("proof of an identity number") {
        /// By logging in with BankID.
        Bankid = "bankid",
        /// A member of staff has seen it confirmed.
        Staff = "staff",
        /// Not at all: the applicant has typed it.
        Stated = "stated",
    }
}

/// The identity number that an applicant gave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StatedNumber {
    /// Of which kind.
    pub kind: IdentityNumberKind,
    /// How it was shown to be theirs.
    pub proof: Proof,
}

impl StatedNumber {
    /// Whether somebody who holds the same number is the applicant. An interim number, which passes, and T and TF
    /// numbers, which a school gives, never say so.
    #[must_use]
    pub fn says_who(self) -> bool {
        let is_of_a_person = match self.kind {
            IdentityNumberKind::Personnummer | IdentityNumberKind::CoordinationNumber => true,
            IdentityNumberKind::InterimNumber
            | IdentityNumberKind::TNumber
            | IdentityNumberKind::TfNumber => false,
        };
        is_of_a_person && self.proof != Proof::Stated
    }
}

/// Somebody in the register who may be the applicant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hit {
    /// Who.
    pub person: PersonId,
    /// Whether they hold, or held, the very number that the applicant gave.
    pub same_number: bool,
    /// How alike the two are otherwise ([`compare`](crate::person::compare)); none where not worth looking at.
    pub likeness: Option<DuplicateClass>,
    /// Whether they are out of sight of those who handle the application: protected, or of another part of the organiser.
    pub hidden: bool,
}

/// What those see who handle the application.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Seen {
    /// This person is the applicant.
    Same(PersonId),
    /// One of these may be; somebody at the school says which, or none. In order of their ids.
    Suggestions(Vec<PersonId>),
    /// Nobody: the applicant is new.
    Nobody,
}

/// Whether an applicant is in the register.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Matching {
    /// What those see who handle the application. It never depends on whom they may not know of.
    pub seen: Seen,
    /// Whom only somebody with the permission may see. Unless there are none, nothing is done by itself and the
    /// application waits for that somebody, without a word of it in any answer. In order of their ids.
    pub waits_for: Vec<PersonId>,
}

impl Matching {
    /// The person to whom the application is joined without anybody looking at it; none wherever somebody must.
    #[must_use]
    pub fn automatic(&self) -> Option<PersonId> {
        match self.seen {
            Seen::Same(person) if self.waits_for.is_empty() => Some(person),
            Seen::Same(_) | Seen::Suggestions(_) | Seen::Nobody => None,
        }
    }
}

/// Who of the hits is, or may be, the applicant. Their order does not matter.
#[must_use]
pub fn match_applicant(number: Option<StatedNumber>, hits: &[Hit]) -> Matching {
    // The same T, TF or interim number alone is nothing to go by.
    let is_worth_it = |hit: &&Hit| {
        let tells = number.is_some_and(|number| {
            matches!(number.kind, IdentityNumberKind::Personnummer | IdentityNumberKind::CoordinationNumber)
        });
        (hit.same_number && tells) || hit.likeness.is_some()
    };
    let people = |fits: &dyn Fn(&Hit) -> bool| -> Vec<PersonId> {
        let mut people: Vec<_> =
            hits.iter().filter(is_worth_it).filter(|hit| fits(hit)).map(|hit| hit.person).collect();
        people.sort_unstable();
        people.dedup();
        people
    };
    let holders = people(&|hit| !hit.hidden && hit.same_number);
    let seen = match holders.as_slice() {
        [one] if number.is_some_and(StatedNumber::says_who) => Seen::Same(*one),
        _ => {
            let suggestions = people(&|hit| !hit.hidden);
            if suggestions.is_empty() { Seen::Nobody } else { Seen::Suggestions(suggestions) }
        }
    };
    Matching { seen, waits_for: people(&|hit| hit.hidden) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use proptest::prelude::*;

    fn person(number: u128) -> PersonId {
        PersonId::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn hit(number: u128, same_number: bool, likeness: Option<DuplicateClass>, hidden: bool) -> Hit {
        Hit { person: person(number), same_number, likeness, hidden }
    }

    fn shown(kind: IdentityNumberKind, proof: Proof) -> Option<StatedNumber> {
        Some(StatedNumber { kind, proof })
    }

    #[test]
    fn only_a_number_that_was_shown_to_be_theirs_matches_by_itself() {
        use IdentityNumberKind::{CoordinationNumber, InterimNumber, Personnummer, TNumber, TfNumber};
        let holder = [hit(1, true, None, false)];
        for kind in [Personnummer, CoordinationNumber] {
            for proof in [Proof::Bankid, Proof::Staff] {
                assert_eq!(match_applicant(shown(kind, proof), &holder).automatic(), Some(person(1)));
            }
            // Somebody types another's number: staff see a suggestion, and nothing happens by itself.
            let typed = match_applicant(shown(kind, Proof::Stated), &holder);
            assert_eq!((typed.automatic(), typed.seen), (None, Seen::Suggestions(vec![person(1)])));
        }
        for kind in [InterimNumber, TNumber, TfNumber] {
            for proof in Proof::ALL {
                let alone = match_applicant(shown(kind, *proof), &holder);
                assert_eq!((alone.automatic(), alone.seen), (None, Seen::Nobody), "{}", kind.code());
                let alike = [hit(1, true, Some(DuplicateClass::Likely), false)];
                let alike = match_applicant(shown(kind, *proof), &alike);
                assert_eq!((alike.automatic(), alike.seen), (None, Seen::Suggestions(vec![person(1)])));
            }
        }
    }

    #[test]
    fn a_number_that_two_records_have_is_for_people_to_sort_out() {
        let two = [hit(2, true, None, false), hit(1, true, None, false)];
        let found = match_applicant(shown(IdentityNumberKind::Personnummer, Proof::Bankid), &two);
        assert_eq!((found.automatic(), found.seen), (None, Seen::Suggestions(vec![person(1), person(2)])));
    }

    fn hits() -> impl Strategy<Value = Vec<Hit>> {
        let likeness = proptest::option::of(proptest::sample::select(&DuplicateClass::ALL[..]));
        let one = (1..6u128, any::<bool>(), likeness, any::<bool>());
        proptest::collection::vec(one, 0..6).prop_map(|hits| {
            hits.into_iter()
                .map(|(number, same, likeness, hidden)| hit(number, same, likeness, hidden))
                .collect()
        })
    }

    fn numbers() -> impl Strategy<Value = Option<StatedNumber>> {
        let kind = proptest::sample::select(&IdentityNumberKind::ALL[..]);
        let one = (kind, proptest::sample::select(Proof::ALL));
        proptest::option::of(one.prop_map(|(kind, proof)| StatedNumber { kind, proof }))
    }

    proptest! {
        #[test]
        fn who_is_hidden_changes_nothing_that_is_seen(number in numbers(), hits in hits(), turn in 0..6usize) {
            let found = match_applicant(number, &hits);
            let visible: Vec<_> = hits.iter().filter(|hit| !hit.hidden).copied().collect();
            prop_assert_eq!(&match_applicant(number, &visible).seen, &found.seen);
            if visible.is_empty() {
                prop_assert_eq!(&found.seen, &match_applicant(number, &[]).seen);
            }
            if !found.waits_for.is_empty() {
                prop_assert_eq!(found.automatic(), None);
            }
            if found.automatic().is_some() {
                prop_assert!(number.is_some_and(StatedNumber::says_who));
            }
            let mut turned = hits.clone();
            turned.rotate_left(turn.min(hits.len()));
            prop_assert_eq!(match_applicant(number, &turned), found);
        }
    }
}
