//! The names under which persons stand in attendance.

use std::collections::BTreeMap;

use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    id::PersonId,
    person::{NameDraft, PersonName},
};

use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        rows::MOST_IDS,
        shown_name,
        types::{Json, Uid},
    },
    schema::persons,
};

/// All given names, the middle name, the family name, the name in use.
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

/// As [`named`], of the columns that [`name_columns`] reads.
pub(super) fn met(
    scope: &Scope,
    person: Uid,
    (name, plan): (NameColumns, Option<Json>),
) -> Result<PersonName, Error> {
    named(scope, person.to(), name, plan)
}

/// The name that the caller meets.
pub(super) fn named(
    scope: &Scope,
    person: PersonId,
    (given, middle, family, preferred_given): NameColumns,
    plan: Option<Json>,
) -> Result<PersonName, Error> {
    let name = PersonName::new(&NameDraft { given, middle, family, preferred_given }).map_err(|_| {
        Error::Inconsistent {
            table: "persons",
            id: person.to_string(),
            detail: "the name cannot be read".to_owned(),
        }
    })?;
    shown_name::met(scope, person, name, plan)
}

/// The names of persons whom a statement in the same transaction has found within the caller's reach, in the order in
/// which lists show them. One statement for ten thousand.
pub(super) fn names(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[PersonId],
) -> Result<Vec<(PersonId, PersonName)>, Error> {
    let postgres = connection.is_postgres();
    let mut found: BTreeMap<(String, Uid), PersonName> = BTreeMap::new();
    for ids in ids.chunks(MOST_IDS) {
        let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
        let rows: Vec<(Uid, NameColumns, Option<Json>, String)> = persons::table
            .filter(persons::organiser_id.eq(Uid::of(scope.organiser())))
            .filter(persons::id.eq_any(ids))
            .filter(persons::withdrawn_at.is_null())
            .select((
                persons::id,
                (
                    persons::given_name,
                    persons::middle_name,
                    persons::family_name,
                    persons::preferred_given_name,
                ),
                shown_name::column(postgres),
                shown_name::sort_key(scope),
            ))
            .load(connection)?;
        for (person, name, plan, key) in rows {
            found.insert((key, person), named(scope, person.to(), name, plan)?);
        }
    }
    Ok(found.into_iter().map(|((_, person), name)| (person.to(), name)).collect())
}
