//! The raw driver on SQLite: a small pool of readers and one writer, each with its prepared statements.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{
    Connection, OpenFlags, Transaction, TransactionBehavior, params, params_from_iter, types::Value,
};
use serde::de::DeserializeOwned;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::{
    Asked,
    class::{self, REGISTER},
    roster::{Period, Row, SCOPE, SQLITE},
};
use crate::{Failure, data::Columns};

/// SQLite numbers its parameters with another sign.
static SCOPE_SQL: LazyLock<String> = LazyLock::new(|| SCOPE.replace('$', "?"));
static PAGE_SQL: LazyLock<String> = LazyLock::new(|| SQLITE.replace('$', "?"));
static REGISTER_SQL: LazyLock<String> = LazyLock::new(|| REGISTER.replace('$', "?"));

/// Connections that only read, and one that writes.
pub struct Pool {
    free: Mutex<Vec<Connection>>,
    writer: Mutex<Connection>,
    permits: Arc<Semaphore>,
    today: NaiveDate,
}

impl Pool {
    /// Opens so many.
    pub fn open(path: &str, size: usize, today: NaiveDate) -> Result<Self, Failure> {
        let free = (0..size).map(|_| open(path, READER)).collect::<Result<_, _>>()?;
        let writer = Mutex::new(open(path, WRITER)?);
        Ok(Self { free: Mutex::new(free), writer, permits: Arc::new(Semaphore::new(size)), today })
    }

    /// The right to one of them.
    pub async fn permit(&self) -> Result<OwnedSemaphorePermit, AcquireError> {
        Arc::clone(&self.permits).acquire_owned().await
    }

    /// The rows of a page.
    pub fn roster(&self, asked: Asked) -> Result<Vec<Row>, Failure> {
        let connection = self.lock().pop().ok_or("no connection is free")?;
        let rows = roster(&connection, asked, self.today);
        self.lock().push(connection);
        rows
    }

    /// Saves a class in one transaction; the register's version.
    pub fn save(&self, asked: Asked, now: DateTime<Utc>, rows: &[class::Row]) -> Result<i64, Failure> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version = save(&transaction, asked, now, rows)?;
        transaction.commit()?;
        Ok(version)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As the server's readers, and as its writer.
const READER: &str = "PRAGMA query_only = ON; PRAGMA cache_size = -4000";
const WRITER: &str = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 4000; \
                      PRAGMA cache_size = -16000";

fn open(path: &str, pragmas: &str) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.execute_batch("PRAGMA busy_timeout = 5000")?;
    connection.execute_batch(pragmas)?;
    Ok(connection)
}

fn save(
    transaction: &Transaction<'_>,
    (organiser, account, lesson): Asked,
    now: DateTime<Utc>,
    rows: &[class::Row],
) -> Result<i64, Failure> {
    let blob = |id: Uuid| Value::from(id.as_bytes().to_vec());
    let common = [blob(organiser), blob(lesson), Value::from(now.timestamp_micros()), blob(account)];
    let mut register = transaction.prepare_cached(&REGISTER_SQL)?;
    let version = register.query_row(params_from_iter(&common), |row| row.get(0))?;
    let own = rows.iter().flat_map(|class::Row { id, person, columns }| {
        let Columns { mark, late, left_early, missed_authorised, present, authorised, unauthorised, other } =
            *columns;
        [
            blob(*id),
            blob(*person),
            Value::from(mark.to_owned()),
            Value::from(late),
            Value::from(left_early),
            Value::from(missed_authorised),
            Value::from(present),
            Value::from(authorised),
            Value::from(unauthorised),
            Value::from(other),
        ]
    });
    let values: Vec<Value> = common.iter().cloned().chain(own).collect();
    transaction.prepare_cached(&class::sqlite(rows.len()))?.execute(params_from_iter(&values))?;
    Ok(version)
}

fn roster(connection: &Connection, asked: Asked, today: NaiveDate) -> Result<Vec<Row>, Failure> {
    let (organiser, account, offering) = asked;
    let mut scope = connection.prepare_cached(&SCOPE_SQL)?;
    let mut roles = scope.query(params![
        organiser.as_bytes().as_slice(),
        account.as_bytes().as_slice(),
        Uuid::nil().as_bytes().as_slice(),
        today.to_string()
    ])?;
    let role: Option<String> = roles.next()?.ok_or("there is no such account")?.get(4)?;
    role.ok_or("the account has no role")?;
    let mut page = connection.prepare_cached(&PAGE_SQL)?;
    let mut rows = page.query(params![organiser.as_bytes().as_slice(), offering.as_bytes().as_slice()])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(row)?);
    }
    Ok(all)
}

fn read(row: &rusqlite::Row<'_>) -> Result<Row, Failure> {
    let id = |place| -> Result<Uuid, Failure> { Ok(Uuid::from_slice(row.get_ref(place)?.as_blob()?)?) };
    let instant = |place| -> Result<DateTime<Utc>, Failure> {
        DateTime::from_timestamp_micros(row.get(place)?).ok_or_else(|| "an instant is too far".into())
    };
    let day = |place| -> Result<NaiveDate, Failure> { Ok(row.get_ref(place)?.as_str()?.parse()?) };
    let held = match row.get_ref(14)? {
        rusqlite::types::ValueRef::Null => None,
        _ => Some(Period { from: day(14)?, to: day(15)? }),
    };
    Ok(Row {
        id: id(1)?,
        version: row.get(2)?,
        created_at: instant(3)?,
        modified_at: instant(4)?,
        person_id: id(6)?,
        offering_id: id(7)?,
        period: Period { from: day(8)?, to: day(9)? },
        state: row.get(10)?,
        held,
        breaks: json(row, 16)?,
        pace: json(row, 17)?,
        funding: json(row, 18)?,
        origin: row.get(19)?,
        given_name: row.get(20)?,
        family_name: row.get(22)?,
        preferred_given_name: row.get(23)?,
    })
}

fn json<T: DeserializeOwned>(row: &rusqlite::Row<'_>, place: usize) -> Result<T, Failure> {
    Ok(serde_json::from_str(row.get_ref(place)?.as_str()?)?)
}
