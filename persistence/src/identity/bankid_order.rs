//! Logins with BankID on their way. They belong to no organiser yet, and only to the program itself.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    id::BankidLoginId,
    identity::bankid::{Hint, OrderState},
};

use super::only_the_program;
use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        housekeeping,
        rows::{OnConflict, write_rows},
        tx::Tx,
        types::{Ts, Uid},
    },
    schema::bankid_orders as table,
};

/// A login on its way.
#[derive(Clone)]
pub struct BankidOrder {
    /// Its id.
    pub id: BankidLoginId,
    /// The hash of the secret that whoever began it holds.
    pub secret_hash: String,
    /// What may still be done with it.
    pub state: OrderState,
    /// What was said of it last.
    pub hint: Hint,
    /// What the state needs, sealed: what BankID knows it by, or who may be chosen. Empty when it is over.
    pub sealed: String,
    /// When BankID took it, from which its QR codes count.
    pub started_at: DateTime<Utc>,
    /// When BankID was asked last how it goes.
    pub collected_at: Option<DateTime<Utc>>,
    /// Until when something can become of it.
    pub expires_at: DateTime<Utc>,
}

/// A step of an order from one state to another.
#[derive(Clone)]
pub struct Step {
    /// The state that it leaves.
    pub from: OrderState,
    /// The state that it comes to.
    pub to: OrderState,
    /// What is said of it then.
    pub hint: Hint,
    /// What the new state needs, sealed.
    pub sealed: String,
    /// Until when something can become of it then.
    pub expires_at: DateTime<Utc>,
}

/// Keeps a new order.
///
/// # Errors
/// A denial; a failure of the database.
pub fn insert(tx: &mut Tx<'_>, scope: &Scope, order: &BankidOrder) -> Result<(), Error> {
    only_the_program(scope)?;
    let BankidOrder { id, secret_hash, state, hint, sealed, started_at, collected_at, expires_at } = order;
    let row = vec![
        Uid::of(*id).into(),
        secret_hash.clone().into(),
        state.code().to_owned().into(),
        hint.code().to_owned().into(),
        sealed.clone().into(),
        Ts::of(*started_at).into(),
        collected_at.map(Ts::of).into(),
        Ts::of(*expires_at).into(),
    ];
    let columns =
        ["id", "secret_hash", "state", "hint", "sealed", "started_at", "collected_at", "expires_at"];
    write_rows(tx.connection(), "bankid_orders", &columns, vec![row], OnConflict::Refuse)?;
    Ok(())
}

/// One order.
///
/// # Errors
/// A denial; a failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: BankidLoginId,
) -> Result<Option<BankidOrder>, Error> {
    only_the_program(scope)?;
    type Row = (String, String, String, String, Ts, Option<Ts>, Ts);
    let row: Option<Row> = table::table
        .find(Uid::of(id))
        .select((
            table::secret_hash,
            table::state,
            table::hint,
            table::sealed,
            table::started_at,
            table::collected_at,
            table::expires_at,
        ))
        .first(connection)
        .optional()?;
    let Some((secret_hash, state, hint, sealed, started_at, collected_at, expires_at)) = row else {
        return Ok(None);
    };
    let unknown = |detail: &str| Error::Inconsistent {
        table: "bankid_orders",
        id: id.to_string(),
        detail: detail.to_owned(),
    };
    Ok(Some(BankidOrder {
        id,
        secret_hash,
        state: OrderState::from_code(&state).ok_or_else(|| unknown("an unknown state"))?,
        hint: Hint::from_code(&hint).ok_or_else(|| unknown("an unknown hint"))?,
        sealed,
        started_at: started_at.0,
        collected_at: collected_at.map(|instant| instant.0),
        expires_at: expires_at.0,
    }))
}

/// Takes the turn to ask BankID, if nobody has taken it since the instant: of all servers and requests one asks at a
/// time. Nobody has to give it back.
///
/// # Errors
/// A denial; a failure of the database.
pub fn take_turn(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: BankidLoginId,
    not_since: DateTime<Utc>,
) -> Result<bool, Error> {
    only_the_program(scope)?;
    let now = tx.now();
    let free = table::table
        .filter(table::id.eq(Uid::of(id)))
        .filter(table::state.eq(OrderState::Pending.code()))
        .filter(table::collected_at.is_null().or(table::collected_at.le(Ts::of(not_since))));
    Ok(diesel::update(free).set(table::collected_at.eq(Some(now))).execute(tx.connection())? == 1)
}

/// Notes what BankID says of an order that goes on.
///
/// # Errors
/// A denial; a failure of the database.
pub fn note_hint(tx: &mut Tx<'_>, scope: &Scope, id: BankidLoginId, hint: Hint) -> Result<(), Error> {
    only_the_program(scope)?;
    let pending =
        table::table.filter(table::id.eq(Uid::of(id))).filter(table::state.eq(OrderState::Pending.code()));
    diesel::update(pending).set(table::hint.eq(hint.code())).execute(tx.connection())?;
    Ok(())
}

/// Moves an order on. Of any number of parallel steps from one state exactly one is taken; false for the others.
///
/// # Errors
/// A denial; a failure of the database.
pub fn step(tx: &mut Tx<'_>, scope: &Scope, id: BankidLoginId, step: &Step) -> Result<bool, Error> {
    only_the_program(scope)?;
    let Step { from, to, hint, sealed, expires_at } = step;
    let there = table::table.filter(table::id.eq(Uid::of(id))).filter(table::state.eq(from.code()));
    let moved = diesel::update(there)
        .set((
            table::state.eq(to.code()),
            table::hint.eq(hint.code()),
            table::sealed.eq(sealed),
            table::expires_at.eq(Ts::of(*expires_at)),
        ))
        .execute(tx.connection())?;
    Ok(moved == 1)
}

/// Forgets orders whose time was over before the instant, at most `most` of them; returns how many.
///
/// # Errors
/// A failure of the database.
pub fn forget(tx: &mut Tx<'_>, over_before: DateTime<Utc>, most: u32) -> Result<usize, Error> {
    let cells = vec![Ts::of(over_before).into()];
    housekeeping::forget(tx, "bankid_orders", "id", "expires_at < $1", cells, most)
}
