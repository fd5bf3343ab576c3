//! Purging the details of changes, under a decision that the log itself records: the facts
//! and the seals stay, and verifying still holds.

use diesel::prelude::*;
use skolhus_domain::access::Scope;
use uuid::Uuid;

use crate::{
    core::{error::Error, record::record, rows::execute, tx::Tx, types::Uid},
    schema::changes,
};

/// The word under which the log notes a purge; its own details are never purged.
pub(crate) const ENTITY: &str = "detail purge";

record! {
    /// A purge's row.
    pub(crate) struct DetailPurgeRow in detail_purges as "detail purge" {
        first_position: i64,
        last_position: i64,
        reason: String,
    }
}

/// Removes the details of the organiser's changes at these positions (both included);
/// returns how many. `reason` names the retention rule or decision, and no person.
///
/// # Errors
/// A failure of the database.
pub fn purge_details(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: Uuid,
    first_position: i64,
    last_position: i64,
    reason: &str,
) -> Result<usize, Error> {
    let organiser_id = Uid::of(scope.organiser());
    let newest: Option<i64> = changes::table
        .filter(changes::organiser_id.eq(organiser_id))
        .select(diesel::dsl::max(changes::position))
        .first(tx.connection())?;
    // Only what is sealed: a position given later must not fall within an older decision.
    let last_position = last_position.min(newest.unwrap_or(0));
    let now = tx.now();
    tx.insert(&[DetailPurgeRow {
        organiser_id,
        id: Uid(id),
        version: 1,
        created_at: now,
        modified_at: now,
        withdrawn_at: None,
        first_position,
        last_position,
        reason: reason.to_owned(),
    }])?;
    let text = "DELETE FROM change_details WHERE EXISTS (SELECT 1 FROM changes c \
        WHERE c.transaction_id = change_details.transaction_id AND c.ordinal = change_details.ordinal \
        AND c.organiser_id = $1 AND c.position BETWEEN $2 AND $3 AND c.entity <> 'detail purge')";
    let cells = vec![organiser_id.into(), first_position.into(), last_position.into()];
    Ok(execute(tx.connection(), text.to_owned(), cells)?)
}
