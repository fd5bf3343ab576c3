//! SQLite's one writer: a thread that gathers the writes waiting at the moment into
//! one transaction (group commit), each in its own savepoint. The reply to each goes
//! out only after COMMIT, refusals too, because a refusal may rest on what an earlier
//! job of the same batch wrote.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use skolhus_domain::access::{Caller, Identity, Scope};
use tokio::sync::oneshot;

use super::{
    address::Address,
    error::{Error, Failure},
    instrument::Statements,
    reader::{self, Held, Purpose},
    transaction::attempt_write,
    tx::{TransactionSeed, Tx},
};

/// The most jobs in one transaction: enough to share the cost of a disk flush, few
/// enough that nobody waits long for the others.
const LARGEST_BATCH: usize = 64;
/// How long a transaction goes on taking waiting jobs: an import's chunk and the passes of the log's
/// consumers would otherwise hold the writer for all of them together.
const LONGEST_GATHERING: Duration = Duration::from_millis(50);
/// Whoever holds the writer for longer is named in the log.
const LONG: Duration = Duration::from_millis(200);

/// What a job says after it ran in its savepoint.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Keep what it wrote.
    Keep,
    /// Undo what it wrote; the others go on.
    Undo,
    /// The database failed under it; the whole batch stops.
    Fault,
}

/// A write waiting for its turn.
trait Job: Send {
    /// Runs it and remembers the answer.
    fn run(&mut self, held: &mut Held) -> Verdict;
    /// Sends the remembered answer.
    fn answer(self: Box<Self>);
    /// Sends a failure instead.
    fn fail(self: Box<Self>, error: Error);
    /// When the caller stops waiting.
    fn deadline(&self) -> Instant;
    /// The request it belongs to, and whose.
    fn whose(&self) -> (uuid::Uuid, &'static str);
}

type UseCase<T, E> = dyn Fn(&mut Tx<'_>, &Scope) -> Result<T, E> + Send + Sync;

struct Write<T, E> {
    caller: Caller,
    seed: TransactionSeed,
    use_case: Arc<UseCase<T, E>>,
    deadline: Instant,
    answer: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T: Send, E: Failure> Job for Write<T, E> {
    fn run(&mut self, held: &mut Held) -> Verdict {
        held.witness.reset();
        let connection = &mut held.connection;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            attempt_write(connection, &self.caller, self.seed, self.use_case.as_ref())
        }));
        let result = outcome.unwrap_or_else(|_| {
            tracing::error!(request = %self.caller.request, "a write panicked; it was undone");
            Err(Error::Internal("a write panicked".to_owned()).into())
        });
        let (verdict, result) = match result {
            _ if held.witness.faulted() => {
                let error = match result {
                    Err(error) if error.database().is_some() => error,
                    _ => Error::Internal("the use-case hid a failure of the database".to_owned()).into(),
                };
                (Verdict::Fault, Err(error))
            }
            Ok(_) if held.witness.failed() => {
                let error = Error::Internal("the use-case went on after a refused statement".to_owned());
                (Verdict::Undo, Err(error.into()))
            }
            Ok(value) => (Verdict::Keep, Ok(value)),
            // diesel tells the witness of failed statements, but not of reads that fail at a row.
            Err(error) if error.database().is_some_and(is_fault) => (Verdict::Fault, Err(error)),
            Err(error) => (Verdict::Undo, Err(error)),
        };
        self.answer = Some(result);
        verdict
    }

    fn answer(self: Box<Self>) {
        let answer = self
            .answer
            .unwrap_or_else(|| Err(Error::Internal("a write ended without an answer".to_owned()).into()));
        // The caller may have gone away; the write stands all the same.
        let _ = self.reply.send(answer);
    }

    fn fail(self: Box<Self>, error: Error) {
        let _ = self.reply.send(Err(error.into()));
    }

    fn deadline(&self) -> Instant {
        self.deadline
    }

    fn whose(&self) -> (uuid::Uuid, &'static str) {
        let whose = match self.caller.identity {
            Identity::System(what) => what,
            Identity::Account(..) => "account",
            Identity::Client(_) => "client",
        };
        (self.caller.request, whose)
    }
}

/// Whether the transaction under a job can no longer be relied on.
fn is_fault(error: &Error) -> bool {
    matches!(error, Error::Storage(_) | Error::Unavailable(_))
}

