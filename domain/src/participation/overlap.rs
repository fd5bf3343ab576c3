//! What is true of several participations at once.

use super::Participation;
use crate::refusal::{Refusal, Rule};

/// Checks that a person is not twice in an offering on one day. `others` does not hold the
/// participation itself. What counts are the days held ([`Participation::held`]): a cancelled
/// participation holds none, an interrupted one none after its last.
///
/// # Errors
/// [`Rule::Overlap`] at `/period`, naming the other's days.
pub fn no_overlapping_participation<'a>(
    participation: &Participation,
    others: impl IntoIterator<Item = &'a Participation>,
) -> Result<(), Refusal> {
    let Some(held) = participation.held() else { return Ok(()) };
    let clash = others
        .into_iter()
        .filter(|other| {
            other.person() == participation.person() && other.offering() == participation.offering()
        })
        .find_map(|other| other.held().filter(|theirs| theirs.overlaps(&held)));
    match clash {
        Some(theirs) => {
            let detail = format!("the person already takes part in the offering {theirs}");
            Err(Refusal::new(Rule::Overlap, detail).at("/period"))
        }
        None => Ok(()),
    }
}

/// How many places participations take.
pub fn occupied_places<'a>(participations: impl IntoIterator<Item = &'a Participation>) -> usize {
    participations.into_iter().filter(|participation| participation.occupies_place()).count()
}
