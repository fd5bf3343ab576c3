//! How the program itself reaches a person, protected or not. It is used and never shown.

use diesel::prelude::*;
use skolhus_domain::{access::Scope, id::PersonId, person::PhoneNumber};

use super::contact;
use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        types::{Json, Uid},
    },
    schema::persons,
};

/// Where text messages to a person go.
#[derive(Clone)]
pub struct ReachedByText {
    /// Their mobile numbers in the register, the preferred one first.
    pub numbers: Vec<PhoneNumber>,
    /// Whether they are protected.
    pub is_protected: bool,
}

/// Where text messages to a person go; none for who is not there, and for everybody but the program.
///
/// # Errors
/// A failure of the database.
pub fn by_text(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    person: PersonId,
) -> Result<Option<ReachedByText>, Error> {
    if !scope.is_system() {
        return Ok(None);
    }
    let row: Option<(Json, bool)> = persons::table
        .find((Uid::of(scope.organiser()), Uid::of(person)))
        .filter(persons::withdrawn_at.is_null())
        .select((persons::contact, persons::is_protected))
        .first(connection)
        .optional()?;
    let Some((document, is_protected)) = row else { return Ok(None) };
    let details = contact::read(document.0).ok_or_else(|| Error::Inconsistent {
        table: "persons",
        id: person.to_string(),
        detail: "the contact details cannot be read".to_owned(),
    })?;
    Ok(Some(ReachedByText { numbers: details.mobile_numbers().cloned().collect(), is_protected }))
}
