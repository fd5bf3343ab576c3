//! What is known of a source's things: under which identifiers they came, and which of them its
//! last whole file left out.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use skolhus_domain::{access::Scope, id::OrganiserId};
use uuid::Uuid;

use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        reach,
        rows::{OnConflict, write_rows},
        tx::Tx,
        types::{Ts, Uid},
    },
    schema::{external_identifiers, import_absences, organisers, persons},
};

/// One thing that a source has brought.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Brought {
    /// The source's identifier.
    pub value: String,
    /// What it is here.
    pub id: Uuid,
    /// Whether the source's last whole file left it out.
    pub absent: bool,
}

/// Of these identifiers those that are known, in one statement.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    entity: &str,
    system: &str,
    values: &[String],
) -> Result<HashMap<String, Brought>, Error> {
    if values.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(String, Uid, Option<String>)> = external_identifiers::table
        .left_join(
            import_absences::table.on(import_absences::organiser_id
                .eq(external_identifiers::organiser_id)
                .and(import_absences::entity.eq(external_identifiers::entity))
                .and(import_absences::system.eq(external_identifiers::system))
                .and(import_absences::value.eq(external_identifiers::value))),
        )
        .filter(external_identifiers::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(external_identifiers::entity.eq(entity.to_owned()))
        .filter(external_identifiers::system.eq(system.to_owned()))
        .filter(external_identifiers::value.eq_any(values.to_vec()))
        .filter(external_identifiers::withdrawn_at.is_null())
        .select((
            external_identifiers::value,
            external_identifiers::entity_id,
            import_absences::value.nullable(),
        ))
        .load(connection)?;
    Ok(rows
        .into_iter()
        .map(|(value, id, left)| (value.clone(), Brought { value, id: id.0, absent: left.is_some() }))
        .collect())
}

/// The things of a source after an identifier, in the order of identifiers.
///
/// # Errors
/// A failure of the database.
pub fn after(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    entity: &str,
    system: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<Brought>, Error> {
    let mut query = external_identifiers::table
        .left_join(
            import_absences::table.on(import_absences::organiser_id
                .eq(external_identifiers::organiser_id)
                .and(import_absences::entity.eq(external_identifiers::entity))
                .and(import_absences::system.eq(external_identifiers::system))
                .and(import_absences::value.eq(external_identifiers::value))),
        )
        .filter(external_identifiers::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(external_identifiers::entity.eq(entity.to_owned()))
        .filter(external_identifiers::system.eq(system.to_owned()))
        .filter(external_identifiers::withdrawn_at.is_null())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(external_identifiers::value.gt(after.to_owned()));
    }
    let rows: Vec<(String, Uid, Option<String>)> = query
        .order(external_identifiers::value.asc())
        .limit(i64::from(limit))
        .select((
            external_identifiers::value,
            external_identifiers::entity_id,
            import_absences::value.nullable(),
        ))
        .load(connection)?;
    Ok(rows
        .into_iter()
        .map(|(value, id, left)| Brought { value, id: id.0, absent: left.is_some() })
        .collect())
}

/// How many things of each entity a source has brought and not left out since.
///
/// # Errors
/// A failure of the database.
pub fn present(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    system: &str,
) -> Result<HashMap<String, u64>, Error> {
    use diesel::dsl::count_star;
    let brought: Vec<(String, i64)> = external_identifiers::table
        .filter(external_identifiers::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(external_identifiers::system.eq(system.to_owned()))
        .filter(external_identifiers::withdrawn_at.is_null())
        .group_by(external_identifiers::entity)
        .select((external_identifiers::entity, count_star()))
        .load(connection)?;
    let left: Vec<(String, i64)> = import_absences::table
        .filter(import_absences::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(import_absences::system.eq(system.to_owned()))
        .group_by(import_absences::entity)
        .select((import_absences::entity, count_star()))
        .load(connection)?;
    let left: HashMap<String, i64> = left.into_iter().collect();
    Ok(brought
        .into_iter()
        .map(|(entity, count)| {
            let count = count - left.get(&entity).copied().unwrap_or_default();
            (entity, u64::try_from(count).unwrap_or_default())
        })
        .collect())
}

/// Notes what a source's file left out.
///
/// # Errors
/// A failure of the database.
pub fn note_absent(
    tx: &mut Tx<'_>,
    scope: &Scope,
    entity: &str,
    system: &str,
    values: &[String],
) -> Result<(), Error> {
    if values.is_empty() {
        return Ok(());
    }
    let now = Ts::of(scope.now());
    let cells = values
        .iter()
        .map(|value| {
            vec![
                Uid::of(scope.organiser()).into(),
                entity.to_owned().into(),
                system.to_owned().into(),
                value.clone().into(),
                now.into(),
            ]
        })
        .collect();
    const KEY: [&str; 4] = ["organiser_id", "entity", "system", "value"];
    let columns = ["organiser_id", "entity", "system", "value", "noted_at"];
    write_rows(tx.connection(), "import_absences", &columns, cells, OnConflict::Keep(&KEY))?;
    Ok(())
}

/// Notes that things are in their source again.
///
/// # Errors
/// A failure of the database.
pub fn note_present(
    tx: &mut Tx<'_>,
    scope: &Scope,
    entity: &str,
    system: &str,
    values: &[String],
) -> Result<(), Error> {
    if values.is_empty() {
        return Ok(());
    }
    let rows = import_absences::table
        .filter(import_absences::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(import_absences::entity.eq(entity.to_owned()))
        .filter(import_absences::system.eq(system.to_owned()))
        .filter(import_absences::value.eq_any(values.to_vec()));
    diesel::delete(rows).execute(tx.connection())?;
    Ok(())
}

/// Which of the persons an import may look at and change: never a protected one.
///
/// # Errors
/// A failure of the database.
pub fn open_persons(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[Uuid],
) -> Result<HashSet<Uuid>, Error> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let ids: Vec<Uid> = ids.iter().copied().map(Uid).collect();
    let open: Vec<Uid> = persons::table
        .filter(reach::persons(scope))
        .filter(persons::id.eq_any(ids))
        .select(persons::id)
        .load(connection)?;
    Ok(open.into_iter().map(|id| id.0).collect())
}

/// Which of the persons are in the register, and whether they are protected; withdrawn ones are
/// not. It tells of protected persons.
///
/// # Errors
/// A failure of the database.
pub fn standing_persons(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, bool>, Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<Uid> = ids.iter().copied().map(Uid).collect();
    let standing: Vec<(Uid, bool)> = persons::table
        .filter(persons::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(persons::id.eq_any(ids))
        .filter(persons::withdrawn_at.is_null())
        .select((persons::id, persons::is_protected))
        .load(connection)?;
    Ok(standing.into_iter().map(|(id, protected)| (id.0, protected)).collect())
}

/// Which of these things came from the source.
///
/// # Errors
/// A failure of the database.
pub fn brought_among(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    entity: &str,
    system: &str,
    ids: &[Uuid],
) -> Result<HashSet<Uuid>, Error> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let ids: Vec<Uid> = ids.iter().copied().map(Uid).collect();
    let brought: Vec<Uid> = external_identifiers::table
        .filter(external_identifiers::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(external_identifiers::entity_id.eq_any(ids))
        .filter(external_identifiers::entity.eq(entity.to_owned()))
        .filter(external_identifiers::system.eq(system.to_owned()))
        .filter(external_identifiers::withdrawn_at.is_null())
        .select(external_identifiers::entity_id)
        .load(connection)?;
    Ok(brought.into_iter().map(|id| id.0).collect())
}

/// The organisers of this installation; only for the program's own scope.
///
/// # Errors
/// A failure of the database.
pub fn organisers(connection: &mut DatabaseConnection, scope: &Scope) -> Result<Vec<OrganiserId>, Error> {
    if !scope.is_system() {
        return Ok(Vec::new());
    }
    let all: Vec<Uid> = organisers::table
        .filter(organisers::withdrawn_at.is_null())
        .order(organisers::created_at)
        .select(organisers::id)
        .load(connection)?;
    Ok(all.into_iter().map(Uid::to).collect())
}
