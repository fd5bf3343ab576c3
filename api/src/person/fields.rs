//! The parts of a person as the interface shows and takes them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    id::Id,
    person::{
        ContactDetails, ContactDraft, ContactEmail, ContactPhone, CoordinationStanding, EmailDraft,
        ExternalIdentifier, ExternalIdentifierDraft, HeldIdentityNumber, HeldIdentityNumberDraft, NameDraft,
        PersonDraft, PersonFacts, PersonName, PhoneDraft, ProtectionReport,
    },
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    address::AddressFields,
    codes::{EmailKindCode, IdentityLevelCode, NumberKindCode, PhoneKindCode, SexCode, SourceCode},
};
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

/// How a person is reached by phone and e-mail. The order is the order of preference: the first is the preferred one.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schema(as = ContactDetails)]
pub struct ContactDocument {
    /// E-mail addresses, the preferred one first.
    #[validate(length(max = 20), nested)]
    #[schema(max_items = 20)]
    pub emails: Vec<EmailDocument>,
    /// Phone numbers, the preferred one first.
    #[validate(length(max = 20), nested)]
    #[schema(max_items = 20)]
    pub phones: Vec<PhoneDocument>,
}

/// An e-mail address of a person.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ContactEmail)]
pub struct EmailDocument {
    /// The address.
    #[validate(length(min = 3, max = 254))]
    #[schema(example = "asa.oberg@exempel.se", min_length = 3, max_length = 254, format = "email")]
    pub address: String,
    /// What it is used for; left out, nobody has said: `other`.
    #[serde(default)]
    #[schema(nullable = false)]
    pub kind: Option<EmailKindCode>,
    /// Who told us; staff unless said otherwise.
    #[serde(default = "staff")]
    pub source: SourceCode,
    /// When the person has shown that it is theirs; null where they have not. It follows from that alone: what is sent here is
    /// not looked at, and it stays as long as the address does.
    #[serde(default)]
    #[schema(read_only, example = "2026-08-17T06:12:00Z")]
    pub verified_at: Option<DateTime<Utc>>,
}

/// A phone number of a person.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ContactPhone)]
pub struct PhoneDocument {
    /// The number, as entered.
    #[validate(length(min = 3, max = 40))]
    #[schema(example = "070-174 06 05", min_length = 3, max_length = 40)]
    pub number: String,
    /// What it is used for; left out, a Swedish mobile number is `mobile` and any other `other`.
    #[serde(default)]
    #[schema(nullable = false)]
    pub kind: Option<PhoneKindCode>,
    /// Who told us; staff unless said otherwise.
    #[serde(default = "staff")]
    pub source: SourceCode,
    /// When the person has shown that it is theirs; null where they have not. It follows from that alone: what is sent here is
    /// not looked at, and it stays as long as the number does.
    #[serde(default)]
    #[schema(read_only, example = "2026-08-17T06:12:00Z")]
    pub verified_at: Option<DateTime<Utc>>,
}

impl ContactDocument {
    pub(crate) fn of(contact: &ContactDetails) -> Self {
        let ContactDetails { emails, phones } = contact;
        Self {
            emails: emails.iter().map(EmailDocument::of).collect(),
            phones: phones.iter().map(PhoneDocument::of).collect(),
        }
    }

    fn draft(&self) -> ContactDraft {
        let Self { emails, phones } = self;
        ContactDraft {
            emails: emails.iter().map(EmailDocument::draft).collect(),
            phones: phones.iter().map(PhoneDocument::draft).collect(),
        }
    }
}

impl EmailDocument {
    pub(in crate::person) fn of(email: &ContactEmail) -> Self {
        let ContactEmail { address, kind, source, verified_at } = email;
        Self {
            address: address.as_str().to_owned(),
            kind: Some((*kind).into()),
            source: (*source).into(),
            verified_at: *verified_at,
        }
    }

    fn draft(&self) -> EmailDraft {
        let Self { address, kind, source, verified_at: _ } = self.clone();
        EmailDraft { kind: kind.map(Into::into), ..EmailDraft::of(&address, source.into()) }
    }
}

impl PhoneDocument {
    pub(in crate::person) fn of(phone: &ContactPhone) -> Self {
        let ContactPhone { number, kind, source, verified_at } = phone;
        Self {
            number: number.as_str().to_owned(),
            kind: Some((*kind).into()),
            source: (*source).into(),
            verified_at: *verified_at,
        }
    }

    fn draft(&self) -> PhoneDraft {
        let Self { number, kind, source, verified_at: _ } = self.clone();
        PhoneDraft { kind: kind.map(Into::into), ..PhoneDraft::of(&number, source.into()) }
    }
}

fn staff() -> SourceCode {
    SourceCode::Staff
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
    /// Those that a new person is entered with.
    #[validate(length(max = 50), nested)]
    pub(super) addresses: Vec<AddressFields>,
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
            addresses: Vec::new(),
            identity_numbers: identity_numbers.iter().map(IdentityNumberDocument::of).collect(),
            external_identifiers: external_identifiers.iter().map(ExternalIdentifierDocument::of).collect(),
            school_unit_id: registered_at.map(Id::uuid),
        }
    }

    /// For the domain to check.
    pub(super) fn draft(&self, protection: ProtectionReport) -> PersonDraft {
        let Self {
            name,
            birth_date,
            sex,
            contact,
            addresses,
            identity_numbers,
            external_identifiers,
            school_unit_id,
        } = self;
        PersonDraft {
            name: name.draft(),
            birth_date: *birth_date,
            sex: sex.map(Into::into),
            identity_numbers: identity_numbers.iter().map(IdentityNumberDocument::draft).collect(),
            contact: contact.draft(),
            addresses: addresses.iter().map(AddressFields::draft).collect(),
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
