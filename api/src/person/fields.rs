//! The parts of a person as the interface shows and takes them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    id::Id,
    person::{
        AddressDraft, ContactDetails, ContactDraft, CoordinationStanding, ExternalIdentifier,
        ExternalIdentifierDraft, HeldAddress, HeldAddressDraft, HeldIdentityNumber, HeldIdentityNumberDraft,
        NameDraft, PersonDraft, PersonFacts, PersonName, ProtectionReport,
    },
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::codes::{AddressKindCode, IdentityLevelCode, NumberKindCode, SexCode, SourceCode};
use crate::http::period::PeriodDocument;

/// A name.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = PersonName)]
pub struct NameDocument {
    /// All given names (förnamn).
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "Åsa Märta", min_length = 1, max_length = 100)]
    pub given_name: String,
    /// Middle name (mellannamn).
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "Lind", min_length = 1, max_length = 100)]
    pub middle_name: Option<String>,
    /// Family name (efternamn).
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "Öberg", min_length = 1, max_length = 100)]
    pub family_name: String,
    /// The name they are called by (tilltalsnamn).
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "Åsa", min_length = 1, max_length = 100)]
    pub preferred_given_name: Option<String>,
}

impl NameDocument {
    pub(in crate::person) fn of(name: &PersonName) -> Self {
        let owned = |part: &skolhus_domain::text::Text| part.as_str().to_owned();
        Self {
            given_name: owned(name.given()),
            middle_name: name.middle().map(owned),
            family_name: owned(name.family()),
            preferred_given_name: name.preferred_given().map(owned),
        }
    }

    fn draft(&self) -> NameDraft {
        let Self { given_name, middle_name, family_name, preferred_given_name } = self.clone();
        NameDraft {
            given: given_name,
            middle: middle_name,
            family: family_name,
            preferred_given: preferred_given_name,
        }
    }
}

/// How a person is reached.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schema(as = ContactDetails)]
pub struct ContactDocument {
    /// E-mail addresses, the preferred one first.
    #[validate(length(max = 20))]
    #[schema(example = json!(["asa.oberg@exempel.se"]), max_items = 20)]
    pub emails: Vec<String>,
    /// Phone numbers, the preferred one first.
    #[validate(length(max = 20))]
    #[schema(example = json!(["070-174 06 05"]), max_items = 20)]
    pub phones: Vec<String>,
    /// Addresses over time; never two registered ones on the same day.
    #[validate(length(max = 50), nested)]
    #[schema(max_items = 50)]
    pub addresses: Vec<AddressDocument>,
}

impl ContactDocument {
    pub(super) fn of(contact: &ContactDetails) -> Self {
        let ContactDetails { emails, phones, addresses } = contact;
        Self {
            emails: emails.iter().map(|email| email.as_str().to_owned()).collect(),
            phones: phones.iter().map(|phone| phone.as_str().to_owned()).collect(),
            addresses: addresses.iter().map(AddressDocument::of).collect(),
        }
    }

    fn draft(&self) -> ContactDraft {
        let Self { emails, phones, addresses } = self;
        ContactDraft {
            emails: emails.clone(),
            phones: phones.clone(),
            addresses: addresses.iter().map(AddressDocument::draft).collect(),
        }
    }
}

