//! Opening connections, and the pool of them.

use std::{path::Path, sync::Arc, time::Duration};

use diesel::{
    Connection as _, ConnectionError, PgConnection, SqliteConnection,
    r2d2::{ManageConnection, Pool},
};

use super::{
    address::Address,
    connection::DatabaseConnection,
    error::Error,
    instrument::{Meter, Statements, Witness},
    uniqueness,
};

/// What a SQLite connection is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    Read,
    Write,
}

/// A connection with what it tells about itself.
pub(crate) struct Held {
    pub(crate) connection: DatabaseConnection,
    pub(crate) witness: Witness,
    pub(crate) statements: Arc<Statements>,
    /// Set when the connection can no longer be trusted; the pool then closes it.
    pub(crate) broken: bool,
}

impl Held {
    /// Runs transaction control, which does not count as a statement.
    pub(crate) fn control(&mut self, sql: &str) -> Result<(), Error> {
        self.statements.control();
        self.connection.batch(sql).map_err(Error::from)
    }

    /// Ends the transaction without keeping anything; a connection that cannot even do
    /// that is given up.
    pub(crate) fn roll_back(&mut self) {
        if self.control("ROLLBACK").is_err() {
            self.broken = true;
        }
    }
}

/// Opens a connection, ready for use.
pub(crate) fn open(
    address: &Address,
    purpose: Purpose,
    statements: &Arc<Statements>,
) -> Result<Held, ConnectionError> {
    let witness = Witness::default();
    let mut connection = match address {
        Address::Sqlite(path) => DatabaseConnection::Sqlite(open_sqlite(path, purpose)?),
        Address::Postgres(url) => {
            DatabaseConnection::Postgres(PgConnection::establish(url).map_err(|error| hide_address(&error))?)
        }
    };
    connection.set_instrumentation(Meter { statements: Arc::clone(statements), witness: witness.clone() });
    Ok(Held { connection, witness, statements: Arc::clone(statements), broken: false })
}

/// libpq repeats parts of the address in its messages; the log gets the reason only.
fn hide_address(error: &ConnectionError) -> ConnectionError {
    let text = error.to_string();
    let reason = text.rsplit("failed: ").next().unwrap_or("no reason given");
    ConnectionError::BadConnection(format!("PostgreSQL refused the connection: {reason}"))
}

fn open_sqlite(path: &Path, purpose: Purpose) -> Result<SqliteConnection, ConnectionError> {
    let name = path
        .to_str()
        .ok_or_else(|| ConnectionError::InvalidConnectionUrl("the path is not UTF-8".to_owned()))?;
    let mut connection = SqliteConnection::establish(name)?;
    // FULL: an acknowledged write survives a power cut; group commit pays for it.
    let settings = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                    PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;";
    // Pages that a reader has not kept, the operating system has: with a large cache in every reader the
    // program would hold the same pages many times over.
    let only = match purpose {
        Purpose::Read => "PRAGMA query_only = ON; PRAGMA cache_size = -4000;",
        Purpose::Write => "PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -16000;",
    };
    diesel::connection::SimpleConnection::batch_execute(&mut connection, &format!("{settings}{only}"))
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    if purpose == Purpose::Write {
        uniqueness::learn(&mut connection).map_err(ConnectionError::CouldntSetupConfiguration)?;
    }
    Ok(connection)
}

/// Makes connections for the pool. There is no check on checkout: a dead connection
/// shows itself at BEGIN, before anything was done, and is replaced then.
pub(crate) struct Manager {
    pub(crate) address: Address,
    pub(crate) purpose: Purpose,
    pub(crate) statements: Arc<Statements>,
}

impl ManageConnection for Manager {
    type Connection = Held;
    type Error = ConnectionError;

    fn connect(&self) -> Result<Held, ConnectionError> {
        open(&self.address, self.purpose, &self.statements)
    }

    fn is_valid(&self, _held: &mut Held) -> Result<(), ConnectionError> {
        Ok(())
    }

    fn has_broken(&self, held: &mut Held) -> bool {
        held.broken || std::thread::panicking()
    }
}

/// Builds a pool that opens its first connection when it is first asked.
pub(crate) fn pool(manager: Manager, size: u32, patience: Duration) -> Pool<Manager> {
    Pool::builder()
        .max_size(size)
        .min_idle(Some(0))
        .test_on_check_out(false)
        .connection_timeout(patience)
        .idle_timeout(Some(Duration::from_secs(600)))
        .error_handler(Box::new(LogError))
        .build_unchecked(manager)
}

#[derive(Debug)]
struct LogError;

impl diesel::r2d2::HandleError<ConnectionError> for LogError {
    fn handle_error(&self, error: ConnectionError) {
        tracing::warn!(%error, "no connection to the database");
    }
}
