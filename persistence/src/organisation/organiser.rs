//! Organisers (huvudmän): the tenants.

use skolhus_domain::{id::OrganiserId, organisation::Organiser};

use crate::core::{error::Error, record::record, tx::Tx, types::Uid};

record! {
    /// An organiser's row; it is its own tenant.
    pub(crate) struct OrganiserRow in organisers as "organiser" {
        name: String,
        organisation_number: Option<String>,
    }
}

/// Enters an organiser.
///
/// # Errors
/// A failure of the database.
pub fn insert(tx: &mut Tx<'_>, id: OrganiserId, organiser: &Organiser) -> Result<(), Error> {
    let Organiser { name, organisation_number } = organiser;
    let now = tx.now();
    tx.insert(&[OrganiserRow {
        organiser_id: Uid::of(id),
        id: Uid::of(id),
        version: 1,
        created_at: now,
        modified_at: now,
        withdrawn_at: None,
        name: name.as_str().to_owned(),
        organisation_number: organisation_number.as_ref().map(|number| number.as_digits().to_owned()),
    }])
}
