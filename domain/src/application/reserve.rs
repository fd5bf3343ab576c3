//! The queue of reserves: who is proposed for a place that becomes free.

use crate::id::{ApplicationId, PersonId};
use crate::refusal::{Refusal, Rule};

/// Somebody in the queue of an offering.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reserve {
    /// Whose application.
    pub application: ApplicationId,
    /// The place in the queue.
    pub place: u32,
}

/// What happens when a place becomes free.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stepping {
    /// The next is proposed, and a person confirms.
    Proposed,
    /// The next is offered the place: this person has decided the order and the step beforehand.
    DecidedBy(PersonId),
}

/// Who is next for a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// Whose application.
    pub application: ApplicationId,
    /// The place in the queue.
    pub place: u32,
    /// Whether somebody must confirm; else who has decided beforehand.
    pub stepping: Stepping,
}

/// Who is proposed for the places that are left (none: not limited), the first in the queue first. Two of the same
/// place, which no queue should have, go by their applications' ids.
#[must_use]
pub fn propose(places_left: Option<u32>, reserves: &[Reserve], stepping: Stepping) -> Vec<Proposal> {
    let mut queue = reserves.to_vec();
    queue.sort_unstable_by_key(|reserve| (reserve.place, reserve.application));
    let left = places_left.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
    queue
        .into_iter()
        .take(left)
        .map(|Reserve { application, place }| Proposal { application, place, stepping })
        .collect()
}

/// The place after the last one in the queue.
#[must_use]
pub fn next_place(reserves: &[Reserve]) -> u32 {
    reserves.iter().map(|reserve| reserve.place).max().unwrap_or(0).saturating_add(1)
}

/// Checks that nobody else has a place in the queue. `others` do not hold the application itself.
///
/// # Errors
/// [`Rule::OutOfRange`] at `/place` for 0, [`Rule::Duplicate`].
pub fn check_place(place: u32, others: &[Reserve]) -> Result<(), Refusal> {
    if place == 0 {
        return Err(Refusal::new(Rule::OutOfRange, "places in the queue begin with 1").at("/place"));
    }
    if others.iter().any(|other| other.place == place) {
        let next = next_place(others);
        let detail = format!("somebody has place {place} in the queue; the next free one is {next}");
        return Err(Refusal::new(Rule::Duplicate, detail).at("/place"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use proptest::prelude::*;

    fn reserve((number, place): (u128, u32)) -> Reserve {
        Reserve { application: ApplicationId::from_uuid(uuid::Uuid::from_u128(number)), place }
    }

    #[test]
    fn the_first_in_the_queue_are_proposed_and_a_person_confirms() {
        // Of 40 for 36 places four wait; two have left, so that numbers 2 and 4 are next.
        let queue = [(9, 4), (7, 2), (8, 5)].map(reserve);
        let proposed: Vec<_> =
            propose(Some(2), &queue, Stepping::Proposed).into_iter().map(|next| next.place).collect();
        assert_eq!(proposed, [2, 4]);
        assert!(propose(Some(0), &queue, Stepping::Proposed).is_empty());
        assert_eq!(propose(None, &queue, Stepping::Proposed).len(), 3);
        assert_eq!((next_place(&queue), next_place(&[])), (6, 1));
        assert_eq!(check_place(5, &queue).unwrap_err().rule, Rule::Duplicate);
        assert_eq!(check_place(0, &[]).unwrap_err().rule, Rule::OutOfRange);
        assert!(check_place(3, &queue).is_ok());
    }

    proptest! {
        #[test]
        fn nobody_is_passed_over_in_whatever_order_the_queue_is_read(
            places in proptest::collection::btree_set(1..60u32, 0..20),
            left in 0..20u32,
            turn in 0..20usize,
        ) {
            let mut queue: Vec<_> = (1u128..).zip(places).map(reserve).collect();
            let proposed = propose(Some(left), &queue, Stepping::Proposed);
            let turn = turn.min(queue.len());
            queue.rotate_left(turn);
            prop_assert_eq!(&propose(Some(left), &queue, Stepping::Proposed), &proposed);
            let last = proposed.last().map_or(0, |last| last.place);
            let before = queue.iter().filter(|reserve| reserve.place <= last).count();
            prop_assert_eq!(proposed.len(), before);
            prop_assert_eq!(proposed.len(), queue.len().min(usize::try_from(left).unwrap()));
        }
    }
}
