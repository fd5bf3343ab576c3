//! Addresses over time.

use chrono::NaiveDate;

use super::{AddressDraft, DataSource, PostalAddress, note_all, redacted};
use crate::code::coded;
use crate::id::PersonId;
use crate::period::Period;
use crate::refusal::{Refusal, Refusals, Rule};

coded! {
    /// What an address is used for.
    AddressKind("kind of address") {
        /// Where the person is registered (folkbokföringsadress). Its municipality and region over
        /// time decide home municipality, grants and compensation between them.
        Registered = "registered",
        /// Another address: where a child lives every other week, a room while studying.
        Other = "other",
    }
}

/// An address during a period.
#[derive(Clone, PartialEq, Eq)]
pub struct HeldAddress {
    /// What it is used for.
    pub kind: AddressKind,
    /// The address.
    pub address: PostalAddress,
    /// The days on which it applies.
    pub period: Period,
    /// Who told us.
    pub source: DataSource,
}

/// Whose address it is, and the address.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonAddress {
    /// Whose.
    pub person: PersonId,
    /// Where, and when.
    pub held: HeldAddress,
}

/// An address during a period, as somebody entered it.
#[derive(Clone, PartialEq, Eq)]
pub struct HeldAddressDraft {
    /// What it is used for.
    pub kind: AddressKind,
    /// The address.
    pub address: AddressDraft,
    /// The first day.
    pub from: NaiveDate,
    /// The last day; none means until further notice.
    pub to: Option<NaiveDate>,
    /// Who told us.
    pub source: DataSource,
}

redacted!(HeldAddress, PersonAddress, HeldAddressDraft);

impl HeldAddress {
    /// Checks an address.
    ///
    /// # Errors
    /// All at once: as [`PostalAddress::new`], and as [`Period::new`] below `/period`.
    pub fn new(draft: &HeldAddressDraft) -> Result<Self, Refusals> {
        let mut refusals = Refusals::default();
        let address = note_all(&mut refusals, "", PostalAddress::new(&draft.address));
        let period = refusals.note("/period", Period::new(draft.from, draft.to));
        match (address, period) {
            (Some(address), Some(period)) => {
                Ok(Self { kind: draft.kind, address, period, source: draft.source })
            }
            _ => Err(refusals),
        }
    }

    /// Checks the addresses that a new person is entered with.
    ///
    /// # Errors
    /// All at once, at `/0/postalCode` and so on: as [`HeldAddress::new`]; [`Rule::Overlap`] at
    /// `/1/period` for a second registered address on the same day.
    pub fn new_many(drafts: &[HeldAddressDraft]) -> Result<Vec<Self>, Refusals> {
        let mut refusals = Refusals::default();
        let mut addresses = Vec::with_capacity(drafts.len());
        for (at, draft) in drafts.iter().enumerate() {
            let pointer = format!("/{at}");
            let Some(address) = note_all(&mut refusals, &pointer, Self::new(draft)) else { continue };
            let free = refuse_two_registered(&address, &addresses);
            refusals.note(&pointer, free);
            addresses.push(address);
        }
        refusals.finish()?;
        Ok(addresses)
    }
}

/// Refuses a second registered address on the same day.
///
/// # Errors
/// [`Rule::Overlap`] at `/period`.
pub fn refuse_two_registered<'a>(
    address: &HeldAddress,
    others: impl IntoIterator<Item = &'a HeldAddress>,
) -> Result<(), Refusal> {
    let collides = |other: &&HeldAddress| {
        other.kind == AddressKind::Registered && other.period.overlaps(&address.period)
    };
    match others.into_iter().find(collides) {
        Some(other) if address.kind == AddressKind::Registered => {
            let detail = format!("another registered address applies {}", other.period);
            Err(Refusal::new(Rule::Overlap, detail).at("/period"))
        }
        _ => Ok(()),
    }
}

/// What becomes of the addresses that a person has when a new one is entered: the places of those
/// that end, each with its state from then on.
///
/// A new address ends the former one of its kind the day before its own first day. Where that
/// would lose days of the former, since the new one ends before it, or begins on its first day or
/// earlier, nothing is guessed: two registered addresses are refused, others stand side by side.
///
/// # Errors
/// [`Rule::Overlap`] at `/period`.
pub fn succeed(new: &HeldAddress, present: &[HeldAddress]) -> Result<Vec<(usize, HeldAddress)>, Refusal> {
    let mut ended = Vec::new();
    let mut standing = Vec::new();
    for (place, former) in present.iter().enumerate() {
        match until_the_day_before(former, new) {
            Some(former) => ended.push((place, former)),
            None => standing.push(former),
        }
    }
    refuse_two_registered(new, standing)?;
    Ok(ended)
}

/// The former address as the new one ends it; none where it does not.
fn until_the_day_before(former: &HeldAddress, new: &HeldAddress) -> Option<HeldAddress> {
    let outlasts = match (former.period.to(), new.period.to()) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(former), Some(new)) => former > new,
    };
    let follows = former.kind == new.kind && former.period.overlaps(&new.period) && !outlasts;
    let last = new.period.from().pred_opt().filter(|last| follows && former.period.from() <= *last)?;
    let period = Period::new(former.period.from(), Some(last)).ok()?;
    Some(HeldAddress { period, ..former.clone() })
}

/// Where a person was registered on a day.
pub fn registered_on<'a>(
    addresses: impl IntoIterator<Item = &'a HeldAddress>,
    day: NaiveDate,
) -> Option<&'a PostalAddress> {
    addresses
        .into_iter()
        .find(|held| held.kind == AddressKind::Registered && held.period.contains(day))
        .map(|held| &held.address)
}

/// The home municipality (hemkommun) on a day: the four digits of the municipality in which a
/// person was registered. None where nobody knows, and for those who were registered nowhere in
/// Sweden. The home region is [`PostalAddress::region_code`] of the same address.
///
/// Reference dates, such as 1 November and 1 June of mobility support, are the caller's.
pub fn home_municipality_on<'a>(
    addresses: impl IntoIterator<Item = &'a HeldAddress>,
    day: NaiveDate,
) -> Option<&'a str> {
    registered_on(addresses, day).and_then(PostalAddress::municipality_code)
}

#[cfg(test)]
mod tests;
