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
    time::Instant,
};

use skolhus_domain::access::{Caller, Scope};
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
            self.commit_together(batch);
        }
    }

    /// Runs the jobs in one transaction; if the database fails under it, runs each of
    /// the others in a transaction of its own.
    fn commit_together(&mut self, mut batch: Vec<Box<dyn Job>>) {
        match self.attempt(&mut batch) {
            Attempt::Committed => batch.into_iter().for_each(Job::answer),
            Attempt::FaultIn(number) => {
                self.held = None;
                let culprit = (number < batch.len()).then(|| batch.remove(number));
                if let Some(culprit) = culprit {
                    culprit.answer();
                }
                self.commit_one_by_one(batch);
            }
            Attempt::NotCommitted(error) => {
                self.held = None;
                if batch.len() == 1 {
                    batch.into_iter().for_each(|job| job.fail(error.again()));
                } else {
                    tracing::warn!(%error, "a batch was not committed; running its writes one by one");
                    self.commit_one_by_one(batch);
                }
            }
        }
    }

    fn commit_one_by_one(&mut self, batch: Vec<Box<dyn Job>>) {
        for job in batch {
            let mut alone = vec![job];
            match self.attempt(&mut alone) {
                Attempt::Committed => alone.into_iter().for_each(Job::answer),
                Attempt::FaultIn(_) => {
                    self.held = None;
                    alone.into_iter().for_each(Job::answer);
                }
                Attempt::NotCommitted(error) => {
                    self.held = None;
                    alone.into_iter().for_each(|job| job.fail(error.again()));
                }
            }
        }
    }

    fn attempt(&mut self, batch: &mut [Box<dyn Job>]) -> Attempt {
        let begun = Instant::now();
        let outcome = self.attempt_now(batch);
        self.statements.wrote(begun.elapsed());
        outcome
    }

    fn attempt_now(&mut self, batch: &mut [Box<dyn Job>]) -> Attempt {
        let held = match self.connection() {
            Ok(held) => held,
            Err(error) => return Attempt::NotCommitted(error),
        };
        if let Err(error) = held.control("BEGIN IMMEDIATE") {
            return Attempt::NotCommitted(error);
        }
        for (number, job) in batch.iter_mut().enumerate() {
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
            Ok(()) => Attempt::Committed,
            Err(error) => {
                held.roll_back();
                Attempt::NotCommitted(error)
            }
        }
    }

    fn connection(&mut self) -> Result<&mut Held, Error> {
        let held = match self.held.take() {
            Some(held) if !held.broken => held,
            _ => reader::open(&self.address, Purpose::Write, &self.statements).map_err(|error| {
                tracing::error!(%error, "the database file cannot be opened for writing");
                Error::Storage("the database file cannot be opened for writing".to_owned())
            })?,
        };
        Ok(self.held.insert(held))
    }
}

enum Attempt {
    Committed,
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
