//! The name under which the caller meets the person of a row.

use skolhus_domain::{
    access::Scope,
    person::{NameDraft, PersonName},
};

use crate::core::{
    error::Error,
    shown_name,
    types::{Json, Uid},
};

/// Given name, middle name, family name, preferred given name.
pub(super) type NameColumns = (String, Option<String>, String, Option<String>);

/// The columns of [`met`].
macro_rules! name_columns {
    ($connection:expr) => {
        (
            (persons::given_name, persons::middle_name, persons::family_name, persons::preferred_given_name),
            $crate::core::shown_name::column($connection.is_postgres()),
        )
    };
}
pub(super) use name_columns;

/// The person's name, of a protected one what their plan shows.
pub(super) fn met(
    scope: &Scope,
    person: Uid,
    (name, plan): (NameColumns, Option<Json>),
) -> Result<PersonName, Error> {
    let (given, middle, family, preferred_given) = name;
    let name = PersonName::new(&NameDraft { given, middle, family, preferred_given }).map_err(|_| {
        Error::Inconsistent {
            table: "persons",
            id: person.0.to_string(),
            detail: "the name cannot be read".to_owned(),
        }
    })?;
    shown_name::met(scope, person.to(), name, plan)
}
