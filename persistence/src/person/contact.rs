//! Phone and e-mail as one document in a person's row.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use skolhus_domain::person::{
    ContactDetails, ContactDraft, ContactEmail, ContactPhone, DataSource, EmailDraft, EmailKind, PhoneDraft,
    PhoneKind,
};

/// Contact details as they are stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    emails: Vec<StoredEmail>,
    phones: Vec<StoredPhone>,
}

#[derive(Serialize, Deserialize)]
struct StoredEmail {
    address: String,
    kind: String,
    source: DataSource,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verified_at: Option<DateTime<Utc>>,
}

#[derive(Serialize, Deserialize)]
struct StoredPhone {
    number: String,
    kind: String,
    source: DataSource,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verified_at: Option<DateTime<Utc>>,
}

/// The document of contact details.
pub(super) fn document(contact: &ContactDetails) -> Value {
    let ContactDetails { emails, phones } = contact;
    let stored = Stored {
        emails: emails.iter().map(stored_email).collect(),
        phones: phones.iter().map(stored_phone).collect(),
    };
    // Strings alone: it always is a document.
    serde_json::to_value(stored).unwrap_or_default()
}

fn stored_email(email: &ContactEmail) -> StoredEmail {
    let ContactEmail { address, kind, source, verified_at } = email;
    StoredEmail {
        address: address.as_str().to_owned(),
        kind: kind.code().to_owned(),
        source: *source,
        verified_at: *verified_at,
    }
}

fn stored_phone(phone: &ContactPhone) -> StoredPhone {
    let ContactPhone { number, kind, source, verified_at } = phone;
    StoredPhone {
        number: number.as_str().to_owned(),
        kind: kind.code().to_owned(),
        source: *source,
        verified_at: *verified_at,
    }
}

/// The contact details of a document; none if it cannot be read.
pub(super) fn read(document: Value) -> Option<ContactDetails> {
    let Stored { emails, phones } = serde_json::from_value(document).ok()?;
    let emails = emails.into_iter().map(|StoredEmail { address, kind, source, verified_at }| {
        Some(EmailDraft { address, kind: Some(EmailKind::from_code(&kind).ok()?), source, verified_at })
    });
    let phones = phones.into_iter().map(|StoredPhone { number, kind, source, verified_at }| {
        Some(PhoneDraft { number, kind: Some(PhoneKind::from_code(&kind).ok()?), source, verified_at })
    });
    let draft =
        ContactDraft { emails: emails.collect::<Option<_>>()?, phones: phones.collect::<Option<_>>()? };
    ContactDetails::new(&draft).ok()
}
