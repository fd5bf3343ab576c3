//! Controllers (personuppgiftsansvariga).

use skolhus_domain::{access::Scope, id::ControllerId, organisation::Controller};

use diesel::prelude::*;

use crate::{
    core::{connection::DatabaseConnection, error::Error, record::record, tx::Tx, types::Uid},
    schema::controllers,
};

record! {
    /// A controller's row.
    pub(crate) struct ControllerRow in controllers as "controller" {
        name: String,
        kind: String,
    }
}

/// Enters a controller.
///
/// # Errors
/// `controllers_name_key` when another has the name; a failure of the database.
pub fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ControllerId,
    controller: &Controller,
) -> Result<(), Error> {
    let Controller { name, kind } = controller;
    let now = tx.now();
    tx.insert(&[ControllerRow {
        organiser_id: Uid::of(scope.organiser()),
        id: Uid::of(id),
        version: 1,
        created_at: now,
        modified_at: now,
        withdrawn_at: None,
        name: name.as_str().to_owned(),
        kind: kind.code().to_owned(),
    }])
}

/// Whether there is such a controller.
///
/// # Errors
/// A failure of the database.
pub fn exists(connection: &mut DatabaseConnection, scope: &Scope, id: ControllerId) -> Result<bool, Error> {
    let found = controllers::table
        .find((Uid::of(scope.organiser()), Uid::of(id)))
        .filter(controllers::withdrawn_at.is_null());
    Ok(diesel::select(diesel::dsl::exists(found)).get_result(connection)?)
}
