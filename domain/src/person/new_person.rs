//! A person to be registered: everything that is checked before anything is saved.

use chrono::{Datelike, NaiveDate};

use super::{
    ContactDetails, ContactDraft, ExternalIdentifier, HeldAddress, HeldAddressDraft, HeldIdentityNumber,
    HeldIdentityNumberDraft, IdentityNumberKind, NameDraft, PersonFacts, PersonName, Protection,
    ProtectionReport, Sex, finish_with, note_all, redacted,
};
use crate::id::{OrganiserId, PersonId, SchoolUnitId};
use crate::period::FIRST_DATE;
use crate::refusal::{Refusal, Refusals, Rule};

/// An external identifier as somebody entered it.
#[derive(Clone, PartialEq, Eq)]
pub struct ExternalIdentifierDraft {
    /// The other system's short name.
    pub system: String,
    /// What it calls the person.
    pub value: String,
}

/// A person as somebody entered them.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonDraft {
    /// The name.
    pub name: NameDraft,
    /// The date of birth; none to take it from an identity number.
    pub birth_date: Option<NaiveDate>,
    /// The legal sex; none to take it from an identity number.
    pub sex: Option<Sex>,
    /// Identity numbers, in any order.
    pub identity_numbers: Vec<HeldIdentityNumberDraft>,
    /// Contact details.
    pub contact: ContactDraft,
    /// The addresses that they are entered with, in any order.
    pub addresses: Vec<HeldAddressDraft>,
    /// What the source says about protection.
    pub protection: ProtectionReport,
    /// What other systems call the person.
    pub external_identifiers: Vec<ExternalIdentifierDraft>,
    /// The school unit at which the person is registered.
    pub registered_at: Option<SchoolUnitId>,
}

/// A person who may be registered. `Debug` shows only the ids.
#[derive(Clone, PartialEq, Eq)]
pub struct NewPerson {
    id: PersonId,
    organiser_id: OrganiserId,
    facts: PersonFacts,
    addresses: Vec<HeldAddress>,
}

redacted!(ExternalIdentifierDraft, PersonDraft);

impl NewPerson {
    /// Checks a person. `today` is the school day on which they are registered.
    ///
    /// A date of birth and a sex that are not stated are taken from the most telling identity
    /// number (of the kinds, a personnummer first; then the newest).
    ///
    /// # Errors
    /// All at once:
    /// - as [`PersonName::new`] below `/name`, [`ContactDetails::new`] below `/contact`,
    ///   [`HeldAddress::new_many`] below `/addresses`, [`HeldIdentityNumber::new`] below
    ///   `/identityNumbers/0`, [`ExternalIdentifier::new`] below `/externalIdentifiers/0`;
    /// - [`Rule::OutOfRange`] at `/birthDate` before 1900 or after `today`, and at
    ///   `/identityNumbers/0/value` when such a date would be taken from the number;
    /// - [`Rule::Overlap`] at `/identityNumbers/1/period` where two numbers of the same kind
    ///   (T and TF numbers: of the same school unit) are held on the same day, so that nobody
    ///   has two current personnummer;
    /// - [`Rule::Conflict`] at `/birthDate` when a personnummer holds another year or month.
    ///   Another day of the month is allowed, because the law allows it where the numbers of
    ///   the true day are used up (folkbokföringslagen 1991:481, 18 §). Coordination numbers
    ///   never conflict: the date in them need not be known (lag 2022:1697);
    /// - [`Rule::Duplicate`] at `/externalIdentifiers/1` for one that stands there already.
    pub fn new(
        id: PersonId,
        organiser_id: OrganiserId,
        draft: &PersonDraft,
        today: NaiveDate,
    ) -> Result<Self, Refusals> {
        let mut refusals = Refusals::default();
        let name = note_all(&mut refusals, "/name", PersonName::new(&draft.name));
        let stated_birth = refusals.note("/birthDate", check_stated_birth(draft.birth_date, today)).flatten();
        let numbers = identity_numbers(&draft.identity_numbers, today, &mut refusals);
        let contact = note_all(&mut refusals, "/contact", ContactDetails::new(&draft.contact));
        let addresses = note_all(&mut refusals, "/addresses", HeldAddress::new_many(&draft.addresses));
        let external_identifiers = external_identifiers(&draft.external_identifiers, &mut refusals);

        refuse_overlap(&numbers, &mut refusals);
        if let Some(birth) = stated_birth {
            refusals.note("/birthDate", check_agreement(birth, &numbers));
        }
        let birth_date = match draft.birth_date {
            Some(_) => stated_birth,
            None => birth_from_numbers(&numbers, &mut refusals),
        };

        let ((name, contact), addresses) = finish_with(refusals, name.zip(contact).zip(addresses))?;
        let facts = PersonFacts {
            name,
            birth_date,
            sex: draft.sex.unwrap_or_else(|| sex_from_numbers(&numbers)),
            identity_numbers: numbers.into_iter().map(|(_, held)| held).collect(),
            contact,
            protection: Protection::of_new_person(draft.protection),
            external_identifiers,
            registered_at: draft.registered_at,
        };
        Ok(Self { id, organiser_id, facts, addresses })
    }

