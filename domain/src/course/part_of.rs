//! Offerings inside offerings: the subjects of an allmän kurs.

use crate::id::OfferingId;
use crate::refusal::{Refusal, Rule};

/// How deep offerings may lie in each other, the outermost counted as 1.
pub const DEEPEST: usize = 5;

/// The outermost of the offerings that `outer` lies in (possibly `outer` itself), for an offering
/// that is to become part of `outer`. `id` is that offering, or none while it is new.
///
/// # Errors
/// At `/partOfId`: [`Rule::Conflict`] when the offering would lie in itself, [`Rule::OutOfRange`]
/// when it would lie too deep. Parts of its own are not counted; check them where they are known.
pub fn outermost(
    id: Option<OfferingId>,
    outer: OfferingId,
    outer_of: impl Fn(OfferingId) -> Option<OfferingId>,
) -> Result<OfferingId, Refusal> {
    let mut top = outer;
    for _ in 1..DEEPEST {
        if id == Some(top) {
            let detail = "an offering cannot be a part of itself";
            return Err(Refusal::new(Rule::Conflict, detail).at("/partOfId"));
        }
        match outer_of(top) {
            Some(next) => top = next,
            None => return Ok(top),
        }
    }
    let detail = format!("offerings lie at most {DEEPEST} deep in each other");
    Err(Refusal::new(Rule::OutOfRange, detail).at("/partOfId"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    fn offering(number: u32) -> OfferingId {
        OfferingId::from_uuid(uuid::Uuid::from_u128(number.into()))
    }

    /// 2 lies in 1, 3 in 2 and so on.
    fn chain(id: OfferingId) -> Option<OfferingId> {
        (2..10).find(|number| offering(*number) == id).map(|number| offering(number - 1))
    }

    #[test]
    fn the_outermost_is_found_and_circles_are_not_made() {
        assert_eq!(outermost(None, offering(1), chain), Ok(offering(1)));
        assert_eq!(outermost(Some(offering(9)), offering(4), chain), Ok(offering(1)));
        for circle in [1, 2, 3] {
            assert_eq!(
                outermost(Some(offering(circle)), offering(3), chain).unwrap_err().rule,
                Rule::Conflict
            );
        }
        assert_eq!(outermost(None, offering(5), chain).unwrap_err().rule, Rule::OutOfRange);
        assert!(outermost(None, offering(1), |_| Some(offering(1))).is_err());
    }
}
