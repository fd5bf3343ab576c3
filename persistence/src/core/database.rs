//! The handle through which everything reads and writes.

use std::{
    fs::File,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use diesel::r2d2::Pool;
use skolhus_domain::{
    access::{Caller, Scope},
    instant::{IdSource, Randomness},
};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::{
    address::Address,
    backup::{self, BackupError},
    connection::DatabaseConnection,
    error::{Error, Failure},
    instrument::Statements,
    reader::{Manager, Purpose, pool},
    table_sizes, transaction,
    tx::{TransactionSeed, Tx},
    writer::Writer,
};

/// How a database is opened.
#[derive(Clone)]
pub struct Options {
    /// Where it is.
    pub address: Address,
    /// Connections in the pool (on SQLite: readers), 1 or more.
    pub connections: u32,
    /// Requests that may wait for a connection, and writes that may wait for the writer.
    pub queue: usize,
    /// How long a request waits and works at the most.
    pub deadline: Duration,
    /// Gives transactions their ids.
    pub ids: Arc<dyn IdSource>,
    /// Gives the nonces of change details.
    pub randomness: Arc<dyn Randomness>,
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process owns the file.
    #[error("{0} is in use by another skolhus process")]
    InUse(PathBuf),
    /// The file or its lock could not be opened.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// A database: SQLite or PostgreSQL. Cheap to clone.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    pool: Pool<Manager>,
    /// SQLite's writer, with the lock that makes this process the owner of the file.
    writer: Option<(Writer, File)>,
    admission: Arc<Semaphore>,
    waiting: AtomicUsize,
    queue: usize,
    deadline: Duration,
    statements: Arc<Statements>,
    ids: Arc<dyn IdSource>,
    randomness: Arc<dyn Randomness>,
    address: Address,
    written: Notify,
}

impl Database {
    /// Opens a database whose schema is current. On SQLite this takes the file's lock
    /// and starts the writer; on PostgreSQL the first connection is made when needed.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(options: Options) -> Result<Self, OpenError> {
        let statements = Arc::new(Statements::default());
        let writer = match &options.address {
            Address::Sqlite(path) => {
                let lock = own(path)?;
                let writer = Writer::start(options.address.clone(), Arc::clone(&statements), options.queue)
                    .map_err(|source| OpenError::File { path: path.clone(), source })?;
                Some((writer, lock))
            }
            Address::Postgres(_) => None,
        };
        let manager = Manager {
            address: options.address.clone(),
            purpose: Purpose::Read,
            statements: Arc::clone(&statements),
        };
        let size = options.connections.max(1);
        Ok(Self(Arc::new(Inner {
            pool: pool(manager, size, options.deadline),
            writer,
            admission: Arc::new(Semaphore::new(usize::try_from(size).unwrap_or(1))),
            waiting: AtomicUsize::new(0),
            queue: options.queue,
            deadline: options.deadline,
            statements,
            ids: options.ids,
            randomness: options.randomness,
            address: options.address,
            written: Notify::new(),
        })))
    }

    /// Runs a use-case that only reads: one hop off the async worker, one snapshot. The
    /// caller's scope is its first statement.
    ///
    /// # Errors
    /// The use-case's own, or a failure of the database: [`Error::Unavailable`] when
    /// nothing was begun, [`Error::Denied`] when the scope does not permit it.
    pub async fn read<T, E, F>(&self, caller: &Caller, use_case: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: Failure,
        F: Fn(&mut DatabaseConnection, &Scope) -> Result<T, E> + Send + Sync + 'static,
    {
        let deadline = Instant::now() + self.0.deadline;
        let permit = self.admit(deadline).await.map_err(E::from)?;
        let (inner, caller) = (Arc::clone(&self.0), caller.clone());
        off_the_worker(move || {
            let _permit = permit;
            transaction::read(&inner.pool, &caller, deadline, &use_case)
        })
        .await
    }

    /// Runs a use-case that writes, in one transaction with its change log. It commits on
    /// `Ok` and keeps nothing on `Err`. The use-case may run more than once, so it makes
    /// no ids, instants or hashes of its own.
    ///
    /// # Errors
    /// As [`Database::read`]; [`Error::OutcomeUnknown`] when the connection was lost
    /// during commit.
    pub async fn write<T, E, F>(&self, caller: &Caller, use_case: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: Failure,
        F: Fn(&mut Tx<'_>, &Scope) -> Result<T, E> + Send + Sync + 'static,
    {
        let answer = self.write_unheard(caller, use_case).await;
        if answer.is_ok() {
            self.0.written.notify_one();
        }
        answer
    }

    /// Waits for a write of this process that nobody waited for yet: for the one worker that
    /// sees to the change log.
    pub async fn written(&self) {
        self.0.written.notified().await;
    }

    async fn write_unheard<T, E, F>(&self, caller: &Caller, use_case: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: Failure,
        F: Fn(&mut Tx<'_>, &Scope) -> Result<T, E> + Send + Sync + 'static,
    {
        let deadline = Instant::now() + self.0.deadline;
        let seed = self.seed();
        if let Some((writer, _)) = &self.0.writer {
            let answer = writer.send(caller.clone(), seed, deadline, Arc::new(use_case)).map_err(E::from)?;
            return match answer.await {
                Ok(answer) => answer,
                Err(_) => Err(Error::OutcomeUnknown.into()),
            };
        }
        let permit = self.admit(deadline).await.map_err(E::from)?;
        let (inner, caller) = (Arc::clone(&self.0), caller.clone());
        off_the_worker(move || {
            let _permit = permit;
            transaction::write(&inner.pool, &caller, seed, deadline, &use_case)
        })
        .await
    }

    /// What was run so far.
    #[must_use]
    pub fn statements(&self) -> &Statements {
        &self.0.statements
    }

    /// Whether a read that came now would be refused: no connection is free, and as many wait as may.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.0.waiting.load(Ordering::Relaxed) >= self.0.queue && self.0.admission.available_permits() == 0
    }

    /// For work that fills tables: lets the database know how large they have become, so that the statements of others go
    /// on being planned for what there is. Nothing on SQLite, whose plans are the same for every size.
    ///
    /// # Errors
    /// A failure of the database; nothing else depends on it.
    pub async fn count_grown_tables(&self, caller: &Caller) -> Result<(), Error> {
        if self.0.writer.is_some() {
            return Ok(());
        }
        self.write(caller, |tx, _| match tx.connection() {
            DatabaseConnection::Postgres(inner) => Ok(table_sizes::count_grown(inner)?),
            DatabaseConnection::Sqlite(_) => Ok(()),
        })
        .await
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.0.address
    }

    /// Copies the whole database to a new file while it is in use; the copy is whole, whatever is written meanwhile.
    ///
    /// # Errors
    /// See [`BackupError`]; where there is a file already, nothing is written.
    pub async fn backup(&self, target: PathBuf) -> Result<(), BackupError> {
        let address = self.0.address.clone();
        tokio::task::spawn_blocking(move || backup::copy(&address, &target))
            .await
            .map_err(|_| BackupError::Failed("it panicked".to_owned()))?
    }

    /// A fresh identifier, for what a use-case is about to make.
    #[must_use]
    pub fn fresh_id(&self) -> uuid::Uuid {
        self.0.ids.fresh()
    }

    /// Takes no more writes, finishes those waiting, and gives up the file, whoever still
    /// holds a handle. Call it off the async workers.
    pub fn stop(&self) {
        if let Some((writer, lock)) = &self.0.writer {
            writer.stop();
            if let Err(error) = lock.unlock() {
                tracing::warn!(%error, "the database's lock stays until the program ends");
            }
        }
    }

    fn seed(&self) -> TransactionSeed {
        let mut nonce_seed = [0; 32];
        self.0.randomness.fill(&mut nonce_seed);
        TransactionSeed { transaction: self.0.ids.fresh(), nonce_seed }
    }

    /// The admission limit: at most as many requests work as there are connections, and
    /// at most `queue` wait.
    async fn admit(&self, deadline: Instant) -> Result<OwnedSemaphorePermit, Error> {
        let waiting = Waiting::enter(&self.0.waiting);
        if waiting.place > self.0.queue && self.0.admission.available_permits() == 0 {
            return Err(Error::Unavailable("too many requests are waiting"));
        }
        let permit = Arc::clone(&self.0.admission).acquire_owned();
        match tokio::time::timeout_at(deadline.into(), permit).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(Error::Unavailable("the server is stopping")),
            Err(_) => Err(Error::Unavailable("no connection in time")),
        }
    }
}

/// Counts those in the queue, also when one gives up.
struct Waiting<'a> {
    counter: &'a AtomicUsize,
    place: usize,
}

impl<'a> Waiting<'a> {
    fn enter(counter: &'a AtomicUsize) -> Self {
        Self { counter, place: counter.fetch_add(1, Ordering::Relaxed) + 1 }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.counter.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn off_the_worker<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: Failure,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        // The panic's words may quote a person's data; where it was stands in the log already.
        Err(_) => {
            tracing::error!("a use-case panicked");
            Err(Error::Internal("a use-case panicked".to_owned()).into())
        }
    }
}

/// Takes the lock that makes this process the one owner of a SQLite file. The operating
/// system gives it back when the process ends, however it ends.
pub(crate) fn own(path: &std::path::Path) -> Result<File, OpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock_path = PathBuf::from(name);
    let failed = |source| OpenError::File { path: lock_path.clone(), source };
    let lock = File::options().create(true).truncate(false).write(true).open(&lock_path).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::InUse(path.to_owned())),
        Err(std::fs::TryLockError::Error(source)) => Err(OpenError::File { path: lock_path, source }),
    }
}

/// Asks the database for a sign of life.
///
/// # Errors
/// A failure of the database.
pub fn reachable(connection: &mut DatabaseConnection) -> Result<(), Error> {
    connection.batch("SELECT 1").map_err(Error::from)
}