    /// The person's id.
    #[must_use]
    pub fn id(&self) -> PersonId {
        self.id
    }

    /// The organiser the person belongs to.
    #[must_use]
    pub fn organiser_id(&self) -> OrganiserId {
        self.organiser_id
    }

    /// How the person is protected from the start.
    #[must_use]
    pub fn protection(&self) -> Protection {
        self.facts.protection
    }

    /// What was checked, to be saved.
    #[must_use]
    pub fn facts(&self) -> &PersonFacts {
        &self.facts
    }

    /// The addresses that they are entered with.
    #[must_use]
    pub fn addresses(&self) -> &[HeldAddress] {
        &self.addresses
    }
}

impl std::fmt::Debug for NewPerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewPerson")
            .field("id", &self.id)
            .field("organiser_id", &self.organiser_id)
            .finish_non_exhaustive()
    }
}

/// Numbers that were accepted, each with its place in the input.
type Placed = Vec<(usize, HeldIdentityNumber)>;

fn identity_numbers(drafts: &[HeldIdentityNumberDraft], today: NaiveDate, refusals: &mut Refusals) -> Placed {
    let accept = |(at, draft)| {
        note_all(refusals, &format!("/identityNumbers/{at}"), HeldIdentityNumber::new(draft, today))
            .map(|held| (at, held))
    };
    drafts.iter().enumerate().filter_map(accept).collect()
}

fn external_identifiers(
    drafts: &[ExternalIdentifierDraft],
    refusals: &mut Refusals,
) -> Vec<ExternalIdentifier> {
    let mut accepted = Vec::new();
    for (at, draft) in drafts.iter().enumerate() {
        let pointer = format!("/externalIdentifiers/{at}");
        let Some(identifier) = refusals.note(&pointer, ExternalIdentifier::new(&draft.system, &draft.value))
        else {
            continue;
        };
        if accepted.contains(&identifier) {
            refusals.0.push(Refusal::new(Rule::Duplicate, "stands there already").at(&pointer));
        } else {
            accepted.push(identifier);
        }
    }
    accepted
}

fn check_stated_birth(birth: Option<NaiveDate>, today: NaiveDate) -> Result<Option<NaiveDate>, Refusal> {
    match birth {
        Some(birth) => check_birth(birth, today).map(Some),
        None => Ok(None),
    }
}

fn check_birth(birth: NaiveDate, today: NaiveDate) -> Result<NaiveDate, Refusal> {
    if birth < FIRST_DATE {
        return Err(Refusal::new(Rule::OutOfRange, format!("the date of birth lies before {FIRST_DATE}")));
    }
    if birth > today {
        return Err(Refusal::new(Rule::OutOfRange, "the date of birth is still to come"));
    }
    Ok(birth)
}

fn refuse_overlap(numbers: &Placed, refusals: &mut Refusals) {
    let mut earlier: Vec<&HeldIdentityNumber> = Vec::new();
    for (at, held) in numbers {
        let collides = |other: &&&HeldIdentityNumber| {
            other.is_in_series_with(held) && other.period.overlaps(&held.period)
        };
        if let Some(other) = earlier.iter().find(collides) {
            let detail = format!("another {} is held {}", held.number.kind().code(), other.period);
            refusals.0.push(Refusal::new(Rule::Overlap, detail).at(&format!("/identityNumbers/{at}/period")));
        }
        earlier.push(held);
    }
}

fn check_agreement(birth: NaiveDate, numbers: &Placed) -> Result<(), Refusal> {
    let disagrees = |held: &HeldIdentityNumber| {
        held.number.kind() == IdentityNumberKind::Personnummer
            && held
                .number
                .birth_date()
                .is_some_and(|other| (other.year(), other.month()) != (birth.year(), birth.month()))
    };
    if numbers.iter().any(|(_, held)| disagrees(held)) {
        return Err(Refusal::new(Rule::Conflict, "the personnummer holds another year or month of birth"));
    }
    Ok(())
}

/// The numbers from the most telling to the least.
fn by_weight(numbers: &Placed) -> Vec<&(usize, HeldIdentityNumber)> {
    let mut numbers: Vec<_> = numbers.iter().collect();
    numbers.sort_by_key(|(_, held)| (held.number.kind(), std::cmp::Reverse(held.period.from())));
    numbers
}

fn birth_from_numbers(numbers: &Placed, refusals: &mut Refusals) -> Option<NaiveDate> {
    let (at, birth) =
        by_weight(numbers).into_iter().find_map(|(at, held)| Some((at, held.number.birth_date()?)))?;
    // Every number has been read with today's date, so that none lies ahead.
    refusals.note(&format!("/identityNumbers/{at}/value"), check_birth(birth, NaiveDate::MAX))
}

fn sex_from_numbers(numbers: &Placed) -> Sex {
    by_weight(numbers).first().map_or(Sex::NotStated, |(_, held)| held.number.sex())
}

#[cfg(test)]
mod tests;
