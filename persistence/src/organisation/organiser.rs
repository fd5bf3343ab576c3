//! Organisers (huvudmän): the tenants.

use diesel::prelude::*;
use skolhus_domain::{
    access::{Caller, Scope},
    id::OrganiserId,
    organisation::{OrganisationNumber, Organiser},
    refusal::Refusal,
    text::Text,
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
    schema::organisers,
};

record! {
    /// An organiser's row; it is its own tenant.
    pub(crate) struct OrganiserRow in organisers as "organiser" {
        name: String,
        organisation_number: Option<String>,
    }
}

/// The organiser that the scope belongs to; there is no reaching another.
///
/// # Errors
/// A failure of the database.
pub fn find_own(
    connection: &mut DatabaseConnection,
    scope: &Scope,
) -> Result<Option<Saved<OrganiserId, Organiser>>, Error> {
    let own = Uid::of(scope.organiser());
    let row: Option<OrganiserRow> = organisers::table
        .find((own, own))
        .filter(organisers::withdrawn_at.is_null())
        .select(OrganiserRow::as_select())
        .first(connection)
        .optional()?;
    row.map(OrganiserRow::into_saved).transpose()
}

/// Enters an organiser.
///
/// # Errors
/// A failure of the database.
pub fn insert(tx: &mut Tx<'_>, id: OrganiserId, organiser: &Organiser) -> Result<(), Error> {
    let now = tx.now();
    tx.insert(&[OrganiserRow::of(Uid::of(id), now, organiser)])
}

/// Saves a new state of an organiser, as the next version after `before`.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    before: &Saved<OrganiserId, Organiser>,
    organiser: &Organiser,
) -> Result<Saved<OrganiserId, Organiser>, Error> {
    let (id, created_at) = (Uid::of(before.id), Ts::of(before.created_at));
    let old = OrganiserRow {
        version: before.version,
        modified_at: Ts::of(before.modified_at),
        ..OrganiserRow::of(id, created_at, &before.value)
    };
    tx.update(&old, OrganiserRow::of(id, created_at, organiser))?.into_saved()
}

impl OrganiserRow {
    /// The first version of a row.
    fn of(id: Uid, now: Ts, organiser: &Organiser) -> Self {
        let Organiser { name, organisation_number } = organiser;
        Self {
            organiser_id: id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            name: name.as_str().to_owned(),
            organisation_number: organisation_number.as_ref().map(|number| number.as_digits().to_owned()),
        }
    }

    fn into_saved(self) -> Result<Saved<OrganiserId, Organiser>, Error> {
        let Self {
            organiser_id: _,
            id,
            version,
            created_at,
            modified_at,
            withdrawn_at: _,
            name,
            organisation_number,
        } = self;
        let refused = |refusal: Refusal| Error::Inconsistent {
            table: "organisers",
            id: id.0.to_string(),
            detail: format!("{:?}", refusal.rule),
        };
        let value = Organiser {
            name: Text::line(&name, 200).map_err(refused)?,
            organisation_number: organisation_number
                .map(|number| OrganisationNumber::new(&number))
                .transpose()
                .map_err(refused)?,
        };
        Ok(Saved { id: id.to(), version, created_at: created_at.0, modified_at: modified_at.0, value })
    }
}

/// Every organiser by name, for the operator of the machine: only a scope of the program
/// itself that works across organisers sees any.
///
/// # Errors
/// A failure of the database.
pub fn every(
    connection: &mut DatabaseConnection,
    scope: &Scope,
) -> Result<Vec<(OrganiserId, String)>, Error> {
    if !(scope.is_system() && scope.organiser() == Caller::every_organiser()) {
        return Ok(Vec::new());
    }
    let rows: Vec<(Uid, String)> = organisers::table
        .filter(organisers::withdrawn_at.is_null())
        .order((organisers::name, organisers::id))
        .select((organisers::id, organisers::name))
        .load(connection)?;
    Ok(rows.into_iter().map(|(id, name)| (id.to(), name)).collect())
}
