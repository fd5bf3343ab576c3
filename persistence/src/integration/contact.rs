//! Relatives whom a source names: kept with their contact details, without access to anything,
//! until a person has looked at each.

use std::collections::HashMap;

use diesel::prelude::*;
use serde_json::json;
use skolhus_domain::access::Scope;
use uuid::Uuid;

use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        record::record,
        tx::Tx,
        types::{Json, Uid},
    },
    schema::import_contacts,
};

record! {
    /// A contact's row.
    pub(crate) struct ContactRow in import_contacts as "import contact" {
        system: String,
        value: String,
        given_name: String,
        family_name: String,
        emails: Json,
        phones: Json,
    }
}

/// A relative as a source names them. `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Contact {
    /// The source's identifier.
    pub value: String,
    /// The given name.
    pub given_name: String,
    /// The family name.
    pub family_name: String,
    /// E-mail addresses.
    pub emails: Vec<String>,
    /// Phone numbers.
    pub phones: Vec<String>,
}

impl std::fmt::Debug for Contact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Contact(redacted)")
    }
}

/// A contact that is there.
#[derive(Clone, Debug)]
pub struct Present {
    row: ContactRow,
}

impl Present {
    /// The names of the fields in which another account of the contact differs.
    #[must_use]
    pub fn differs(&self, contact: &Contact) -> Vec<&'static str> {
        let Contact { value: _, given_name, family_name, emails, phones } = contact;
        let mut fields = Vec::new();
        for (field, differs) in [
            ("givenName", self.row.given_name != *given_name),
            ("familyName", self.row.family_name != *family_name),
            ("emails", self.row.emails.0 != json!(emails)),
            ("phones", self.row.phones.0 != json!(phones)),
        ] {
            if differs {
                fields.push(field);
            }
        }
        fields
    }
}

/// Of these identifiers of a source those that are contacts, in one statement.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    system: &str,
    values: &[String],
) -> Result<HashMap<String, Present>, Error> {
    if values.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<ContactRow> = import_contacts::table
        .filter(import_contacts::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(import_contacts::system.eq(system.to_owned()))
        .filter(import_contacts::value.eq_any(values.to_vec()))
        .filter(import_contacts::withdrawn_at.is_null())
        .select(ContactRow::as_select())
        .load(connection)?;
    Ok(rows.into_iter().map(|row| (row.value.clone(), Present { row })).collect())
}

/// Enters contacts.
///
/// # Errors
/// A failure of the database.
pub fn insert_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    system: &str,
    contacts: &[(Uuid, Contact)],
) -> Result<(), Error> {
    let now = tx.now();
    let rows: Vec<ContactRow> = contacts
        .iter()
        .map(|(id, contact)| {
            let row = ContactRow {
                organiser_id: Uid::of(scope.organiser()),
                id: Uid(*id),
                version: 1,
                created_at: now,
                modified_at: now,
                withdrawn_at: None,
                system: system.to_owned(),
                value: contact.value.clone(),
                given_name: String::new(),
                family_name: String::new(),
                emails: Json(json!([])),
                phones: Json(json!([])),
            };
            saying(row, contact)
        })
        .collect();
    tx.insert(&rows)
}

/// Saves other accounts of contacts that are there.
///
/// # Errors
/// [`Error::Stale`] when one has changed meanwhile; a failure of the database.
pub fn update_many(tx: &mut Tx<'_>, changes: Vec<(Present, Contact)>) -> Result<(), Error> {
    let pairs = changes.into_iter().map(|(before, contact)| {
        let after = saying(before.row.clone(), &contact);
        (before.row, after)
    });
    tx.update_many(pairs.collect()).map(drop)
}

fn saying(row: ContactRow, contact: &Contact) -> ContactRow {
    let Contact { value: _, given_name, family_name, emails, phones } = contact;
    ContactRow {
        given_name: given_name.clone(),
        family_name: family_name.clone(),
        emails: Json(json!(emails)),
        phones: Json(json!(phones)),
        ..row
    }
}
