//! The raw driver on SQLite: a small pool of readers and one writer, each with its prepared statements.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{
    Connection, OpenFlags, Transaction, TransactionBehavior, params, params_from_iter, types::Value,
};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::{
    Asked,
    class::{self, REGISTER},
    day::{self, Day, LessonRow},
    read::FromRow,
    roster::{Row, SCOPE, SQLITE},
};
use crate::{Failure, data::Columns};

/// SQLite numbers its parameters with another sign.
static SCOPE_SQL: LazyLock<String> = LazyLock::new(|| numbered(SCOPE));
static PAGE_SQL: LazyLock<String> = LazyLock::new(|| numbered(SQLITE));
static REGISTER_SQL: LazyLock<String> = LazyLock::new(|| numbered(REGISTER));
static LESSONS_SQL: LazyLock<String> = LazyLock::new(|| numbered(&day::lessons(false)));
static REGISTERS_SQL: LazyLock<String> = LazyLock::new(|| numbered(&day::registers(false)));

fn numbered(text: &str) -> String {
    (1..=4).fold(text.to_owned(), |text, number| text.replace(&format!("${number}"), &format!("?{number}")))
}

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
        self.read(|connection| roster(connection, asked, self.today))
    }

    /// A teacher's day.
    pub fn day(&self, asked: Asked) -> Result<Day, Failure> {
        self.read(|connection| day(connection, asked, self.today))
    }

    fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Failure>) -> Result<T, Failure> {
        let connection = self.lock().pop().ok_or("no connection is free")?;
        let found = read(&connection);
        self.lock().push(connection);
        found
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

/// Whether the account may see anything.
fn admit(connection: &Connection, organiser: Uuid, account: Uuid, today: NaiveDate) -> Result<(), Failure> {
    let mut scope = connection.prepare_cached(&SCOPE_SQL)?;
    let mut roles =
        scope.query(params![blob(organiser), blob(account), blob(Uuid::nil()), today.to_string()])?;
    let role: Option<String> = roles.next()?.ok_or("there is no such account")?.get(4)?;
    role.ok_or("the account has no role")?;
    Ok(())
}

fn roster(connection: &Connection, asked: Asked, today: NaiveDate) -> Result<Vec<Row>, Failure> {
    let (organiser, account, offering) = asked;
    admit(connection, organiser, account, today)?;
    let mut page = connection.prepare_cached(&PAGE_SQL)?;
    all(page.query(params![blob(organiser), blob(offering)])?)
}

fn day(connection: &Connection, asked: Asked, today: NaiveDate) -> Result<Day, Failure> {
    let (organiser, account, teacher) = asked;
    admit(connection, organiser, account, today)?;
    let parameters = [blob(organiser), blob(teacher), Value::from(today.to_string())];
    let mut statement = connection.prepare_cached(&LESSONS_SQL)?;
    let lessons: Vec<LessonRow> = all(statement.query(params_from_iter(&parameters))?)?;
    let places: Vec<String> = (4..4 + lessons.len()).map(|number| format!("?{number}")).collect();
    let text = REGISTERS_SQL.replace("AMONG_THESE", &format!("IN ({})", places.join(", ")));
    let parameters = parameters.into_iter().chain(lessons.iter().map(|lesson| blob(lesson.id)));
    let mut statement = connection.prepare_cached(&text)?;
    let expected = all(statement.query(params_from_iter(parameters))?)?;
    Ok(Day { lessons, expected })
}

fn all<T: FromRow>(mut rows: rusqlite::Rows<'_>) -> Result<Vec<T>, Failure> {
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(T::read(row)?);
    }
    Ok(all)
}

fn blob(id: Uuid) -> Value {
    Value::from(id.as_bytes().to_vec())
}
