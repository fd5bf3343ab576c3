//! How often a login was tried lately. Attempts are counted before they are tried, so
//! that parallel ones cannot slip past the count; one that succeeds is taken back.

use chrono::Duration;
use diesel::prelude::*;

use crate::{
    core::{
        error::Error,
        housekeeping::forget,
        rows::{Cell, OnConflict, execute, write_rows},
        tx::Tx,
        types::Ts,
    },
    schema::throttles,
};

/// How long failures are remembered, in minutes.
const WINDOW_MINUTES: i64 = 60;

/// What attempts are counted for, and how many may fail before one must wait.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counter {
    /// A keyed hash: nobody reads from it for whom or from where.
    pub key: String,
    /// Failures within an hour before waiting begins, 1 or more.
    pub free: i32,
}

/// Whether an attempt may be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Attempt {
    /// It may, and is counted.
    Counted,
    /// Not before so many seconds have passed; it is not counted.
    Wait(u32),
}

struct State {
    key: String,
    window_started_at: Ts,
    attempts: i32,
    blocked_until: Option<Ts>,
}

/// Counts an attempt under every counter, unless one of them says to wait.
///
/// # Errors
/// A failure of the database.
pub fn attempt(tx: &mut Tx<'_>, counters: &[Counter]) -> Result<Attempt, Error> {
    let now = tx.now();
    let mut states = hold(tx, counters)?;
    let blocked = states.iter().filter_map(|state| state.blocked_until).max();
    if let Some(until) = blocked.filter(|until| *until > now) {
        let seconds = (until.0 - now.0).num_milliseconds().div_euclid(1000) + 1;
        return Ok(Attempt::Wait(u32::try_from(seconds).unwrap_or(u32::MAX)));
    }
    for state in &mut states {
        if state.window_started_at.0 + Duration::minutes(WINDOW_MINUTES) <= now.0 {
            (state.window_started_at, state.attempts) = (now, 0);
        }
        state.attempts = state.attempts.saturating_add(1);
        let free = counters.iter().find(|counter| counter.key == state.key).map_or(1, |counter| counter.free);
        state.blocked_until = wait(state.attempts, free).map(|wait| Ts::of(now.0 + wait));
    }
    save(tx, states)?;
    Ok(Attempt::Counted)
}

/// Takes an attempt back that succeeded. The first counter, which is for what was tried,
/// begins anew; the others only forget this one.
///
/// # Errors
/// A failure of the database.
pub fn succeeded(tx: &mut Tx<'_>, counters: &[Counter]) -> Result<(), Error> {
    let mut states = hold(tx, counters)?;
    for state in &mut states {
        let anew = counters.first().is_some_and(|counter| counter.key == state.key);
        state.attempts = if anew { 0 } else { (state.attempts - 1).max(0) };
        let free = counters.iter().find(|counter| counter.key == state.key).map_or(1, |counter| counter.free);
        if state.attempts < free {
            state.blocked_until = None;
        }
    }
    save(tx, states)
}

/// Takes an attempt back that neither failed nor succeeded: everything is as if it had not been made. It was let through,
/// so that nobody had to wait then.
///
/// # Errors
/// A failure of the database.
pub fn took_back(tx: &mut Tx<'_>, counters: &[Counter]) -> Result<(), Error> {
    let mut states = hold(tx, counters)?;
    for state in &mut states {
        state.attempts = (state.attempts - 1).max(0);
        state.blocked_until = None;
    }
    save(tx, states)
}

/// Forgets counters whose hour is over and for which nobody waits any more, at most `most` of
/// them; returns how many.
///
/// # Errors
/// A failure of the database.
pub fn forget_over(tx: &mut Tx<'_>, most: u32) -> Result<usize, Error> {
    let now = tx.now();
    let over = Ts::of(now.0 - Duration::minutes(WINDOW_MINUTES));
    let condition = "window_started_at < $1 AND (blocked_until IS NULL OR blocked_until < $2)";
    forget(tx, "throttles", "throttle_key", condition, vec![over.into(), now.into()], most)
}

/// How long to wait after so many failures: half a minute after the last free one, twice
/// as long after each further one, a quarter of an hour at the most.
fn wait(attempts: i32, free: i32) -> Option<Duration> {
    let beyond = u32::try_from(attempts.checked_sub(free)?).ok()?;
    Some(Duration::seconds((30_i64 << beyond.min(5)).min(900)))
}

/// The counters' states, made where they are missing, and held against parallel attempts.
fn hold(tx: &mut Tx<'_>, counters: &[Counter]) -> Result<Vec<State>, Error> {
    let mut keys: Vec<&str> = counters.iter().map(|counter| counter.key.as_str()).collect();
    // One order for all, so that nobody waits for each other.
    keys.sort_unstable();
    keys.dedup();
    for key in &keys {
        // Setting the key to itself takes the row's lock on PostgreSQL.
        let text = "INSERT INTO throttles (throttle_key, window_started_at, attempts) VALUES ($1, $2, 0) \
                    ON CONFLICT (throttle_key) DO UPDATE SET throttle_key = excluded.throttle_key";
        let now = tx.now();
        execute(tx.connection(), text.to_owned(), vec![(*key).to_owned().into(), now.into()])?;
    }
    type Row = (String, Ts, i32, Option<Ts>);
    let rows: Vec<Row> = throttles::table
        .filter(throttles::throttle_key.eq_any(keys))
        .select((
            throttles::throttle_key,
            throttles::window_started_at,
            throttles::attempts,
            throttles::blocked_until,
        ))
        .load(tx.connection())?;
    let state = |(key, window_started_at, attempts, blocked_until): Row| State {
        key,
        window_started_at,
        attempts,
        blocked_until,
    };
    Ok(rows.into_iter().map(state).collect())
}

fn save(tx: &mut Tx<'_>, states: Vec<State>) -> Result<(), Error> {
    let rows = states.into_iter().map(|state| -> Vec<Cell> {
        let State { key, window_started_at, attempts, blocked_until } = state;
        vec![key.into(), window_started_at.into(), attempts.into(), blocked_until.into()]
    });
    let columns = ["throttle_key", "window_started_at", "attempts", "blocked_until"];
    let replace = OnConflict::Replace { key: &["throttle_key"], only_if: "TRUE" };
    write_rows(tx.connection(), "throttles", &columns, rows.collect(), replace)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_begins_after_the_free_failures_and_grows() {
        assert_eq!(wait(4, 5), None);
        let seconds: Vec<i64> =
            (5..=11).filter_map(|attempts| wait(attempts, 5)).map(|wait| wait.num_seconds()).collect();
        assert_eq!(seconds, [30, 60, 120, 240, 480, 900, 900]);
    }
}