/// The way to the writer thread.
pub(crate) struct Writer {
    jobs: std::sync::Mutex<Option<SyncSender<Box<dyn Job>>>>,
    thread: std::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread. At most `queue` writes wait at a time.
    pub(crate) fn start(
        address: Address,
        statements: Arc<Statements>,
        queue: usize,
    ) -> std::io::Result<Self> {
        let (jobs, waiting) = sync_channel(queue.max(1));
        let mut worker = Worker { address, statements, held: None };
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || worker.serve(&waiting))?;
        Ok(Self { jobs: std::sync::Mutex::new(Some(jobs)), thread: std::sync::Mutex::new(Some(thread)) })
    }

    /// Hands a write over.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the queue is full or the writer has stopped: nothing was begun.
    pub(crate) fn send<T: Send + 'static, E: Failure>(
        &self,
        caller: Caller,
        seed: TransactionSeed,
        deadline: Instant,
        use_case: Arc<UseCase<T, E>>,
    ) -> Result<oneshot::Receiver<Result<T, E>>, Error> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Write { caller, seed, use_case, deadline, answer: None, reply });
        let jobs = self.jobs.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let jobs = jobs.ok_or(Error::Unavailable("the server is stopping"))?;
        jobs.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => Error::Unavailable("too many writes are waiting"),
            TrySendError::Disconnected(_) => Error::Unavailable("the writer has stopped"),
        })?;
        Ok(answer)
    }

    /// Takes no more writes, finishes those waiting, and ends the thread.
    pub(crate) fn stop(&self) {
        drop(self.jobs.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the writer thread panicked");
        }
    }
}

struct Worker {
    address: Address,
    statements: Arc<Statements>,
    held: Option<Held>,
}

impl Worker {
    fn serve(&mut self, waiting: &Receiver<Box<dyn Job>>) {
        while let Ok(first) = waiting.recv() {
            let mut batch = vec![first];
            while batch.len() < LARGEST_BATCH {
                match waiting.try_recv() {
                    Ok(next) => batch.push(next),
                    Err(_) => break,
                }
            }
            let now = Instant::now();
            let (late, batch): (Vec<_>, Vec<_>) = batch.into_iter().partition(|job| job.deadline() <= now);
            for job in late {
                job.fail(Error::Unavailable("the write waited too long"));
            }
            // A use-case that panics is caught where it runs. Should anything else panic, its batch
            // is lost, which its callers see; the thread goes on, or nothing would be written again.
            if catch_unwind(AssertUnwindSafe(|| self.commit_together(batch))).is_err() {
                tracing::error!("the writer panicked; it goes on with a new connection");
                self.give_up_connection();
            }
        }
    }

    /// Has the connection opened anew before the next transaction.
    fn give_up_connection(&mut self) {
        if let Some(held) = &mut self.held {
            held.broken = true;
        }
    }

    /// Runs the jobs in one transaction, or in a few when they take long; if the database fails
    /// under it, runs each of the others in a transaction of its own.
    fn commit_together(&mut self, mut batch: Vec<Box<dyn Job>>) {
        while !batch.is_empty() {
            match self.attempt(&mut batch) {
                Attempt::Committed(done) => batch.drain(..done.min(batch.len())).for_each(Job::answer),
                Attempt::FaultIn(number) => {
                    self.give_up_connection();
                    let culprit = (number < batch.len()).then(|| batch.remove(number));
                    if let Some(culprit) = culprit {
                        culprit.answer();
                    }
                    return self.commit_one_by_one(batch);
                }
                Attempt::NotCommitted(error) => {
                    self.give_up_connection();
                    if batch.len() == 1 {
                        return batch.into_iter().for_each(|job| job.fail(error.again()));
                    }
                    tracing::warn!(%error, "a batch was not committed; running its writes one by one");
                    return self.commit_one_by_one(batch);
                }
            }
        }
    }

    fn commit_one_by_one(&mut self, batch: Vec<Box<dyn Job>>) {
        for job in batch {
            // Each of those before it may have waited long for the database.
            if job.deadline() <= Instant::now() {
                job.fail(Error::Unavailable("the write waited too long"));
                continue;
            }
            let mut alone = vec![job];
            match self.attempt(&mut alone) {
                Attempt::Committed(_) => alone.into_iter().for_each(Job::answer),
                Attempt::FaultIn(_) => {
                    self.give_up_connection();
                    alone.into_iter().for_each(Job::answer);
                }
                Attempt::NotCommitted(error) => {
                    self.give_up_connection();
                    alone.into_iter().for_each(|job| job.fail(error.again()));
                }
            }
        }
    }

    fn attempt(&mut self, batch: &mut [Box<dyn Job>]) -> Attempt {
        let begun = Instant::now();
        let outcome = self.attempt_now(batch, begun);
        let held = begun.elapsed();
        self.statements.wrote(held);
        if held > LONG {
            let whose: Vec<_> = batch.iter().map(|job| job.whose()).collect();
            tracing::info!(milliseconds = held.as_millis(), ?whose, "a transaction held the writer for long");
        }
        outcome
    }

