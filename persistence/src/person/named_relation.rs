//! Relations as imports meet them: those that a source has named, withdrawn ones too, and those that
//! stand between two persons already.

use std::collections::HashSet;

use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    id::{PersonId, RelationId},
    person::relation::{Relation, RelationState},
};

use super::relation::RelationRow;
use crate::{
    Saved,
    core::{connection::DatabaseConnection, error::Error, record::Record, tx::Tx, types::Uid},
    schema::{external_identifiers, import_absences, relations},
};

/// The word under which a source's identifiers of relations are kept.
pub const ENTITY: &str = <RelationRow as Record>::ENTITY;

/// A relation that a source has named.
#[derive(Clone, Debug)]
pub struct NamedRelation {
    /// What the source calls it.
    pub value: String,
    /// Whether the source has stopped naming it.
    pub absent: bool,
    /// The relation, withdrawn or not.
    pub saved: Saved<RelationId, Relation>,
}

/// What a source has named over any of the persons or, where `of_relatives`, in which any of them is
/// the relative; in one statement. It tells of protected persons too.
///
/// # Errors
/// A failure of the database.
pub fn of_source(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    system: &str,
    persons: &[PersonId],
    of_relatives: bool,
) -> Result<Vec<NamedRelation>, Error> {
    if persons.is_empty() {
        return Ok(Vec::new());
    }
    let persons: Vec<Uid> = persons.iter().copied().map(Uid::of).collect();
    let relatives = if of_relatives { persons.clone() } else { Vec::new() };
    let rows: Vec<(RelationRow, String, Option<String>)> = relations::table
        .inner_join(
            external_identifiers::table.on(external_identifiers::organiser_id
                .eq(relations::organiser_id)
                .and(external_identifiers::entity_id.eq(relations::id))),
        )
        .left_join(
            import_absences::table.on(import_absences::organiser_id
                .eq(external_identifiers::organiser_id)
                .and(import_absences::entity.eq(external_identifiers::entity))
                .and(import_absences::system.eq(external_identifiers::system))
                .and(import_absences::value.eq(external_identifiers::value))),
        )
        .filter(relations::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(relations::person_id.eq_any(persons).or(relations::relative_id.eq_any(relatives)))
        .filter(external_identifiers::entity.eq(ENTITY))
        .filter(external_identifiers::system.eq(system.to_owned()))
        .filter(external_identifiers::withdrawn_at.is_null())
        .order(external_identifiers::value)
        .select((RelationRow::as_select(), external_identifiers::value, import_absences::value.nullable()))
        .load(connection)?;
    rows.into_iter()
        .map(|(row, value, left)| {
            Ok(NamedRelation { value, absent: left.is_some(), saved: row.into_saved()? })
        })
        .collect()
}

/// Every relation between the pairs (over whom, who has the rights), withdrawn ones too; by id, in
/// one statement.
///
/// # Errors
/// A failure of the database.
pub fn between(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    pairs: &[(PersonId, PersonId)],
) -> Result<Vec<Saved<RelationId, Relation>>, Error> {
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let persons: Vec<Uid> = pairs.iter().map(|(person, _)| Uid::of(*person)).collect();
    let relatives: Vec<Uid> = pairs.iter().map(|(_, relative)| Uid::of(*relative)).collect();
    let rows: Vec<RelationRow> = relations::table
        .filter(relations::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(relations::person_id.eq_any(persons))
        .filter(relations::relative_id.eq_any(relatives))
        .order(relations::id)
        .select(RelationRow::as_select())
        .load(connection)?;
    let pairs: HashSet<_> = pairs.iter().collect();
    let mut found = Vec::new();
    for row in rows {
        let saved = row.into_saved()?;
        if pairs.contains(&(saved.value.person, saved.value.relative)) {
            found.push(saved);
        }
    }
    Ok(found)
}

/// Over which of the persons a relation stands that has been confirmed: what decides on rights there is
/// not for a source to change. In one statement.
///
/// # Errors
/// A failure of the database.
pub fn relied_on(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    persons: &[PersonId],
) -> Result<HashSet<PersonId>, Error> {
    if persons.is_empty() {
        return Ok(HashSet::new());
    }
    let persons: Vec<Uid> = persons.iter().copied().map(Uid::of).collect();
    let confirmed = [RelationState::Confirmed.code(), RelationState::ChangeWaiting.code()];
    let over: Vec<Uid> = relations::table
        .filter(relations::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(relations::person_id.eq_any(persons))
        .filter(relations::state.eq_any(confirmed))
        .filter(relations::withdrawn_at.is_null())
        .select(relations::person_id)
        .distinct()
        .load(connection)?;
    Ok(over.into_iter().map(Uid::to).collect())
}

/// As [`relied_on`], said for the rest of the transaction: nobody enters or confirms one of these meanwhile.
pub(super) fn relied_on_held(
    tx: &mut Tx<'_>,
    scope: &Scope,
    persons: &[PersonId],
) -> Result<HashSet<PersonId>, Error> {
    super::relation::lock_many(tx, persons)?;
    let uids: Vec<Uid> = persons.iter().copied().map(Uid::of).collect();
    tx.lock_naming(RelationRow::TABLE, &["person_id"], &uids)?;
    relied_on(tx.connection(), scope, persons)
}

/// Enters relations.
///
/// # Errors
/// A failure of the database.
pub fn insert_many(tx: &mut Tx<'_>, scope: &Scope, new: &[(RelationId, Relation)]) -> Result<(), Error> {
    let (organiser, now) = (Uid::of(scope.organiser()), tx.now());
    let rows: Vec<RelationRow> = new
        .iter()
        .map(|(id, relation)| RelationRow::of(organiser, Uid::of(*id), now, now, relation))
        .collect();
    tx.insert(&rows)
}
