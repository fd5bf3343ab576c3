//! Forgetting what technical tables no longer need: a bounded number of rows at a time, by one
//! server at a time.

use super::{
    error::Error,
    rows::{Cell, execute},
    tx::Tx,
};

/// The lock that lets one server of all do it at a time.
pub const LOCK: i64 = 0x736b_6f6c_6875_7305;

/// Whether it is this transaction's turn to forget; false when another server is at it.
///
/// # Errors
/// A failure of the database.
pub fn is_our_turn(tx: &mut Tx<'_>) -> Result<bool, Error> {
    tx.alone(LOCK)
}

/// Deletes at most `most` rows of a technical table, which the condition names with numbered
/// parameters; returns how many there were. The key may have several columns.
pub(crate) fn forget(
    tx: &mut Tx<'_>,
    table: &str,
    key: &str,
    condition: &str,
    cells: Vec<Cell>,
    most: u32,
) -> Result<usize, Error> {
    let text = format!(
        "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE {condition} LIMIT {most})"
    );
    Ok(execute(tx.connection(), text, cells)?)
}
