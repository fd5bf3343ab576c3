//! What other systems call things: one table for all that is identified, each by the change
//! log's word for it (`person`, `course offering` …).

use std::collections::HashMap;

use diesel::prelude::*;
use skolhus_domain::{access::Scope, id::PersonId, person::ExternalIdentifier};
use uuid::Uuid;

use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        reach,
        record::record,
        tx::Tx,
        types::{Ts, Uid},
    },
    schema::{external_identifiers, persons},
};

record! {
    /// An external identifier's row.
    pub(crate) struct ExternalIdentifierRow in external_identifiers as "external identifier" {
        entity: String,
        entity_id: Uid,
        system: String,
        value: String,
    }
}

/// What of the kind `entity` a system calls by these values, as value and id; what nothing is
/// called by is left out. It asks the whole organiser and tells of protected persons too: what
/// is found is not to be told before it has been found within the caller's scope.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    entity: &str,
    system: &str,
    values: &[String],
) -> Result<Vec<(String, Uuid)>, Error> {
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let found: Vec<(String, Uid)> = external_identifiers::table
        .filter(external_identifiers::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(external_identifiers::entity.eq(entity))
        .filter(external_identifiers::system.eq(system))
        .filter(external_identifiers::value.eq_any(values))
        .filter(external_identifiers::withdrawn_at.is_null())
        .select((external_identifiers::value, external_identifiers::entity_id))
        .load(connection)?;
    Ok(found.into_iter().map(|(value, id)| (value, id.0)).collect())
}

/// Somebody whom a system calls by one of the identifiers asked about.
#[derive(Clone)]
pub struct IdentifierHolder {
    /// Which of the identifiers, by its place.
    pub place: usize,
    /// Who.
    pub person: PersonId,
    /// Whether the caller reaches the person.
    pub reached: bool,
}

/// Who has these identifiers in the whole organiser, protected persons among them: for the
/// check of what is entered, never to be told as it is.
///
/// # Errors
/// A failure of the database.
pub fn holders(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    identifiers: &[ExternalIdentifier],
) -> Result<Vec<IdentifierHolder>, Error> {
    if identifiers.is_empty() {
        return Ok(Vec::new());
    }
    let values: Vec<&str> = identifiers.iter().map(ExternalIdentifier::value).collect();
    let found: Vec<(String, String, Uid, bool)> = external_identifiers::table
        .inner_join(
            persons::table.on(persons::organiser_id
                .eq(external_identifiers::organiser_id)
                .and(persons::id.eq(external_identifiers::entity_id))),
        )
        .filter(external_identifiers::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(external_identifiers::entity.eq("person"))
        .filter(external_identifiers::value.eq_any(values))
        .filter(external_identifiers::withdrawn_at.is_null())
        .select((
            external_identifiers::system,
            external_identifiers::value,
            external_identifiers::entity_id,
            reach::persons(scope),
        ))
        .load(connection)?;
    let holders = found.into_iter().filter_map(|(system, value, person, reached)| {
        let place = identifiers.iter().position(|it| it.system() == system && it.value() == value)?;
        Some(IdentifierHolder { place, person: person.to(), reached })
    });
    Ok(holders.collect())
}

/// Enters external identifiers: the row's id, what kind of thing, which one, the system, the value.
///
/// # Errors
/// [`Error::Collision`] when one of them was given to something else meanwhile, so that the
/// use-case runs again and finds it; a failure of the database.
pub fn insert_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    identifiers: Vec<(Uuid, &str, Uuid, String, String)>,
) -> Result<(), Error> {
    let now = tx.now();
    let organiser = Uid::of(scope.organiser());
    let rows: Vec<_> = identifiers
        .into_iter()
        .map(|(id, entity, entity_id, system, value)| {
            row(organiser, Uid(id), now, entity, Uid(entity_id), system, value)
        })
        .collect();
    insert_rows(tx, &rows)
}

/// Lets identifiers of a system name other things of the same kind than before.
///
/// # Errors
/// A failure of the database.
pub fn repoint(
    tx: &mut Tx<'_>,
    scope: &Scope,
    entity: &str,
    system: &str,
    to: &[(String, Uuid)],
) -> Result<(), Error> {
    if to.is_empty() {
        return Ok(());
    }
    let values: Vec<&str> = to.iter().map(|(value, _)| value.as_str()).collect();
    let rows: Vec<ExternalIdentifierRow> = external_identifiers::table
        .filter(external_identifiers::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(external_identifiers::entity.eq(entity))
        .filter(external_identifiers::system.eq(system))
        .filter(external_identifiers::value.eq_any(values))
        .filter(external_identifiers::withdrawn_at.is_null())
        .select(ExternalIdentifierRow::as_select())
        .load(tx.connection())?;
    let to: HashMap<&str, Uuid> = to.iter().map(|(value, id)| (value.as_str(), *id)).collect();
    let pairs = rows.into_iter().map(|before| {
        let entity_id = to.get(before.value.as_str()).map_or(before.entity_id, |id| Uid(*id));
        (before.clone(), ExternalIdentifierRow { entity_id, ..before })
    });
    tx.update_many(pairs.collect()).map(drop)
}

fn row(
    organiser_id: Uid,
    id: Uid,
    now: Ts,
    entity: &str,
    entity_id: Uid,
    system: String,
    value: String,
) -> ExternalIdentifierRow {
    ExternalIdentifierRow {
        organiser_id,
        id,
        version: 1,
        created_at: now,
        modified_at: now,
        withdrawn_at: None,
        entity: entity.to_owned(),
        entity_id,
        system,
        value,
    }
}

fn insert_rows(tx: &mut Tx<'_>, rows: &[ExternalIdentifierRow]) -> Result<(), Error> {
    tx.insert(rows).map_err(|error| error.raced("external_identifiers_value_key"))
}

/// New rows for what systems call a person.
pub(super) fn rows_of(
    tx: &mut Tx<'_>,
    organiser: Uid,
    person: Uid,
    identifiers: &[ExternalIdentifier],
) -> Vec<ExternalIdentifierRow> {
    let now = tx.now();
    identifiers
        .iter()
        .map(|identifier| {
            let (system, value) = (identifier.system().to_owned(), identifier.value().to_owned());
            row(organiser, tx.fresh(), now, "person", person, system, value)
        })
        .collect()
}

pub(super) fn insert_of_persons(tx: &mut Tx<'_>, rows: &[ExternalIdentifierRow]) -> Result<(), Error> {
    insert_rows(tx, rows)
}

/// Makes these the identifiers of a person; what is no longer among them is withdrawn.
/// Returns whether anything changed.
pub(super) fn replace(
    tx: &mut Tx<'_>,
    organiser: Uid,
    person: Uid,
    identifiers: &[ExternalIdentifier],
) -> Result<bool, Error> {
    let before: Vec<ExternalIdentifierRow> = external_identifiers::table
        .filter(external_identifiers::organiser_id.eq(organiser))
        .filter(external_identifiers::entity_id.eq(person))
        .filter(external_identifiers::entity.eq("person"))
        .filter(external_identifiers::withdrawn_at.is_null())
        .select(ExternalIdentifierRow::as_select())
        .load(tx.connection())?;
    let stays = |row: &ExternalIdentifierRow| {
        identifiers.iter().any(|after| after.system() == row.system && after.value() == row.value)
    };
    let now = tx.now();
    let gone: Vec<_> = before
        .iter()
        .filter(|row| !stays(row))
        .map(|row| (row.clone(), ExternalIdentifierRow { withdrawn_at: Some(now), ..row.clone() }))
        .collect();
    let new: Vec<ExternalIdentifier> = identifiers
        .iter()
        .filter(|after| !before.iter().any(|row| after.system() == row.system && after.value() == row.value))
        .cloned()
        .collect();
    let changed = !gone.is_empty() || !new.is_empty();
    tx.update_many(gone)?;
    let rows = rows_of(tx, organiser, person, &new);
    insert_rows(tx, &rows)?;
    Ok(changed)
}
