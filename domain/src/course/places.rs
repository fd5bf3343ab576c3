//! Places in an offering. They are counted on the outermost offering only.

use crate::refusal::{Refusal, Rule};

/// How many places are left; none when the number of places is not limited. An offering that
/// holds more than its capacity (it was lowered later) has none left, never fewer.
#[must_use]
pub fn places_left(capacity: Option<u32>, occupied: u32) -> Option<u32> {
    capacity.map(|capacity| capacity.saturating_sub(occupied))
}

/// Checks that so many more find a place.
///
/// # Errors
/// [`Rule::Capacity`], saying how many places are left.
pub fn admit(capacity: Option<u32>, occupied: u32, wanted: u32) -> Result<(), Refusal> {
    match places_left(capacity, occupied) {
        Some(left) if wanted > left => {
            Err(Refusal::new(Rule::Capacity, format!("{wanted} places are asked for; {left} are left")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_limit_admits_everyone() {
        assert_eq!(places_left(None, 400), None);
        assert!(admit(None, 400, 30).is_ok());
    }

    proptest! {
        #[test]
        fn admitting_what_is_left_fills_the_offering(capacity in 0..500u32, occupied in 0..600u32) {
            let left = places_left(Some(capacity), occupied).unwrap();
            prop_assert!(admit(Some(capacity), occupied, left).is_ok());
            prop_assert_eq!(admit(Some(capacity), occupied, left + 1).unwrap_err().rule, Rule::Capacity);
            prop_assert_eq!(places_left(Some(capacity), occupied + left), Some(0));
        }
    }
}