    /// Runs as many of the jobs as there is time for, at least one.
    fn attempt_now(&mut self, batch: &mut [Box<dyn Job>], begun: Instant) -> Attempt {
        let held = match self.connection() {
            Ok(held) => held,
            Err(error) => return Attempt::NotCommitted(error),
        };
        if let Err(error) = held.control("BEGIN IMMEDIATE") {
            return Attempt::NotCommitted(error);
        }
        let mut done = 0;
        for (number, job) in batch.iter_mut().enumerate() {
            if number > 0 && begun.elapsed() >= LONGEST_GATHERING {
                break;
            }
            done = number + 1;
            if let Err(error) = held.control("SAVEPOINT job") {
                held.roll_back();
                return Attempt::NotCommitted(error);
            }
            let ended = match job.run(held) {
                Verdict::Keep => held.control("RELEASE job"),
                Verdict::Undo => held.control("ROLLBACK TO job; RELEASE job"),
                Verdict::Fault => {
                    held.roll_back();
                    return Attempt::FaultIn(number);
                }
            };
            if let Err(error) = ended {
                held.roll_back();
                return Attempt::NotCommitted(error);
            }
        }
        match held.control("COMMIT") {
            Ok(()) => Attempt::Committed(done),
            Err(error) => {
                held.roll_back();
                Attempt::NotCommitted(error)
            }
        }
    }

    fn connection(&mut self) -> Result<&mut Held, Error> {
        let held = match self.held.take() {
            Some(held) if !held.broken => held,
            before => {
                // The one before is closed only when there is another: with the last connection SQLite
                // forgets how far its write-ahead log was committed, and then reads it anew, together
                // with what a COMMIT that failed may have left there.
                match reader::open(&self.address, Purpose::Write, &self.statements) {
                    Ok(held) => held,
                    Err(error) => {
                        self.held = before;
                        tracing::error!(%error, "the database file cannot be opened for writing");
                        let reason = "the database file cannot be opened for writing";
                        return Err(Error::Storage(reason.to_owned()));
                    }
                }
            }
        };
        Ok(self.held.insert(held))
    }
}

enum Attempt {
    /// So many of the jobs, from the first on.
    Committed(usize),
    /// The job of that number met a failure of the database; it remembers which.
    FaultIn(usize),
    NotCommitted(Error),
}

impl Error {
    /// The same failure once more, for the next job of a batch that met it.
    fn again(&self) -> Self {
        match self {
            Self::Storage(reason) => Self::Storage(reason.clone()),
            Self::Unavailable(reason) => Self::Unavailable(reason),
            other => Self::Internal(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use diesel::{Connection as _, SqliteConnection, connection::SimpleConnection};
    use skolhus_domain::id::{Id, OrganiserId};
    use uuid::Uuid;

    use super::*;

    struct Bench {
        writer: Writer,
        path: std::path::PathBuf,
        _folder: tempfile::TempDir,
    }

    impl Bench {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("skola.sqlite");
            crate::migrate(&Address::Sqlite(path.clone())).unwrap();
            let writer = Writer::start(Address::Sqlite(path.clone()), Arc::default(), 64).unwrap();
            Self { writer, path, _folder: folder }
        }

        fn send<T: Send + 'static>(
            &self,
            patience: Duration,
            use_case: impl Fn(&mut Tx<'_>, &Scope) -> Result<T, Error> + Send + Sync + 'static,
        ) -> oneshot::Receiver<Result<T, Error>> {
            let organiser: OrganiserId = Id::from_uuid(Uuid::from_u128(1));
            let caller = Caller::system("test", organiser, Uuid::from_u128(2), chrono::DateTime::UNIX_EPOCH);
            let seed = TransactionSeed { transaction: Uuid::from_u128(3), nonce_seed: [0; 32] };
            self.writer.send(caller, seed, Instant::now() + patience, Arc::new(use_case)).unwrap()
        }
    }

    /// Panics where the writer does not expect it: when an answer that nobody waits for is dropped.
    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                panic!("the bomb");
            }
        }
    }

    #[test]
    fn the_thread_survives_a_panic_of_its_own() {
        let bench = Bench::new();
        drop(bench.send(Duration::from_secs(5), |_, _| Ok(Bomb)));
        let mut answer = None;
        // The write right behind it may be lost in the same batch; the next one is not.
        for _ in 0..2 {
            answer = bench.send(Duration::from_secs(5), |_, _| Ok(7)).blocking_recv().ok();
        }
        assert!(matches!(answer, Some(Ok(7))));
        bench.writer.stop();
    }

    #[test]
    fn writes_that_waited_too_long_are_not_tried_one_by_one() {
        let bench = Bench::new();
        let mut other = SqliteConnection::establish(bench.path.to_str().unwrap()).unwrap();
        other.batch_execute("BEGIN IMMEDIATE").unwrap();
        let begun = Instant::now();
        let answers: Vec<_> = (0..4).map(|_| bench.send(Duration::from_secs(1), |_, _| Ok(()))).collect();
        for answer in answers {
            assert!(matches!(answer.blocking_recv().unwrap(), Err(Error::Unavailable(_))));
        }
        // SQLite waits five seconds for a lock: once or twice, not once for each write.
        assert!(begun.elapsed() < Duration::from_secs(14), "{:?}", begun.elapsed());
        other.batch_execute("ROLLBACK").unwrap();
        let answer = bench.send(Duration::from_secs(5), |_, _| Ok(1)).blocking_recv().unwrap();
        assert!(matches!(answer, Ok(1)));
        bench.writer.stop();
    }
}