/// An address during a period.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = PersonAddress)]
pub struct AddressDocument {
    /// What it is used for.
    pub kind: AddressKindCode,
    /// In whose care, without the "c/o".
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "Ek", min_length = 1, max_length = 100)]
    pub care_of: Option<String>,
    /// Street, box or place.
    #[serde(default)]
    #[validate(length(max = 3))]
    #[schema(example = json!(["Ängsgatan 4 A"]), max_items = 3)]
    pub street_lines: Vec<String>,
    /// Postal code; needed in Sweden.
    #[serde(default)]
    #[validate(length(min = 1, max = 16))]
    #[schema(example = "702 10", min_length = 1, max_length = 16)]
    pub postal_code: Option<String>,
    /// Postal town.
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "Örebro", min_length = 1, max_length = 100)]
    pub city: String,
    /// Country, as two letters of ISO 3166-1.
    #[serde(default = "sweden")]
    #[validate(length(min = 2, max = 2))]
    #[schema(example = "SE", min_length = 2, max_length = 2, pattern = "^[A-Za-z]{2}$")]
    pub country: String,
    /// The municipality's four digits (SCB), only in Sweden.
    #[serde(default)]
    #[validate(length(min = 4, max = 4))]
    #[schema(example = "1880", min_length = 4, max_length = 4, pattern = "^[0-9]{4}$")]
    pub municipality_code: Option<String>,
    /// The days on which it applies.
    #[validate(nested)]
    pub period: PeriodDocument,
    /// Who told us; staff unless said otherwise.
    #[serde(default = "staff")]
    pub source: SourceCode,
}

fn sweden() -> String {
    "SE".to_owned()
}

fn staff() -> SourceCode {
    SourceCode::Staff
}

impl AddressDocument {
    fn of(held: &HeldAddress) -> Self {
        let HeldAddress { kind, address, period, source } = held;
        let owned = |part: &skolhus_domain::text::Text| part.as_str().to_owned();
        Self {
            kind: (*kind).into(),
            care_of: address.care_of().map(owned),
            street_lines: address.street_lines().iter().map(owned).collect(),
            postal_code: address.postal_code().map(owned),
            city: owned(address.city()),
            country: address.country().as_str().to_owned(),
            municipality_code: address.municipality_code().map(str::to_owned),
            period: PeriodDocument::of(*period),
            source: (*source).into(),
        }
    }

    fn draft(&self) -> HeldAddressDraft {
        let Self {
            kind,
            care_of,
            street_lines,
            postal_code,
            city,
            country,
            municipality_code,
            period,
            source,
        } = self.clone();
        let (from, to) = period.raw();
        HeldAddressDraft {
            kind: kind.into(),
            address: AddressDraft { care_of, street_lines, postal_code, city, country, municipality_code },
            from,
            to,
            source: source.into(),
        }
    }
}

/// An identity number that a person holds during a period.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = IdentityNumber)]
pub struct IdentityNumberDocument {
    /// The kind; left out, it is worked out from how the number is written.
    #[serde(default)]
    pub kind: Option<NumberKindCode>,
    /// The number, in any common spelling; answered as 12 characters.
    #[validate(length(min = 10, max = 13))]
    #[schema(
        example = "198507132390",
        min_length = 10,
        max_length = 13,
        pattern = "^([0-9]{2})?[0-9]{6}[-+]?[0-9A-Za-z]{4}$"
    )]
    pub value: String,
    /// The days on which the person holds it.
    #[validate(nested)]
    pub period: PeriodDocument,
    /// Who told us; staff unless said otherwise.
    #[serde(default = "staff")]
    pub source: SourceCode,
    /// What Skatteverket says of a coordination number, where that is known.
    #[serde(default)]
    pub coordination: Option<CoordinationDocument>,
    /// The school unit that issued a T or TF number; null for all others.
    #[serde(default)]
    #[schema(example = json!(null))]
    pub issued_by_id: Option<Uuid>,
}

/// What Skatteverket says of a coordination number.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = CoordinationStanding)]
pub struct CoordinationDocument {
    /// How well the identity was shown.
    pub level: IdentityLevelCode,
    /// Dormant (vilande): not renewed for five calendar years.
    #[serde(default)]
    #[schema(default = false)]
    pub dormant: bool,
}

impl IdentityNumberDocument {
    pub(super) fn of(held: &HeldIdentityNumber) -> Self {
        let HeldIdentityNumber { number, period, source, coordination, issued_by } = held;
        Self {
            kind: Some(number.kind().into()),
            value: number.canonical().to_owned(),
            period: PeriodDocument::of(*period),
            source: (*source).into(),
            coordination: coordination.map(|standing| CoordinationDocument {
                level: standing.level.into(),
                dormant: standing.dormant,
            }),
            issued_by_id: issued_by.map(Id::uuid),
        }
    }

