//! Whether an organiser wants a second person for what widens access.

use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    id::{OrganiserId, RelationSettingId},
    person::relation::SecondPerson,
};

use crate::{
    Saved,
    core::{
        connection::DatabaseConnection,
        error::Error,
        record::record,
        tx::Tx,
        types::{Ts, Uid},
    },
    schema::relation_settings,
};

record! {
    /// The setting's row; its id is the organiser's.
    pub(crate) struct RelationSettingRow in relation_settings as "relation setting" {
        second_person: bool,
    }
}

fn key(scope: &Scope) -> (Uid, Uid) {
    let organiser: OrganiserId = scope.organiser();
    (Uid::of(organiser), Uid::of(organiser))
}

/// The setting, if it was ever saved.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
) -> Result<Option<Saved<RelationSettingId, SecondPerson>>, Error> {
    let row: Option<RelationSettingRow> = relation_settings::table
        .find(key(scope))
        .select(RelationSettingRow::as_select())
        .first(connection)
        .optional()?;
    Ok(row.map(RelationSettingRow::into_saved))
}

/// What is in force: a second person is needed, unless it was saved that none is.
///
/// # Errors
/// A failure of the database.
pub fn in_force(connection: &mut DatabaseConnection, scope: &Scope) -> Result<SecondPerson, Error> {
    Ok(find(connection, scope)?.map_or(SecondPerson::Needed, |saved| saved.value))
}

/// Saves it, as the next version after `before`. The reason stands in the log.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn save(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: Option<&Saved<RelationSettingId, SecondPerson>>,
    wanted: SecondPerson,
    reason: &str,
) -> Result<Saved<RelationSettingId, SecondPerson>, Error> {
    tx.because(reason);
    let now = tx.now();
    let row = |version, created_at, modified_at, second_person: SecondPerson| {
        let (organiser_id, id) = key(scope);
        RelationSettingRow {
            organiser_id,
            id,
            version,
            created_at,
            modified_at,
            withdrawn_at: None,
            second_person: second_person == SecondPerson::Needed,
        }
    };
    let Some(before) = before else {
        let new = row(1, now, now, wanted);
        tx.insert(std::slice::from_ref(&new)).map_err(|error| error.raced("relation_settings_pkey"))?;
        return Ok(new.into_saved());
    };
    let created_at = Ts::of(before.created_at);
    let old = row(before.version, created_at, Ts::of(before.modified_at), before.value);
    let new = row(before.version, created_at, Ts::of(before.modified_at), wanted);
    Ok(tx.update(&old, new)?.into_saved())
}

impl RelationSettingRow {
    fn into_saved(self) -> Saved<RelationSettingId, SecondPerson> {
        let Self { organiser_id: _, id, version, created_at, modified_at, withdrawn_at: _, second_person } =
            self;
        let value = if second_person { SecondPerson::Needed } else { SecondPerson::NotNeeded };
        Saved { id: id.to(), version, created_at: created_at.0, modified_at: modified_at.0, value }
    }
}
