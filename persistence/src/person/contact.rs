//! Contact details as one document in a person's row.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use skolhus_domain::person::{
    AddressDraft, AddressKind, ContactDetails, ContactDraft, DataSource, HeldAddress, HeldAddressDraft,
};

/// Contact details as they are stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    emails: Vec<String>,
    phones: Vec<String>,
    addresses: Vec<StoredAddress>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredAddress {
    kind: AddressKind,
    care_of: Option<String>,
    street_lines: Vec<String>,
    postal_code: Option<String>,
    city: String,
    country: String,
    municipality_code: Option<String>,
    from: NaiveDate,
    to: Option<NaiveDate>,
    source: DataSource,
}

/// The document of contact details.
pub(super) fn document(contact: &ContactDetails) -> Value {
    let ContactDetails { emails, phones, addresses } = contact;
    let stored = Stored {
        emails: emails.iter().map(|email| email.as_str().to_owned()).collect(),
        phones: phones.iter().map(|phone| phone.as_str().to_owned()).collect(),
        addresses: addresses.iter().map(stored_address).collect(),
    };
    // Strings and dates alone: it always is a document.
    serde_json::to_value(stored).unwrap_or_default()
}

fn stored_address(held: &HeldAddress) -> StoredAddress {
    let HeldAddress { kind, address, period, source } = held;
    StoredAddress {
        kind: *kind,
        care_of: address.care_of().map(|line| line.as_str().to_owned()),
        street_lines: address.street_lines().iter().map(|line| line.as_str().to_owned()).collect(),
        postal_code: address.postal_code().map(|code| code.as_str().to_owned()),
        city: address.city().as_str().to_owned(),
        country: address.country().as_str().to_owned(),
        municipality_code: address.municipality_code().map(str::to_owned),
        from: period.from(),
        to: period.to(),
        source: *source,
    }
}

/// The contact details of a document; none if it cannot be read.
pub(super) fn read(document: Value) -> Option<ContactDetails> {
    let Stored { emails, phones, addresses } = serde_json::from_value(document).ok()?;
    let addresses = addresses.into_iter().map(address_draft).collect();
    ContactDetails::new(&ContactDraft { emails, phones, addresses }).ok()
}

fn address_draft(stored: StoredAddress) -> HeldAddressDraft {
    let StoredAddress {
        kind,
        care_of,
        street_lines,
        postal_code,
        city,
        country,
        municipality_code,
        from,
        to,
        source,
    } = stored;
    HeldAddressDraft {
        kind,
        address: AddressDraft { care_of, street_lines, postal_code, city, country, municipality_code },
        from,
        to,
        source,
    }
}
