//! A registered person.

use chrono::NaiveDate;

use super::{
    ContactDetails, ExternalIdentifier, Guarded, HeldIdentityNumber, PersonName, Protection, Sex, redacted,
};
use crate::id::{OrganiserId, PersonId, SchoolUnitId};

/// What is known about a person, unguarded: between the constructor or the database on one
/// side and [`Person::guarding`] on the other, and nowhere else. `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonFacts {
    /// The name.
    pub name: PersonName,
    /// The date of birth, if it is known.
    pub birth_date: Option<NaiveDate>,
    /// The legal sex.
    pub sex: Sex,
    /// Identity numbers over time; of one kind never two on the same day.
    pub identity_numbers: Vec<HeldIdentityNumber>,
    /// Phone and e-mail. Addresses are records of their own.
    pub contact: ContactDetails,
    /// How the person is protected.
    pub protection: Protection,
    /// What other systems call the person.
    pub external_identifiers: Vec<ExternalIdentifier>,
    /// The school unit at which the person is registered.
    pub registered_at: Option<SchoolUnitId>,
}

redacted!(PersonFacts);

/// A registered person. What tells who they are is [`Guarded`], one fact for each class of
/// information. `Debug` shows the ids alone, not even the protection.
#[derive(Clone)]
pub struct Person {
    /// The person's id.
    pub id: PersonId,
    /// The organiser they belong to.
    pub organiser_id: OrganiserId,
    /// How they are protected. Not for callers without the permission for protected persons.
    pub protection: Protection,
    /// Basic: the name.
    pub name: Guarded<PersonName>,
    /// Contact: the date of birth, if it is known.
    pub birth_date: Guarded<Option<NaiveDate>>,
    /// Contact: the legal sex.
    pub sex: Guarded<Sex>,
    /// Identity number: the numbers over time.
    pub identity_numbers: Guarded<Vec<HeldIdentityNumber>>,
    /// Contact: how they are reached by phone and e-mail.
    pub contact: Guarded<ContactDetails>,
    /// Identity number: what other systems call them, which is often a personal number too.
    pub external_identifiers: Guarded<Vec<ExternalIdentifier>>,
    /// Basic: the school unit at which they are registered; guarded, because it tells where a
    /// protected person is during the day.
    pub registered_at: Guarded<Option<SchoolUnitId>>,
}

impl Person {
    /// Closes everything that is known about a person under their own protection.
    #[must_use]
    pub fn guarding(id: PersonId, organiser_id: OrganiserId, facts: PersonFacts) -> Self {
        let PersonFacts {
            name,
            birth_date,
            sex,
            identity_numbers,
            contact,
            protection,
            external_identifiers,
            registered_at,
        } = facts;
        Self {
            id,
            organiser_id,
            protection,
            name: Guarded::new(id, protection, name),
            birth_date: Guarded::new(id, protection, birth_date),
            sex: Guarded::new(id, protection, sex),
            identity_numbers: Guarded::new(id, protection, identity_numbers),
            contact: Guarded::new(id, protection, contact),
            external_identifiers: Guarded::new(id, protection, external_identifiers),
            registered_at: Guarded::new(id, protection, registered_at),
        }
    }
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person")
            .field("id", &self.id)
            .field("organiser_id", &self.organiser_id)
            .finish_non_exhaustive()
    }
}