    fn draft(&self) -> HeldIdentityNumberDraft {
        let Self { kind, value, period, source, coordination, issued_by_id } = self.clone();
        let (from, to) = period.raw();
        HeldIdentityNumberDraft {
            kind: kind.map(Into::into),
            value,
            from,
            to,
            source: source.into(),
            coordination: coordination.map(|standing| CoordinationStanding {
                level: standing.level.into(),
                dormant: standing.dormant,
            }),
            issued_by: issued_by_id.map(Id::from_uuid),
        }
    }
}

/// What another system calls a person.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ExternalIdentifier)]
pub struct ExternalIdentifierDocument {
    /// The other system's short name.
    #[validate(length(min = 1, max = 100))]
    #[schema(
        example = "rexnet",
        min_length = 1,
        max_length = 100,
        pattern = "^[a-z0-9]([a-z0-9._:/-]*[a-z0-9])?$"
    )]
    pub system: String,
    /// What it calls the person, to the character.
    #[validate(length(min = 1, max = 400))]
    #[schema(example = "P-4711", min_length = 1, max_length = 400)]
    pub value: String,
}

impl ExternalIdentifierDocument {
    pub(super) fn of(identifier: &ExternalIdentifier) -> Self {
        Self { system: identifier.system().to_owned(), value: identifier.value().to_owned() }
    }
}

/// What people decide about a person, all of it but the protection.
#[derive(Clone, Validate)]
pub(super) struct PersonFields {
    #[validate(nested)]
    pub(super) name: NameDocument,
    pub(super) birth_date: Option<NaiveDate>,
    pub(super) sex: Option<SexCode>,
    #[validate(nested)]
    pub(super) contact: ContactDocument,
    #[validate(length(max = 20), nested)]
    pub(super) identity_numbers: Vec<IdentityNumberDocument>,
    #[validate(length(max = 50), nested)]
    pub(super) external_identifiers: Vec<ExternalIdentifierDocument>,
    pub(super) school_unit_id: Option<Uuid>,
}

impl PersonFields {
    /// What is known about a person, as somebody would enter it.
    pub(super) fn of(facts: &PersonFacts) -> Self {
        let PersonFacts {
            name,
            birth_date,
            sex,
            identity_numbers,
            contact,
            protection: _,
            external_identifiers,
            registered_at,
        } = facts;
        Self {
            name: NameDocument::of(name),
            birth_date: *birth_date,
            sex: Some((*sex).into()),
            contact: ContactDocument::of(contact),
            identity_numbers: identity_numbers.iter().map(IdentityNumberDocument::of).collect(),
            external_identifiers: external_identifiers.iter().map(ExternalIdentifierDocument::of).collect(),
            school_unit_id: registered_at.map(Id::uuid),
        }
    }

    /// For the domain to check.
    pub(super) fn draft(&self, protection: ProtectionReport) -> PersonDraft {
        let Self { name, birth_date, sex, contact, identity_numbers, external_identifiers, school_unit_id } =
            self;
        PersonDraft {
            name: name.draft(),
            birth_date: *birth_date,
            sex: sex.map(Into::into),
            identity_numbers: identity_numbers.iter().map(IdentityNumberDocument::draft).collect(),
            contact: contact.draft(),
            protection,
            external_identifiers: external_identifiers
                .iter()
                .map(|identifier| ExternalIdentifierDraft {
                    system: identifier.system.clone(),
                    value: identifier.value.clone(),
                })
                .collect(),
            registered_at: school_unit_id.map(Id::from_uuid),
        }
    }
}

/// The same facts with numbers and identifiers in one order: the order in which somebody wrote
/// them says nothing.
pub(super) fn in_order(mut facts: PersonFacts) -> PersonFacts {
    facts
        .identity_numbers
        .sort_by_key(|held| (held.period.from(), held.number.kind(), held.number.canonical().to_owned()));
    facts.external_identifiers.sort();
    facts
}
