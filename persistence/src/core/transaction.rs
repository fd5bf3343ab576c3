//! Reads on both databases, and writes on PostgreSQL. (SQLite's writes: `writer.rs`.)

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use diesel::r2d2::{Pool, PooledConnection};
use skolhus_domain::access::{Caller, Identity, Scope};

use super::{
    connection::DatabaseConnection,
    error::{Error, Failure, of_commit},
    instrument::Statements,
    reader::Manager,
    scope,
    tx::{TransactionSeed, Tx},
};

/// How often a write that met another runs again, all within the deadline.
const MOST_ATTEMPTS: u32 = 10;

/// Takes a connection and begins a transaction on it. A connection that died since its
/// last use is replaced: nothing had been begun on it.
fn begin(
    pool: &Pool<Manager>,
    sql: impl Fn(&DatabaseConnection, Duration) -> String,
    deadline: Instant,
) -> Result<PooledConnection<Manager>, Error> {
    for _ in 0..=pool.max_size() {
        let patience = deadline.saturating_duration_since(Instant::now());
        if patience.is_zero() {
            break;
        }
        let mut held = pool.get_timeout(patience).map_err(|_| Error::Unavailable("no connection in time"))?;
        held.witness.reset();
        let statement = sql(&held.connection, patience);
        match held.control(&statement) {
            Ok(()) => return Ok(held),
            Err(error) => {
                held.broken = true;
                tracing::warn!(%error, "a connection was lost; taking another");
            }
        }
    }
    Err(Error::Unavailable("no connection in time"))
}

/// What stops a statement that would outlive its request. People's requests are alike, and a connection keeps the plans of
/// their statements; the program's own work goes through many rows at a time, while tables grow under it, and is planned
/// for what it is given. Nothing is compiled: the longest statement, a page of the audit trail with its forty kinds of
/// object, takes 30 milliseconds, and its compilation took 8 seconds.
fn limits(caller: &Caller, patience: Duration) -> String {
    let milliseconds = patience.as_millis().max(1);
    let plans = match caller.identity {
        Identity::System(_) => "force_custom_plan",
        Identity::Account(..) | Identity::Client(_) => "auto",
    };
    format!(
        "SET LOCAL statement_timeout = {milliseconds}; SET LOCAL lock_timeout = {milliseconds}; \
         SET LOCAL plan_cache_mode = {plans}; SET LOCAL jit = off"
    )
}

/// Runs a use-case that only reads, in one snapshot.
pub(crate) fn read<T, E: Failure>(
    pool: &Pool<Manager>,
    caller: &Caller,
    deadline: Instant,
    job: &(dyn Fn(&mut DatabaseConnection, &Scope) -> Result<T, E> + Send + Sync),
) -> Result<T, E> {
    let start = |connection: &DatabaseConnection, patience| {
        if connection.is_postgres() {
            format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {}", limits(caller, patience))
        } else {
            "BEGIN".to_owned()
        }
    };
    let mut held = begin(pool, start, deadline).map_err(E::from)?;
    let result = scope::load(&mut held.connection, caller)
        .map_err(E::from)
        .and_then(|scope| job(&mut held.connection, &scope));
    // Nothing was written, so rolling back and committing are the same; a rollback also
    // works after an error.
    held.roll_back();
    result
}

/// Runs a use-case that writes, in a READ COMMITTED transaction.
pub(crate) fn write<T, E: Failure>(
    pool: &Pool<Manager>,
    caller: &Caller,
    seed: TransactionSeed,
    deadline: Instant,
    job: &(dyn Fn(&mut Tx<'_>, &Scope) -> Result<T, E> + Send + Sync),
) -> Result<T, E> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let start = |_: &DatabaseConnection, patience| format!("BEGIN; {}", limits(caller, patience));
        let mut held = begin(pool, start, deadline).map_err(E::from)?;
        let timed = Timed { begun: Instant::now(), statements: Arc::clone(&held.statements) };
        match attempt_write(&mut held.connection, caller, seed, job) {
            Ok(value) if held.witness.failed() => {
                held.roll_back();
                drop(value);
                return Err(
                    Error::Internal("the use-case went on after a refused statement".to_owned()).into()
                );
            }
            Ok(value) => {
                return match held.control("COMMIT") {
                    Ok(()) => Ok(value),
                    Err(error) => {
                        held.broken = true;
                        tracing::warn!(%error, "a commit was not confirmed");
                        Err(of_commit(error).into())
                    }
                };
            }
            Err(error) => {
                held.roll_back();
                drop(timed);
                let again = error.database().is_some_and(Error::may_run_again);
                if !again || attempt >= MOST_ATTEMPTS || Instant::now() >= deadline {
                    return Err(error);
                }
            }
        }
    }
}

/// Notes how long a write transaction took, however it ends.
struct Timed {
    begun: Instant,
    statements: Arc<Statements>,
}

impl Drop for Timed {
    fn drop(&mut self) {
        self.statements.wrote(self.begun.elapsed());
    }
}

/// Scope, use-case and change log: what stands between BEGIN and COMMIT, on both databases.
pub(crate) fn attempt_write<T, E: Failure>(
    connection: &mut DatabaseConnection,
    caller: &Caller,
    seed: TransactionSeed,
    job: &(dyn Fn(&mut Tx<'_>, &Scope) -> Result<T, E> + Send + Sync),
) -> Result<T, E> {
    let scope = scope::load(connection, caller).map_err(E::from)?;
    let mut tx = Tx::new(connection, scope.clone(), seed);
    let value = job(&mut tx, &scope)?;
    tx.flush().map_err(E::from)?;
    Ok(value)
}
