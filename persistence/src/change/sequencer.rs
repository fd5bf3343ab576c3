//! Gives each committed change the next position, and seals it.

use std::collections::BTreeMap;

use diesel::{dsl::max, prelude::*, sql_types::BigInt};
use serde_json::json;
use uuid::Uuid;

use super::{
    fact::{FACT_COLUMNS, FactRow},
    seal::{hash_of, seal_of},
};
use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        rows::{Cell, OnConflict, load, write_rows},
        tx::Tx,
        types::{Json, Uid},
    },
    schema::changes,
};

/// The most changes in one pass, and so in one seal.
pub const LARGEST_PASS: i64 = 1000;

/// The lock that lets one sequencer of all servers work at a time.
const LOCK: i64 = 0x736b_6f6c_6875_7302;

/// Whether there are changes without a position.
///
/// # Errors
/// A failure of the database.
pub fn is_behind(connection: &mut DatabaseConnection) -> Result<bool, Error> {
    let waiting = changes::table.filter(changes::position.is_null());
    Ok(diesel::select(diesel::dsl::exists(waiting)).get_result(connection)?)
}

/// One pass: positions and seals for at most [`LARGEST_PASS`] changes; returns how many.
/// None when another server is at it.
///
/// The order is that of arrival among the changes committed by now. A change that arrived
/// earlier and is committed later gets a later position, so a reader that has read up to a
/// position never finds one below it. Of two changes of one record the earlier always comes
/// first, because the later transaction could begin its change only after the earlier
/// had committed.
///
/// # Errors
/// A failure of the database.
pub fn pass(tx: &mut Tx<'_>) -> Result<usize, Error> {
    if !tx.alone(LOCK)? {
        return Ok(0);
    }
    let last: Option<i64> = changes::table.select(max(changes::position)).first(tx.connection())?;
    // One statement chooses and numbers: what commits between two statements cannot come in.
    let text = format!(
        "UPDATE changes SET position = chosen.place FROM (\
            SELECT arrival, $1 + row_number() OVER (ORDER BY arrival) AS place FROM (\
                SELECT arrival FROM changes WHERE position IS NULL ORDER BY arrival LIMIT {LARGEST_PASS}) waiting) chosen \
         WHERE changes.arrival = chosen.arrival RETURNING {FACT_COLUMNS}"
    );
    let mut facts: Vec<FactRow> = load(tx.connection(), text, vec![last.unwrap_or(0).into()])?;
    facts.sort_by_key(|fact| fact.position);
    seal(tx, &facts)?;
    Ok(facts.len())
}

#[derive(QueryableByName)]
struct LastSeal {
    #[diesel(sql_type = crate::core::types::Guid)]
    organiser_id: Uid,
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = diesel::sql_types::Text)]
    seal: String,
}

fn seal(tx: &mut Tx<'_>, facts: &[FactRow]) -> Result<(), Error> {
    let mut chains: BTreeMap<Uuid, Vec<&FactRow>> = BTreeMap::new();
    for fact in facts {
        chains.entry(fact.organiser_id.0).or_default().push(fact);
    }
    if chains.is_empty() {
        return Ok(());
    }
    let mut last = last_seals(tx.connection(), chains.keys().copied())?;
    let now = tx.now();
    let rows = chains
        .into_iter()
        .map(|(organiser, facts)| {
            let (number, previous) = last.remove(&organiser).unwrap_or_default();
            let positions: Vec<i64> = facts.iter().filter_map(|fact| fact.position).collect();
            let hashes: Vec<String> = facts.iter().map(|fact| hash_of(fact)).collect();
            let seal = seal_of(&previous, number + 1, organiser, now, &positions, &hashes);
            vec![
                Uid(organiser).into(),
                (number + 1).into(),
                now.into(),
                Json(json!(positions)).into(),
                Json(json!(hashes)).into(),
                previous.into(),
                seal.into(),
            ]
        })
        .collect();
    let columns = ["organiser_id", "number", "sealed_at", "positions", "hashes", "previous_seal", "seal"];
    write_rows(tx.connection(), "change_seals", &columns, rows, OnConflict::Refuse)?;
    Ok(())
}

/// The latest seal of each organiser, with its number.
fn last_seals(
    connection: &mut DatabaseConnection,
    organisers: impl Iterator<Item = Uuid>,
) -> Result<BTreeMap<Uuid, (i64, String)>, Error> {
    let cells: Vec<Cell> = organisers.map(|organiser| Uid(organiser).into()).collect();
    let places: Vec<String> = (1..=cells.len()).map(|place| format!("${place}")).collect();
    let text = format!(
        "SELECT s.organiser_id, s.number, s.seal FROM change_seals s JOIN (\
            SELECT organiser_id, max(number) AS number FROM change_seals WHERE organiser_id IN ({}) GROUP BY organiser_id) l \
         ON l.organiser_id = s.organiser_id AND l.number = s.number",
        places.join(", ")
    );
    let seals: Vec<LastSeal> = load(connection, text, cells)?;
    Ok(seals.into_iter().map(|last| (last.organiser_id.0, (last.number, last.seal))).collect())
}
