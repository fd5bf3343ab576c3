//! An address as the interface shows and takes it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    code::{Table, find_during},
    id::Id,
    person::{AddressDraft, HeldAddress, HeldAddressDraft, PersonAddress, PostalAddress},
    refusal::Refusals,
    text::Text,
};
use skolhus_persistence::{DatabaseConnection, Saved, organisation::code, person::address::SavedAddress};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use crate::{
    http::{period::PeriodDocument, problem::Problem},
    person::codes::{AddressKindCode, SourceCode},
};

/// An address during a period, as somebody enters it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewAddress)]
pub struct AddressFields {
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
    /// The municipality (kommun): a code of the table `municipality`; only in Sweden.
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

pub(super) fn sweden() -> String {
    "SE".to_owned()
}

pub(in crate::person) fn staff() -> SourceCode {
    SourceCode::Staff
}

impl AddressFields {
    /// As somebody would enter an address that there is.
    pub(super) fn of(held: &HeldAddress) -> Self {
        let HeldAddress { kind, address, period, source } = held;
        let Lines { care_of, street_lines, postal_code, city, country } = Lines::of(address);
        Self {
            kind: (*kind).into(),
            care_of,
            street_lines,
            postal_code,
            city,
            country,
            municipality_code: address.municipality_code().map(str::to_owned),
            period: PeriodDocument::of(*period),
            source: (*source).into(),
        }
    }

    /// For the domain to check.
    pub(in crate::person) fn draft(&self) -> HeldAddressDraft {
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

/// What stands on an envelope, below the name.
pub(super) struct Lines {
    pub(super) care_of: Option<String>,
    pub(super) street_lines: Vec<String>,
    pub(super) postal_code: Option<String>,
    pub(super) city: String,
    pub(super) country: String,
}

impl Lines {
    pub(super) fn of(address: &PostalAddress) -> Self {
        let owned = |part: &Text| part.as_str().to_owned();
        Self {
            care_of: address.care_of().map(owned),
            street_lines: address.street_lines().iter().map(owned).collect(),
            postal_code: address.postal_code().map(owned),
            city: owned(address.city()),
            country: address.country().as_str().to_owned(),
        }
    }
}

/// An address of a person during a period.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Address)]
pub struct AddressDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000301")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was entered.
    #[schema(example = "2026-08-17T08:10:00+02:00")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T08:10:00+02:00")]
    pub modified_at: DateTime<Utc>,
    /// Whose.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// What it is used for.
    pub kind: AddressKindCode,
    /// In whose care, without the "c/o".
    #[schema(required, example = "Ek")]
    pub care_of: Option<String>,
    /// Street, box or place.
    #[schema(example = json!(["Ängsgatan 4 A"]))]
    pub street_lines: Vec<String>,
    /// Postal code; in Sweden always there, as `123 45`.
    #[schema(required, example = "702 10")]
    pub postal_code: Option<String>,
    /// Postal town.
    #[schema(example = "Örebro")]
    pub city: String,
    /// Country, as two letters of ISO 3166-1.
    #[schema(example = "SE")]
    pub country: String,
    /// The municipality (kommun): a code of the table `municipality`; null where nobody has said it, and abroad.
    #[schema(required, example = "1880")]
    pub municipality_code: Option<String>,
    /// The region (län) in which that lies: a code of the table `region`.
    #[schema(required, example = "18")]
    pub region_code: Option<String>,
    /// The days on which it applies.
    pub period: PeriodDocument,
    /// Who told us.
    pub source: SourceCode,
}

impl AddressDocument {
    pub(in crate::person) fn of(saved: &SavedAddress) -> Self {
        let Saved { id, version, created_at, modified_at, value } = saved;
        let PersonAddress { person, held: HeldAddress { kind, address, period, source } } = value;
        let Lines { care_of, street_lines, postal_code, city, country } = Lines::of(address);
        Self {
            id: id.uuid(),
            version: *version,
            created_at: *created_at,
            modified_at: *modified_at,
            person_id: person.uuid(),
            kind: (*kind).into(),
            care_of,
            street_lines,
            postal_code,
            city,
            country,
            municipality_code: address.municipality_code().map(str::to_owned),
            region_code: address.region_code().map(str::to_owned),
            period: PeriodDocument::of(*period),
            source: (*source).into(),
        }
    }
}

/// Whether the municipalities are known on some of the addresses' days, each at its pointer.
pub(in crate::person) fn check_municipalities<'a>(
    connection: &mut DatabaseConnection,
    addresses: impl IntoIterator<Item = (String, &'a HeldAddress)>,
) -> Result<(), Problem> {
    let said: Vec<(String, &str, &HeldAddress)> = addresses
        .into_iter()
        .filter_map(|(pointer, held)| Some((pointer, held.address.municipality_code()?, held)))
        .collect();
    if said.is_empty() {
        return Ok(());
    }
    let known = code::entries(connection, Table::Municipality)?;
    let mut refusals = Refusals::default();
    for (pointer, municipality, held) in said {
        let found = find_during(Table::Municipality, &known, municipality, &held.period);
        refusals.note(&format!("{pointer}/municipalityCode"), found);
    }
    refusals.finish().map_err(Problem::from)
}
