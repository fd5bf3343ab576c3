//! What repeated requests are answered with: a technical table, kept 24 hours.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::{
    core::{
        error::Error,
        housekeeping::forget,
        rows::{OnConflict, write_rows},
        tx::Tx,
        types::{Json, Ts},
    },
    schema::idempotency_keys as table,
};

/// How long an answer is remembered, in hours.
pub const HOURS_KEPT: i64 = 24;

/// A key as a request brought it.
#[derive(Clone, Debug)]
pub struct Key {
    /// Whose request.
    pub caller: String,
    /// Which operation, with its path.
    pub operation: String,
    /// The key.
    pub key: String,
    /// SHA-256 of the body, in hexadecimal.
    pub body_hash: String,
}

/// What the first request was answered with.
#[derive(Clone, Debug)]
pub struct Earlier {
    /// SHA-256 of its body.
    pub body_hash: String,
    /// The status it was answered with.
    pub status: u16,
    /// How to find what it made.
    pub made: serde_json::Value,
}

/// The answer to the same request, if it was made within the last 24 hours.
///
/// # Errors
/// A failure of the database.
pub fn find(tx: &mut Tx<'_>, key: &Key) -> Result<Option<Earlier>, Error> {
    let oldest = Ts::of(tx.scope().now() - chrono::Duration::hours(HOURS_KEPT));
    let row: Option<(String, i32, Json)> = table::table
        .find((&key.caller, &key.operation, &key.key))
        .filter(table::created_at.gt(oldest))
        .select((table::body_hash, table::status, table::made))
        .first(tx.connection())
        .optional()?;
    Ok(row.map(|(body_hash, status, made)| Earlier {
        body_hash,
        status: u16::try_from(status).unwrap_or(200),
        made: made.0,
    }))
}

/// Remembers the answer, in the transaction that made it. Two requests that race with one
/// key collide here, and the later runs again and finds the earlier's answer.
///
/// # Errors
/// A failure of the database.
pub fn remember(tx: &mut Tx<'_>, key: &Key, status: u16, made: &serde_json::Value) -> Result<(), Error> {
    let now = Ts::of(tx.scope().now());
    let oldest = now.0 - chrono::Duration::hours(HOURS_KEPT);
    let cells = vec![
        key.caller.clone().into(),
        key.operation.clone().into(),
        key.key.clone().into(),
        key.body_hash.clone().into(),
        i32::from(status).into(),
        Json(made.clone()).into(),
        now.into(),
    ];
    let columns = ["caller", "operation", "idempotency_key", "body_hash", "status", "made", "created_at"];
    let expired = format!("idempotency_keys.created_at <= {}", instant_literal(tx, oldest));
    let replace = OnConflict::Replace { key: &["caller", "operation", "idempotency_key"], only_if: &expired };
    let written = write_rows(tx.connection(), "idempotency_keys", &columns, vec![cells], replace)?;
    if written == 1 { Ok(()) } else { Err(Error::Collision("the same key at the same time".to_owned())) }
}

/// An instant as SQL text; it comes from the clock, never from a request.
fn instant_literal(tx: &mut Tx<'_>, instant: DateTime<Utc>) -> String {
    if tx.connection().is_postgres() {
        format!("TIMESTAMPTZ '{}'", instant.to_rfc3339())
    } else {
        instant.timestamp_micros().to_string()
    }
}

/// Forgets what is older than a day, at most `most` answers; returns how many.
///
/// # Errors
/// A failure of the database.
pub fn forget_old(tx: &mut Tx<'_>, most: u32) -> Result<usize, Error> {
    let oldest = Ts::of(tx.scope().now() - chrono::Duration::hours(HOURS_KEPT));
    let key = "caller, operation, idempotency_key";
    forget(tx, "idempotency_keys", key, "created_at <= $1", vec![oldest.into()], most)
}
